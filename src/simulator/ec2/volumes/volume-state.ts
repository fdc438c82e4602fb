/** A volume at a moment: its state, whether something can write to it, and finding it by id. */
import { AwsError } from '../../errors.ts';
import type { InstanceRecord, InstanceState } from '../../state/records.ts';
import type { AttachmentRecord, VolumeRecord } from '../../state/volume-records.ts';
import type { Call, World } from '../../world.ts';
import { stateAt as instanceStateAt, terminatedAtMs } from '../instance-state.ts';
import { assertForm } from '../lookup.ts';
import { seenAt, stateAt } from './steps.ts';

export type VolumeState = 'creating' | 'available' | 'in-use' | 'deleting' | 'deleted' | 'error';

/** What is true at the moment. */
export function volumeStateAt(record: VolumeRecord, nowMs: number): VolumeState {
  const state = stateAt(record.steps, nowMs);
  return state === 'available' && isAttached(record, nowMs) ? 'in-use' : state;
}

/** What reads show. */
export function seenVolumeState(record: VolumeRecord, nowMs: number): VolumeState {
  const state = seenAt(record.steps, nowMs);
  if (state !== 'available') return state;
  return seenAttachment(record, nowMs) === undefined ? 'available' : 'in-use';
}

/** True from the moment it is asked for until nothing is left of it; anything but detached counts. */
export function isAttached(record: VolumeRecord, nowMs: number): boolean {
  return record.attachment !== undefined && stateAt(record.attachment.steps, nowMs) !== 'detached';
}

/** The attachment as reads show it; undefined when they show none. */
export function seenAttachment(
  record: VolumeRecord,
  nowMs: number,
): (AttachmentRecord & { readonly state: string }) | undefined {
  const { attachment } = record;
  const first = attachment?.steps[0];
  if (attachment === undefined || first === undefined || nowMs < first.seenAtMs) return undefined;
  const state = seenAt(attachment.steps, nowMs);
  return state === 'detached' ? undefined : { ...attachment, state };
}

/** An operating system that is on its way down still writes. */
const writing: ReadonlySet<InstanceState> = new Set(['running', 'stopping', 'shutting-down']);
const holding = new Set(['attached', 'detaching', 'busy']);

/** Whether a process on the instance could change a block at the moment. */
export function isWritable(world: World, record: VolumeRecord, nowMs: number): boolean {
  const { attachment } = record;
  if (attachment === undefined || !holding.has(stateAt(attachment.steps, nowMs))) return false;
  const instance = world.tables.instances.get(attachment.instanceId);
  return instance !== undefined && writing.has(instanceStateAt(instance, nowMs));
}

export const isGone = (record: VolumeRecord, nowMs: number): boolean =>
  stateAt(record.steps, nowMs) === 'deleted';

/** Every volume of the region that reads may see, roots of instances included. */
export function volumesOf(call: Call): VolumeRecord[] {
  const { instances, volumes } = call.world.tables;
  const own = [...volumes.all()].filter((record) => record.region === call.region);
  const roots = [...instances.all()]
    .filter(({ region, rootVolume }) => region === call.region && !volumes.has(rootVolume.volumeId))
    .map(rootVolumeOf);
  return [...own, ...roots].filter((record) => isVisible(record, call.nowMs));
}

function isVisible(record: VolumeRecord, nowMs: number): boolean {
  return nowMs >= record.visibleAtMs && seenAt(record.steps, nowMs) !== 'deleted';
}

/** @throws AwsError `InvalidParameterValue` for an id of the wrong form, `InvalidVolume.NotFound` */
export function findVolume(volumeId: string, call: Call): VolumeRecord {
  assertForm(volumeId, 'vol', 'InvalidParameterValue', 'Invalid id');
  const record = call.world.tables.volumes.get(volumeId) ?? rootById(volumeId, call);
  if (record?.region === call.region && isVisible(record, call.nowMs)) return record;
  throw new AwsError('InvalidVolume.NotFound', `The volume '${volumeId}' does not exist.`);
}

function rootById(volumeId: string, call: Call): VolumeRecord | undefined {
  for (const instance of call.world.tables.instances.all()) {
    if (instance.rootVolume.volumeId === volumeId) return rootVolumeOf(instance);
  }
  return undefined;
}

/**
 * The root volume of an instance, worked out from the instance: a fleet's launches write no rows for it. It becomes a row
 * of its own with the first change, and nothing is ever written to it.
 */
export function rootVolumeOf(instance: InstanceRecord): VolumeRecord {
  const { instanceId, launchedAtMs, visibleAtMs, rootVolume } = instance;
  const endMs = terminatedAtMs(instance);
  const step = <State extends string>(state: State, atMs: number) => ({
    ...{ state, atMs, seenAtMs: Math.max(atMs, visibleAtMs) },
  });
  return {
    volumeId: rootVolume.volumeId,
    region: instance.region,
    zone: instance.zone,
    sizeGiB: 20,
    volumeType: 'gp3',
    isEncrypted: false,
    snapshotId: '',
    createdAtMs: launchedAtMs,
    visibleAtMs,
    steps: [
      step('available', launchedAtMs),
      ...(endMs === undefined ? [] : [step('deleted', endMs)]),
    ],
    attachment: {
      instanceId,
      device: rootVolume.deviceName,
      deleteOnTermination: true,
      attachedAtMs: launchedAtMs,
      steps: [
        step('attached', launchedAtMs),
        ...(endMs === undefined ? [] : [step('detached', endMs)]),
      ],
    },
    filledAtMs: launchedAtMs,
    isFastRestored: false,
    tags: {},
    log: { segments: [], next: 1, writableMs: 0, untilMs: launchedAtMs },
  };
}

export const isRoot = (world: World, record: VolumeRecord): boolean => {
  const { attachment } = record;
  const instance = world.tables.instances.get(attachment?.instanceId ?? '');
  return instance?.rootVolume.volumeId === record.volumeId;
};
