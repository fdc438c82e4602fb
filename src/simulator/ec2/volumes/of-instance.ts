/** What becomes of an instance's volumes when it stops, ends or is described. */
import type { InstanceBlockDeviceMapping } from '@aws-sdk/client-ec2';
import type { InstanceRecord } from '../../state/records.ts';
import type { AttachmentStep, VolumeRecord } from '../../state/volume-records.ts';
import { drawDuration } from '../../world.ts';
import type { Call, World } from '../../world.ts';
import { planOn, stateAt } from './steps.ts';
import { isAttached, rootVolumeOf, seenAttachment } from './volume-state.ts';

type Moment = Pick<Call, 'world' | 'nowMs'>;
type Held = VolumeRecord & { readonly attachment: NonNullable<VolumeRecord['attachment']> };

const isHeld = (record: VolumeRecord): record is Held => record.attachment !== undefined;

/** Rows of volumes attached to it now; a root volume that nothing has changed has no row. */
export function heldBy(instanceId: string, { world, nowMs }: Moment): Held[] {
  return [...world.tables.volumes.all()]
    .filter(isHeld)
    .filter((record) => record.attachment.instanceId === instanceId && isAttached(record, nowMs));
}

/** A stuck detach goes through once the operating system has ended. */
export function releaseStuck(instanceId: string, downAtMs: number, call: Moment): void {
  for (const record of heldBy(instanceId, call)) {
    if (stateAt(record.attachment.steps, call.nowMs) === 'busy') detachAt(record, downAtMs, call);
  }
}

/** Every volume leaves with the instance; those made to are deleted with it. */
export function releaseAll(instanceId: string, endAtMs: number, call: Moment): void {
  const { volumes } = call.world.tables;
  for (const record of heldBy(instanceId, call)) {
    const isLeaving = stateAt(record.attachment.steps, call.nowMs) === 'detaching';
    const free = isLeaving ? record : detachAt(record, endAtMs, call);
    if (!record.attachment.deleteOnTermination) continue;
    const steps = planOn(call.world, record.volumeId, record.steps, call.nowMs, [
      { state: 'deleted', atMs: endAtMs },
    ]);
    volumes.put(record.volumeId, { ...free, steps });
  }
}

/** The mount is gone: a detach that was stuck goes through. */
export function unmount(record: VolumeRecord, call: Moment): void {
  if (!isHeld(record) || stateAt(record.attachment.steps, call.nowMs) !== 'busy') return;
  const tookMs = drawDuration(call.world, 'detach', `${record.volumeId}/${String(call.nowMs)}`);
  detachAt(record, call.nowMs + tookMs, call);
}

function detachAt(record: Held, atMs: number, call: Moment): VolumeRecord {
  const steps = planOn<AttachmentStep>(
    call.world,
    `${record.volumeId}/${String(call.nowMs)}`,
    record.attachment.steps,
    call.nowMs,
    [{ state: 'detached', atMs }],
  );
  const next = { ...record, attachment: { ...record.attachment, steps } };
  call.world.tables.volumes.put(record.volumeId, next);
  return next;
}

/** Devices as DescribeInstances shows them, by instance; made once per reply. */
export function mappingsOf(
  world: World,
  nowMs: number,
): (instance: InstanceRecord) => InstanceBlockDeviceMapping[] {
  const byInstance = new Map<string, InstanceBlockDeviceMapping[]>();
  for (const record of world.tables.volumes.all()) {
    const seen = seenAttachment(record, nowMs);
    if (seen === undefined) continue;
    const mappings = byInstance.get(seen.instanceId) ?? [];
    mappings.push(mappingOf(record.volumeId, seen));
    byInstance.set(seen.instanceId, mappings);
  }
  return (instance) => {
    const own = byInstance.get(instance.instanceId) ?? [];
    const { volumeId } = instance.rootVolume;
    if (world.tables.volumes.has(volumeId)) return own;
    const seen = seenAttachment(rootVolumeOf(instance), nowMs);
    return seen === undefined ? own : [mappingOf(volumeId, seen), ...own];
  };
}

type Seen = NonNullable<ReturnType<typeof seenAttachment>>;

function mappingOf(volumeId: string, seen: Seen): InstanceBlockDeviceMapping {
  // The instance's list knows no `busy`.
  const state = seen.state === 'busy' ? 'detaching' : seen.state;
  return {
    DeviceName: seen.device,
    Ebs: {
      VolumeId: volumeId,
      Status: state as 'attached',
      AttachTime: new Date(seen.attachedAtMs),
      DeleteOnTermination: seen.deleteOnTermination,
    },
  };
}
