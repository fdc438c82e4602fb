/** Makes the volumes of a new epoch from a point, or from a side's own fenced volumes, and follows them until they can be attached. */
import type { CreateVolumeRequest } from '@aws-sdk/client-ec2';
import { ebs } from '../../../machines/limits-ebs.ts';
import type { Underway } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { committedAt, ownData } from './choosing.ts';
import { hasCode, volumeFault } from './faults.ts';
import { memberOp } from './ids.ts';
import { instances, ownVolumes, volumeFact } from './lookups.ts';
import type { SnapshotFact, VolumeFact } from './lookups.ts';
import { instancesOf, isOneRegion, membersOf, settingsOf } from './places.ts';
import { newestVolumes } from './points.ts';
import { suspectsOf } from './suspects.ts';
import { keys, labelTags, tagged } from './tags.ts';
import type { Role } from './tags.ts';
import { act, call, isFollowed, mustBeAskedAgain, pause, tell } from './work.ts';
import type { Work } from './work.ts';

interface VolumeOrder {
  readonly at: Side;
  readonly epoch: number;
  readonly seq: number;
  readonly role: Extract<Role, 'volume' | 'test'>;
}

/** @throws VolumeFault `call.issueExpired`, `volume.pointGone`, `volume.failed` */
export async function materialize(work: Work, order: VolumeOrder): Promise<Underway<object>> {
  const made = await makeVolumes(work, order);
  for (;;) {
    await startInstances(work, order);
    const progress = await progressOf(work, order, made);
    if (progress === 100) return { isDone: true };
    if (isFollowed(work)) return { isDone: false, progress };
    await pause(work, ebs.pollMs);
  }
}

/** One per member, found by the id of its call or made with it as token: never a second one. */
export async function makeVolumes(work: Work, order: VolumeOrder): Promise<readonly VolumeFact[]> {
  const listed = await ownVolumes(work, order.at);
  const made: VolumeFact[] = [];
  let sources: readonly (SnapshotFact | VolumeFact)[] | undefined;
  for (const { index, name } of membersOf(work.of)) {
    const op = memberOp(work.opId, index);
    const known = listed.find(({ tags }) => tags[keys.op] === op);
    sources ??= known === undefined ? await sourcesOf(work, order) : undefined;
    made.push(known ?? (await makeOne(work, order, { op, name, source: sources?.[index] })));
  }
  return made;
}

/** @throws VolumeFault `volume.pointGone` */
async function sourcesOf(
  work: Work,
  { at, seq }: VolumeOrder,
): Promise<readonly (SnapshotFact | VolumeFact)[]> {
  const found = seq === ownData ? await newestVolumes(work, at) : await committedAt(work, at, seq);
  if (found?.length === work.of.spec.volumes.length) return found;
  const what = seq === ownData ? 'its own volumes are' : `point ${seq} is`;
  throw volumeFault('NotFound', 'volume.pointGone', `${what} not whole any more at ${at}`);
}

interface OneOrder {
  readonly op: string;
  readonly name: string;
  readonly source: SnapshotFact | VolumeFact | undefined;
}

async function makeOne(work: Work, order: VolumeOrder, one: OneOrder): Promise<VolumeFact> {
  const { at, seq } = order;
  const id = one.source?.id ?? '';
  const { op, name } = one;
  const tags = labelTags(work.of.uid, { ...order, op, member: name });
  const base = { ClientToken: op, TagSpecifications: tagged('volume', tags) };
  try {
    if (seq !== ownData)
      return volumeFact(
        await act(work, at, 'createVolume', { ...requestOf(work, at, id), ...base }),
      );
    // Instant, in its own zone: no data moves and no fence is lifted.
    const answer = await act(work, at, 'copyVolumes', { SourceVolumeId: id, ...base });
    const [clone] = answer.Volumes ?? [];
    if (clone !== undefined) return volumeFact(clone);
  } catch (thrown) {
    // The token has made one before, with other words: that one is it.
    if (!hasCode(thrown, ['IdempotentParameterMismatch'])) throw thrown;
    const found = (await ownVolumes(work, at)).find((each) => each.tags[keys.op] === op);
    if (found === undefined) throw thrown;
    tell(work, 'a volume made with other parameters is adopted', { volume: found.id, op });
    return found;
  }
  throw volumeFault('ProviderError', 'reply.incomplete', 'a clone answered without volume', {
    mayHaveHappened: true,
  });
}

function requestOf({ of }: Work, at: Side, SnapshotId: string): CreateVolumeRequest {
  const { kmsKeyId, volumeType, volumeInitializationRate: rate } = settingsOf(of);
  return {
    ...{ AvailabilityZone: of.spec.endpoints[at].zone, SnapshotId, VolumeType: volumeType },
    // A copy is encrypted with the key already.
    ...(kmsKeyId !== '' && isOneRegion(of) && { Encrypted: true, KmsKeyId: kmsKeyId }),
    ...(rate !== undefined && { VolumeInitializationRate: rate }),
  };
}

/** Percent; 100 once all are there and filled as far as declared. */
export async function progressOf(
  work: Work,
  { at, role }: VolumeOrder,
  made: readonly VolumeFact[],
): Promise<number> {
  const ids = made.map(({ id }) => id);
  const listed = (await ownVolumes(work, at)).filter(({ id }) => ids.includes(id));
  const failed = listed.find(({ state }) => state === 'error');
  if (failed !== undefined)
    throw volumeFault('ProviderError', 'volume.failed', `${failed.id} could not be made`);
  const ready = listed.filter(({ state }) => state === 'available' || state === 'in-use');
  if (ready.length < made.length) return 0;
  if (role === 'test') return 100;
  const [isRunning, filled] = await Promise.all([
    areRunning(work, at),
    percentFilled(work, at, ids),
  ]);
  const wanted = wantedPercent(settingsOf(work.of).hydrate);
  if (filled >= wanted && isRunning) return 100;
  return Math.min(99, Math.floor((100 * filled) / Math.max(1, wanted)));
}

const wantedPercent = (hydrate: string): number =>
  hydrate === 'full' ? 100 : hydrate === 'lazy' ? 0 : Number(hydrate.slice('percent:'.length));

/** Of the one that is filled least. */
async function percentFilled(work: Work, at: Side, VolumeIds: string[]): Promise<number> {
  if (settingsOf(work.of).hydrate === 'lazy') return 100;
  const { VolumeStatuses = [] } = await call(work, at, 'describeVolumeStatus', { VolumeIds });
  if (VolumeStatuses.length < VolumeIds.length) return 0;
  // A clone, or a volume of no snapshot, has nothing to be filled with.
  return Math.min(
    ...VolumeStatuses.map(({ InitializationStatusDetails: details }) => details?.Progress ?? 100),
  );
}

const areRunning = async (work: Work, at: Side): Promise<boolean> =>
  [...(await instances(work, at, instancesOf(work.of, at))).values()].every(
    ({ state }) => state === 'running',
  );

/** A fence may have stopped them. Started again only with nothing of an older epoch attached. */
async function startInstances(work: Work, { at, epoch, role }: VolumeOrder): Promise<void> {
  if (role === 'test') return;
  const known = await instances(work, at, instancesOf(work.of, at));
  const InstanceIds = [...known.values()]
    .filter(({ state }) => state === 'stopped')
    .map(({ id }) => id);
  if (InstanceIds.length === 0 || mustBeAskedAgain(work)) return;
  const { volumes } = await suspectsOf(work, at, epoch);
  const held = volumes.find(({ attachments }) => attachments.length > 0);
  if (held !== undefined)
    throw volumeFault(
      'Conflict',
      'fence.unproven',
      `${held.id} of an older epoch is still attached to a stopped instance, which is therefore not started`,
    );
  await act(work, at, 'startInstances', { InstanceIds });
}
