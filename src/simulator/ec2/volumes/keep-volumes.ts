/** ModifyInstanceAttribute on block devices: whether a volume is deleted with its instance. */
import type { InstanceBlockDeviceMappingSpecification } from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import type { InstanceRecord } from '../../state/records.ts';
import type { Call } from '../../world.ts';
import { heldBy } from './of-instance.ts';
import { rootVolumeOf } from './volume-state.ts';

/** @throws AwsError `InvalidParameterValue` for a device without a volume; nothing is changed then */
export function keepVolumes(
  instance: InstanceRecord,
  mappings: readonly InstanceBlockDeviceMappingSpecification[],
  call: Call,
): void {
  const { volumes } = call.world.tables;
  const held = heldBy(instance.instanceId, call);
  const isRootRow = volumes.has(instance.rootVolume.volumeId);
  const all = isRootRow ? held : [rootVolumeOf(instance), ...held];
  const changes = mappings.map((mapping) => {
    const record = all.find((it) => it.attachment?.device === mapping.DeviceName);
    if (record?.attachment === undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `No device is currently mapped at ${mapping.DeviceName ?? 'an unnamed device'}`,
      );
    }
    const { attachment } = record;
    const deleteOnTermination = mapping.Ebs?.DeleteOnTermination ?? attachment.deleteOnTermination;
    return { ...record, attachment: { ...attachment, deleteOnTermination } };
  });
  for (const record of changes) volumes.put(record.volumeId, record);
}
