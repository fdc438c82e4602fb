/** Brings a point to where it can be promoted, and marks it as committed there. Within one region nothing is copied. */
import type { CopySnapshotRequest } from '@aws-sdk/client-ec2';
import { ebs } from '../../../machines/limits-ebs.ts';
import type { PointMade } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { durationMs } from '../../../machines/replication-duration.ts';
import { volumeFault } from './faults.ts';
import { deleteSnapshots, gather, unlessHeldBack } from './gather.ts';
import type { Gathered } from './gather.ts';
import { memberOp } from './ids.ts';
import { ownSnapshots, ownVolumes, snapshotFact, snapshots } from './lookups.ts';
import type { SnapshotFact } from './lookups.ts';
import { isOneRegion, membersOf, settingsOf } from './places.ts';
import { copiesOf, isCommitted, isComplete, ofPoint, pitOf, setOf, sourceOf } from './sets.ts';
import { keys, labelTags, mark, tagged } from './tags.ts';
import type { Role } from './tags.ts';
import { act } from './work.ts';
import type { Work } from './work.ts';

/** Of the snapshots that a promotion starts from. */
export const promotableRole = (work: Work): Extract<Role, 'point' | 'copy'> =>
  isOneRegion(work.of) ? 'point' : 'copy';

/**
 * Copies the point of side `from` to its peer's region.
 * @throws VolumeFault `volume.pointFailed`; `volume.pointNotWhole` when it was never taken whole
 */
export async function copyPoint(work: Work, from: Side, seq: number): Promise<Gathered> {
  const taken = await takenPoint(work, from, seq);
  if (isOneRegion(work.of)) return { isDone: true, set: taken };
  const to = peerOf(from);
  const ids = taken.map(sourceOf);
  const sent = new Map<string, SnapshotFact>();
  const find = async () => {
    const listed = (await ownSnapshots(work, to)).filter(ofPoint('copy', seq));
    return [...new Map([...sent, ...listed.map((each) => [each.id, each] as const)]).values()];
  };
  return gather(work, {
    side: to,
    size: ids.length,
    look: async () => copiesOf(await find(), ids),
    send: async (missing) => {
      for (const each of await send(work, from, taken, missing)) sent.set(each.id, each);
    },
    abandon: async () => {
      await deleteSnapshots(work, to, await find());
      await deleteSnapshots(work, from, taken);
    },
  });
}

async function takenPoint(work: Work, from: Side, seq: number): Promise<readonly SnapshotFact[]> {
  const found = (await ownSnapshots(work, from)).filter(ofPoint('point', seq));
  const ids = [...new Set(found.map(sourceOf))];
  const { best } = setOf(found, ids);
  const { length } = work.of.spec.volumes;
  if (best.length === length && best.every(isComplete)) return best;
  throw volumeFault(
    'NotFound',
    'volume.pointNotWhole',
    `${best.filter(isComplete).length} of ${length} snapshots of point ${seq} are complete at ${from}`,
    { retryable: true },
  );
}

/** As many as the region still takes: 20 may be on their way into one, whoever ordered them. */
async function send(
  work: Work,
  from: Side,
  taken: readonly SnapshotFact[],
  missing: readonly string[],
): Promise<readonly SnapshotFact[]> {
  const to = peerOf(from);
  const members = await membersByVolume(work, from);
  const pending = await snapshots(work, to, [
    { Name: `tag:${keys.role}`, Values: ['copy'] },
    { Name: 'status', Values: ['pending'] },
  ]);
  const free = Math.max(0, ebs.copiesMax - pending.length);
  const made: SnapshotFact[] = [];
  for (const snapshot of taken.filter((each) => missing.includes(sourceOf(each))).slice(0, free)) {
    const request = copyRequest(work, from, taken, snapshot, members);
    const answer = await unlessHeldBack(act(work, to, 'copySnapshot', request));
    if (answer?.SnapshotId === undefined) break;
    const Tags = request.TagSpecifications?.[0]?.Tags;
    const StartTime = new Date(work.tools.clock.nowMs());
    const { SnapshotId } = answer;
    made.push(
      snapshotFact({
        SnapshotId,
        State: 'pending',
        StartTime,
        ...(Tags !== undefined && { Tags }),
      }),
    );
  }
  return made;
}

function copyRequest(
  work: Work,
  from: Side,
  taken: readonly SnapshotFact[],
  snapshot: SnapshotFact,
  members: ReadonlyMap<string, string>,
): CopySnapshotRequest {
  const { of, opId } = work;
  const { kmsKeyId, copyWithin } = settingsOf(of);
  const volumeId = sourceOf(snapshot);
  const name = snapshot.tags[keys.member] ?? members.get(volumeId) ?? '';
  const index = of.spec.volumes.findIndex((each) => each.name === name);
  if (index < 0)
    throw volumeFault('NotFound', 'volume.missing', `nobody knows which volume ${volumeId} is`);
  const { seq, epoch } = snapshot;
  const tags = labelTags(of.uid, {
    ...{ role: 'copy' as const, at: from, epoch, seq, set: `s${seq}`, member: name },
    ...{ op: memberOp(opId, index), sourceVolume: volumeId, pitMs: pitOf(taken) },
    isFinal: snapshot.tags[keys.final] === 'true',
  });
  return {
    SourceRegion: of.spec.endpoints[from].region,
    SourceSnapshotId: snapshot.id,
    Description: `fairlead ${of.namespace}/${of.name} ${from} ${seq}`,
    TagSpecifications: tagged('snapshot', tags),
    ...(kmsKeyId !== '' && { Encrypted: true, KmsKeyId: kmsKeyId }),
    ...(copyWithin !== undefined && { CompletionDurationMinutes: timedMinutes(copyWithin) }),
  };
}

/** EC2 takes 15 minutes to two days, in quarters of an hour. */
function timedMinutes(copyWithin: string): number {
  const quarters = Math.ceil(durationMs(copyWithin) / (15 * 60_000));
  return Math.min(2_880, Math.max(15, quarters * 15));
}

async function membersByVolume(work: Work, side: Side): Promise<ReadonlyMap<string, string>> {
  const found = await ownVolumes(work, side);
  return new Map(found.map(({ id, tags }) => [id, tags[keys.member] ?? '']));
}

/** A point as it can be promoted at `side`, one snapshot per member in their order; undefined while any is missing. */
export async function promotable(
  work: Work,
  side: Side,
  seq: number,
): Promise<readonly SnapshotFact[] | undefined> {
  const found = (await ownSnapshots(work, side)).filter(ofPoint(promotableRole(work), seq));
  const ids = [...new Set(found.map(sourceOf))];
  const { best } = isOneRegion(work.of) ? setOf(found, ids) : copiesOf(found, ids);
  const members = await namesOf(work, side, best);
  const set = membersOf(work.of).flatMap(
    ({ name }) => best.find((each) => members.get(each) === name) ?? [],
  );
  return set.length === work.of.spec.volumes.length && set.every(isComplete) ? set : undefined;
}

/** One call for an instance gives all its snapshots the same tags: whose each is, its volume tells. */
async function namesOf(work: Work, side: Side, set: readonly SnapshotFact[]) {
  const isNamed = set.every(({ tags }) => tags[keys.member] !== undefined);
  const members = isNamed ? new Map<string, string>() : await membersByVolume(work, side);
  return new Map(
    set.map((each) => [each, each.tags[keys.member] ?? members.get(sourceOf(each)) ?? '']),
  );
}

/**
 * Marks all of a set in one call; the record, written after it, is the commit.
 * @param to  side where it can be promoted
 * @throws VolumeFault `volume.pointNotWhole`
 */
export async function commit(work: Work, to: Side, seq: number): Promise<PointMade> {
  const set = await promotable(work, to, seq);
  if (set === undefined)
    throw volumeFault('NotFound', 'volume.pointNotWhole', `point ${seq} is not complete at ${to}`, {
      retryable: true,
    });
  await nameMembers(work, to, set);
  const pitMs = pitOf(set);
  if (!set.every(isCommitted)) {
    const pit = { Key: keys.pit, Value: new Date(pitMs).toISOString() };
    const Resources = set.map(({ id }) => id);
    await act(work, to, 'createTags', { Resources, Tags: [mark(keys.commit), pit] });
  }
  return { seq, pitMs };
}

/** Written down while the volumes are still there to tell. */
async function nameMembers(work: Work, side: Side, set: readonly SnapshotFact[]): Promise<void> {
  const { volumes } = work.of.spec;
  for (const [index, snapshot] of set.entries()) {
    if (snapshot.tags[keys.member] !== undefined) continue;
    await act(work, side, 'createTags', {
      Resources: [snapshot.id],
      Tags: [
        { Key: keys.member, Value: volumes[index]?.name ?? '' },
        { Key: keys.sourceVolume, Value: snapshot.volumeId },
      ],
    });
  }
}
