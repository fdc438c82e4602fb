/** AttachVolume and DetachVolume: one instance at a time, and a detach that waits for an unmount. */
import { AttachVolume$, DetachVolume$ } from '@aws-sdk/client-ec2';
import type {
  AttachVolumeRequest,
  DetachVolumeRequest,
  VolumeAttachment,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { InstanceRecord } from '../../state/records.ts';
import type { AttachmentRecord, AttachmentStep, VolumeRecord } from '../../state/volume-records.ts';
import { drawDuration } from '../../world.ts';
import type { Call } from '../../world.ts';
import { stateAt as instanceStateAt } from '../instance-state.ts';
import { findInstances } from '../lookup.ts';
import { settled } from './append-log.ts';
import { hasFlag, limitOf } from './circumstances.ts';
import { planOn, stateAt } from './steps.ts';
import { findVolume, isAttached, isRoot, volumeStateAt } from './volume-state.ts';
import { viewAttachment } from './volume-view.ts';

export const attachVolume = operation(
  AttachVolume$,
  (input: AttachVolumeRequest, call): VolumeAttachment => {
    const volume = findVolume(input.VolumeId ?? '', call);
    assertNotFenced(volume, call);
    const [instance] = findInstances([input.InstanceId ?? ''], call);
    if (instance === undefined) throw new Error('an instance was found and is not there');
    const device = input.Device ?? '';
    assertAttachable(volume, instance, device, call);
    const { world, nowMs } = call;
    const key = `${volume.volumeId}/${String(nowMs)}`;
    const steps = planOn<AttachmentStep>(world, key, [], nowMs, [
      { state: 'attaching', atMs: nowMs },
      { state: 'attached', atMs: nowMs + drawDuration(world, 'attach', key) },
    ]);
    const attachment: AttachmentRecord = {
      instanceId: instance.instanceId,
      device,
      deleteOnTermination: false,
      attachedAtMs: nowMs,
      steps,
    };
    // What the last attachment wrote must be written down before it is forgotten.
    world.tables.volumes.put(volume.volumeId, { ...settled(world, volume, nowMs), attachment });
    return viewAttachment(volume.volumeId, attachment, 'attaching');
  },
);

/** The account's policy: a volume tagged as fenced is attached by nobody any more. */
function assertNotFenced(volume: VolumeRecord, { world }: Call): void {
  if (volume.tags['repl:fenced'] !== 'true' || hasFlag(world, 'allowFenced', '*')) return;
  throw new AwsError(
    'UnauthorizedOperation',
    'You are not authorized to perform this operation. User is not authorized to perform: ec2:AttachVolume with an explicit deny in an identity-based policy.',
  );
}

function assertAttachable(
  volume: VolumeRecord,
  instance: InstanceRecord,
  device: string,
  call: Call,
): void {
  const { volumeId, attachment } = volume;
  const state = volumeStateAt(volume, call.nowMs);
  if (state === 'in-use') {
    throw new AwsError(
      'VolumeInUse',
      `${volumeId} is already attached to an instance${attachment === undefined ? '' : ` (${attachment.instanceId})`}`,
    );
  }
  if (state !== 'available') {
    throw new AwsError('IncorrectState', `The volume '${volumeId}' is '${state}'.`);
  }
  if (volume.zone !== instance.zone) {
    throw new AwsError(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volumeId}' is not in the same availability zone as instance '${instance.instanceId}'`,
    );
  }
  const power = instanceStateAt(instance, call.nowMs);
  if (power !== 'running' && power !== 'stopped') {
    throw new AwsError('IncorrectState', `Instance '${instance.instanceId}' is not 'running'.`);
  }
  assertFree(instance, device, call);
}

function assertFree(instance: InstanceRecord, device: string, call: Call): void {
  const { world, nowMs } = call;
  if (!/^(\/dev\/(sd|xvd)[a-z]{1,2}\d*|xvd[a-z]{1,2}|sd[a-z]\d*)$/.test(device)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${device}) for parameter device is invalid. ${device} is not a valid EBS device name.`,
    );
  }
  const others = [...world.tables.volumes.all()].filter(
    (record) => record.attachment?.instanceId === instance.instanceId && isAttached(record, nowMs),
  );
  const devices = [instance.rootVolume.deviceName, ...others.map((it) => it.attachment?.device)];
  if (devices.includes(device)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  }
  if (others.length >= limitOf(world, 'attachments', instance.instanceId)) {
    throw new AwsError(
      'AttachmentLimitExceeded',
      `The maximum number of attachments has been exceeded for instance ${instance.instanceId}.`,
    );
  }
}

export const detachVolume = operation(
  DetachVolume$,
  (input: DetachVolumeRequest, call): VolumeAttachment => {
    const volume = findVolume(input.VolumeId ?? '', call);
    const { world, nowMs } = call;
    const { attachment } = volume;
    if (attachment === undefined || !isAttached(volume, nowMs)) {
      throw new AwsError(
        'IncorrectState',
        `Volume '${volume.volumeId}' is in the 'available' state.`,
      );
    }
    assertNamed(input, attachment);
    const instance = world.tables.instances.get(attachment.instanceId);
    const isRunning = instance !== undefined && instanceStateAt(instance, nowMs) !== 'stopped';
    if (isRoot(world, volume) && isRunning) {
      throw new AwsError(
        'OperationNotPermitted',
        `Unable to detach root volume '${volume.volumeId}' from instance '${attachment.instanceId}'`,
      );
    }
    const steps = detachSteps(
      volume,
      attachment,
      { isRunning, isForced: input.Force === true },
      call,
    );
    const next = { ...attachment, steps };
    world.tables.volumes.put(volume.volumeId, { ...volume, attachment: next });
    return viewAttachment(volume.volumeId, next, stateAt(steps, nowMs));
  },
);

function assertNamed(input: DetachVolumeRequest, attachment: AttachmentRecord): void {
  const isOther =
    (input.InstanceId !== undefined && input.InstanceId !== attachment.instanceId) ||
    (input.Device !== undefined && input.Device !== attachment.device);
  if (!isOther) return;
  throw new AwsError(
    'InvalidAttachment.NotFound',
    `Volume '${input.VolumeId ?? ''}' is not attached to instance '${input.InstanceId ?? ''}' as ${input.Device ?? 'any device'}`,
  );
}

/** Under way already: as planned, unless it is stuck and is now forced or free to go. */
function detachSteps(
  volume: VolumeRecord,
  attachment: AttachmentRecord,
  { isRunning, isForced }: { isRunning: boolean; isForced: boolean },
  call: Call,
): AttachmentRecord['steps'] {
  const { world, nowMs } = call;
  const state = stateAt(attachment.steps, nowMs);
  const isHeld = isRunning && !isForced && hasFlag(world, 'mounted', volume.volumeId);
  if (state === 'detaching' || (state === 'busy' && isHeld)) return attachment.steps;
  const key = `${volume.volumeId}/${String(nowMs)}`;
  const next: { state: AttachmentStep; atMs: number }[] = isHeld
    ? [{ state: 'busy', atMs: nowMs }]
    : [
        { state: 'detaching', atMs: nowMs },
        { state: 'detached', atMs: nowMs + drawDuration(world, 'detach', key) },
      ];
  return planOn(world, key, attachment.steps, nowMs, next);
}
