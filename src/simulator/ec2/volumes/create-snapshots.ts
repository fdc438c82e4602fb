/** CreateSnapshot of one volume, and CreateSnapshots of all volumes of one instance at one moment. Neither has a token. */
import { CreateSnapshot$, CreateSnapshots$ } from '@aws-sdk/client-ec2';
import type {
  CreateSnapshotRequest,
  CreateSnapshotsRequest,
  CreateSnapshotsResult,
  Snapshot,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { SnapshotRecord, VolumeRecord } from '../../state/volume-records.ts';
import { snapshotGapMs } from '../../timing.ts';
import { drawDuration, newId } from '../../world.ts';
import type { Call } from '../../world.ts';
import { findInstances } from '../lookup.ts';
import { tagsFor } from '../tags.ts';
import type { Tags } from '../tags.ts';
import { settled } from './append-log.ts';
import { endOf, limitOf } from './circumstances.ts';
import { forgetDeleted } from './forget.ts';
import { heldBy } from './of-instance.ts';
import { isWorking, timesOf } from './snapshot-state.ts';
import { viewInfo, viewSnapshot } from './snapshot-view.ts';
import { findVolume, isRoot, rootVolumeOf, volumeStateAt } from './volume-state.ts';

export const createSnapshot = operation(
  CreateSnapshot$,
  (input: CreateSnapshotRequest, call): Snapshot => {
    const volume = findVolume(input.VolumeId ?? '', call);
    const tags = tagsFor(input.TagSpecifications, 'snapshot');
    const [record] = take([volume], input.Description ?? '', () => tags, call);
    if (record === undefined) throw new Error('a snapshot was taken and is not there');
    return viewSnapshot(record, call.nowMs);
  },
);

export const createSnapshots = operation(
  CreateSnapshots$,
  (input: CreateSnapshotsRequest, call): CreateSnapshotsResult => {
    const volumes = volumesToTake(input, call);
    const tags = tagsFor(input.TagSpecifications, 'snapshot');
    const withTags = (volume: VolumeRecord): Tags =>
      input.CopyTagsFromSource === 'volume' ? { ...volume.tags, ...tags } : tags;
    const records = take(volumes, input.Description ?? '', withTags, call);
    return { Snapshots: records.map((record) => viewInfo(record, call.nowMs)) };
  },
);

/** @throws AwsError `InvalidInstanceID.NotFound`, `InvalidParameterValue` when nothing is left to take or a name is wrong */
function volumesToTake({ InstanceSpecification }: CreateSnapshotsRequest, call: Call) {
  const {
    InstanceId = '',
    ExcludeBootVolume = false,
    ExcludeDataVolumeIds = [],
  } = InstanceSpecification ?? {};
  const [instance] = findInstances([InstanceId], call);
  if (instance === undefined) throw new Error('an instance was found and is not there');
  const held: VolumeRecord[] = heldBy(instance.instanceId, call);
  const hasRow = call.world.tables.volumes.has(instance.rootVolume.volumeId);
  const all = hasRow ? held : [rootVolumeOf(instance), ...held];
  const excluded = new Set(ExcludeDataVolumeIds);
  const unknown = ExcludeDataVolumeIds.filter(
    (id) => !held.some((record) => record.volumeId === id),
  );
  if (ExcludeDataVolumeIds.length > 40 || unknown.length > 0) {
    throw invalid(
      `ExcludeDataVolumeIds names at most 40 data volumes attached to ${InstanceId}; not one of them: ${unknown.join(', ')}`,
    );
  }
  const taken = all.filter(
    (record) =>
      !excluded.has(record.volumeId) && !(ExcludeBootVolume && isRoot(call.world, record)),
  );
  if (taken.length === 0) throw invalid(`${InstanceId} has no volume left to take a snapshot of.`);
  return taken;
}

/** Checks every volume first: a set is taken whole or not at all. */
function take(
  volumes: readonly VolumeRecord[],
  description: string,
  tagsOf: (volume: VolumeRecord) => Tags,
  call: Call,
): SnapshotRecord[] {
  for (const volume of volumes) assertMayTake(volume, call);
  assertRoom(volumes.length, call);
  forgetDeleted(call);
  return volumes.map((volume) => {
    const record = snapshotOf(volume, description, tagsOf(volume), call);
    call.world.tables.snapshots.put(record.snapshotId, record);
    return record;
  });
}

/** Pending snapshots a volume may have; disks that turn allow one. */
const pendingMax = (volumeType: string): number => (/^s[tc]1$/.test(volumeType) ? 1 : 5);

function assertMayTake(volume: VolumeRecord, call: Call): void {
  const { world, nowMs } = call;
  const state = volumeStateAt(volume, nowMs);
  if (state !== 'available' && state !== 'in-use') {
    throw new AwsError('IncorrectState', `The volume '${volume.volumeId}' is '${state}'.`);
  }
  const earlier = [...world.tables.snapshots.all()].filter(
    (record) => record.copyOf === undefined && record.lineage === volume.volumeId,
  );
  const gapMs = world.clock.scaled(snapshotGapMs);
  if (earlier.some((record) => record.startedAtMs + gapMs > nowMs)) {
    throw new AwsError(
      'SnapshotCreationPerVolumeRateExceeded',
      'The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.',
    );
  }
  const max = pendingMax(volume.volumeType);
  if (earlier.filter((record) => isWorking(record, nowMs)).length < max) return;
  throw new AwsError(
    'ConcurrentSnapshotLimitExceeded',
    `Maximum allowed in-progress snapshots for volume ${volume.volumeId} exceeded.`,
  );
}

/** @throws AwsError `SnapshotLimitExceeded` */
export function assertRoom(count: number, { world, region }: Call): void {
  const living = [...world.tables.snapshots.all()].filter(
    (record) => record.region === region && record.deletedAtMs === undefined,
  );
  if (living.length + count <= limitOf(world, 'snapshots', region)) return;
  throw new AwsError('SnapshotLimitExceeded', 'Maximum number of snapshots exceeded.');
}

function snapshotOf(
  source: VolumeRecord,
  description: string,
  tags: Tags,
  call: Call,
): SnapshotRecord {
  const { world, region, nowMs } = call;
  const snapshotId = newId(world, 'snap');
  const volume = settled(world, source, nowMs);
  const endsAtMs = nowMs + drawDuration(world, 'snapshot', snapshotId);
  return {
    ...{ snapshotId, region, description, tags },
    volumeId: volume.volumeId,
    lineage: volume.volumeId,
    volumeType: volume.volumeType,
    sizeGiB: volume.sizeGiB,
    isEncrypted: volume.isEncrypted,
    kmsKeyId: volume.kmsKeyId,
    ...timesOf(world, snapshotId, { startedAtMs: nowMs, endsAtMs }),
    ...endOf(world, 'snapshot', volume.volumeId, volume.kmsKeyId),
    isIncremental: false,
    segments: volume.log.segments,
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
