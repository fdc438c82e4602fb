/** Removes what nothing needs any more, in both regions, and what a relationship leaves behind when it ends. */
import { ebs } from '../../../machines/limits-ebs.ts';
import { quietWindowMs } from '../../../machines/replication-limits.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from './faults.ts';
import { disableFastRestore } from './fast-restore.ts';
import { deleteSnapshots } from './gather.ts';
import { isVolumeOf, ownSnapshots, ownVolumes } from './lookups.ts';
import type { SnapshotFact } from './lookups.ts';
import { isOneRegion, settingsOf } from './places.ts';
import { orphans, prunable } from './prune-rules.ts';
import type { Stock } from './prune-rules.ts';
import { keys } from './tags.ts';
import { call, hold, mustBeAskedAgain, paced } from './work.ts';
import type { Work } from './work.ts';
import { deleteVolumes, endTest } from './undo.ts';

/** Sides whose regions hold anything, each region once. */
const regionsOf = (work: Work): readonly Side[] =>
  isOneRegion(work.of) ? ['home'] : ['home', 'away'];

async function stockAt(work: Work, side: Side): Promise<Stock> {
  const [volumes, snapshots] = await Promise.all([
    ownVolumes(work, side),
    ownSnapshots(work, side),
  ]);
  return { volumes, snapshots };
}

/**
 * As many as one round takes; the next one goes on. What is in use stays for the next.
 * @returns numbers of the committed points that can be promoted no more
 */
export async function prune(work: Work): Promise<number[]> {
  const regions = regionsOf(work);
  const stocks = await Promise.all(regions.map((side) => stockAt(work, side)));
  const all = {
    volumes: stocks.flatMap(({ volumes }) => volumes),
    snapshots: stocks.flatMap(({ snapshots }) => snapshots),
  };
  const gone = new Set(
    prunable(work.of, all, work.tools.clock.nowMs()).slice(0, ebs.prunedPerRound * 2),
  );
  const left = new Set(orphans(work.of, all));
  for (const [index, side] of regions.entries()) {
    const stock = stocks[index];
    if (stock === undefined || mustBeAskedAgain(work)) break;
    await drop(
      work,
      side,
      stock.snapshots.filter((each) => gone.has(each)),
    );
    await deleteVolumes(
      work,
      side,
      stock.volumes.filter((each) => left.has(each)),
    );
  }
  return work.of.points.flatMap(({ seq }) => {
    const set = all.snapshots.filter(
      (each) => each.seq === seq && each.tags[keys.role] !== 'safety',
    );
    return set.length > 0 && set.every((each) => gone.has(each)) ? [seq] : [];
  });
}

/** Fast restores first: a snapshot that has one cannot be deleted, and is left for a later round. */
async function drop(
  work: Work,
  side: Side,
  found: readonly SnapshotFact[],
): Promise<readonly SnapshotFact[]> {
  if (settingsOf(work.of).fastRestore && found.length > 0)
    await disableFastRestore(work, side, found);
  return deleteSnapshots(work, side, found);
}

/**
 * The end of a relationship: tests go, sets that were never committed go, the others as declared; volumes always stay.
 * A call that was given up for it, here or by a host before, may still make a snapshot: it looks again once none can land.
 * @throws VolumeFault `volume.snapshotInUse` once everything else is gone
 */
export async function remove(work: Work): Promise<void> {
  await takeDown(work);
  await hold(work, quietWindowMs(false, work.of.safety) + paced(work, ebs.readLagMs));
  await takeDown(work);
}

async function takeDown(work: Work): Promise<void> {
  const { of } = work;
  const inUse: string[] = [];
  for (const side of ['home', 'away'] as const) await endTest(work, side);
  for (const side of regionsOf(work)) {
    const { snapshots, volumes } = await stockAt(work, side);
    const isKept = ({ tags, seq }: SnapshotFact): boolean =>
      of.spec.retention.onDelete === 'retain' &&
      (tags[keys.role] === 'safety' || of.points.some((each) => each.seq === seq));
    const kept = await drop(
      work,
      side,
      snapshots.filter((each) => !isKept(each)),
    );
    inUse.push(...kept.map(({ id }) => id));
    // The volume in use is its owner's again; those that are fenced stay fenced.
    const free = volumes.filter(
      (each) =>
        each.tags[keys.fenced] !== 'true' &&
        (['home', 'away'] as const).some((each2) => isVolumeOf(of.uid, each2)(each)),
    );
    if (free.length === 0) continue;
    await call(work, side, 'deleteTags', {
      Resources: free.map(({ id }) => id),
      Tags: [{ Key: keys.rel }],
    });
  }
  if (inUse.length > 0)
    throw volumeFault(
      'Conflict',
      'volume.snapshotInUse',
      `${inUse.join(', ')} cannot be deleted while in use: deregister the images made of them`,
      { mayHaveHappened: true },
    );
}
