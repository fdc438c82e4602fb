/** DeleteVolume: only what nothing holds. */
import { DeleteVolume$ } from '@aws-sdk/client-ec2';
import type { DeleteVolumeRequest } from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import { drawDuration } from '../../world.ts';
import { planOn } from './steps.ts';
import { findVolume, volumeStateAt } from './volume-state.ts';

export const deleteVolume = operation(DeleteVolume$, (input: DeleteVolumeRequest, call): object => {
  const { world, nowMs } = call;
  const volume = findVolume(input.VolumeId ?? '', call);
  const state = volumeStateAt(volume, nowMs);
  if (state === 'in-use') {
    throw new AwsError(
      'VolumeInUse',
      `Volume ${volume.volumeId} is currently attached to ${volume.attachment?.instanceId ?? 'an instance'}`,
    );
  }
  // AWS accepts a second delete of what is on its way out.
  if (state === 'deleting') return {};
  const goneAtMs = nowMs + drawDuration(world, 'volumeDelete', volume.volumeId);
  const steps = planOn(world, volume.volumeId, volume.steps, nowMs, [
    { state: 'deleting', atMs: nowMs },
    { state: 'deleted', atMs: goneAtMs },
  ]);
  world.tables.volumes.put(volume.volumeId, { ...volume, steps });
  return {};
});
