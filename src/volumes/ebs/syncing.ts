/** Points for the schedule, for the end of a writer and for a side that is overwritten: take, bring over, mark. */
import type { PointMade, Underway } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { committedAt } from './choosing.ts';
import { commit, copyPoint } from './copies.ts';
import type { Gathered } from './gather.ts';
import { newestVolumes, takePoint } from './points.ts';
import { pitOf, spreadOf } from './sets.ts';
import { enableFastRestore } from './fast-restore.ts';
import { mustBeAskedAgain, tell } from './work.ts';
import type { Work } from './work.ts';

const done = { isDone: true } as const;

/** Of the side that writes. */
export async function snapshot(work: Work, from: Side, seq: number): Promise<Underway<PointMade>> {
  const taken = await takePoint(work, { from, seq, role: 'point' });
  if (!taken.isDone) return taken;
  const spreadMs = spreadOf(taken.set);
  if (spreadMs > 0 && work.of.spec.consistency === 'crash')
    tell(work, 'the snapshots of a set began at different times', { seq, spreadMs });
  return { ...done, seq, pitMs: pitOf(taken.set) };
}

export async function copy(work: Work, from: Side, seq: number): Promise<Underway<object>> {
  const brought = await copyPoint(work, from, seq);
  return brought.isDone ? done : brought;
}

/** The record is written after it: that alone is the commit. */
export async function commitPoint(work: Work, from: Side, seq: number): Promise<PointMade> {
  const made = await commit(work, peerOf(from), seq);
  await enableFastRestore(work, peerOf(from), seq);
  return made;
}

/**
 * The last point of a writer whose volumes nobody can write to any more. A writer that a newer one has overtaken gives a
 * safety snapshot instead: what it holds is nobody's next point.
 */
export async function finalSync(
  work: Work,
  from: Side,
  { seq, isSuperseded }: { readonly seq: number; readonly isSuperseded: boolean },
): Promise<Underway<PointMade>> {
  if (isSuperseded) {
    const kept = await takePoint(work, { from, seq: 0, role: 'safety' });
    return kept.isDone ? { ...done, seq, pitMs: pitOf(kept.set) } : kept;
  }
  const moved = await takeAndBring(work, from, seq, true);
  return moved.isDone ? committed(work, from, seq) : moved;
}

async function committed(work: Work, from: Side, seq: number): Promise<Underway<PointMade>> {
  if (mustBeAskedAgain(work)) return { isDone: false, progress: 99 };
  return { ...done, ...(await commitPoint(work, from, seq)) };
}

/** Both halves in one call: percent of the whole. */
async function takeAndBring(
  work: Work,
  from: Side,
  seq: number,
  isFinal: boolean,
): Promise<Gathered> {
  const taken = await takePoint(work, { from, seq, role: 'point', isFinal });
  if (!taken.isDone) return { isDone: false, progress: Math.floor(taken.progress / 2) };
  const brought = await copyPoint(work, from, seq);
  return brought.isDone
    ? brought
    : { isDone: false, progress: 50 + Math.floor(brought.progress / 2) };
}

/** What the side holds that nobody else may have; nothing where it never wrote. */
export async function preserve(work: Work, side: Side): Promise<Underway<object>> {
  if (work.of.armed[side] === 0 || (await newestVolumes(work, side)).length === 0) return done;
  const kept = await takePoint(work, { from: side, seq: 0, role: 'safety' });
  return kept.isDone ? done : kept;
}

/** A point of the peer, brought here; EC2 itself finds what it can build on. */
export async function transfer(work: Work, to: Side, seq: number): Promise<Underway<object>> {
  const brought = await takeAndBring(work, peerOf(to), seq, false);
  return brought.isDone ? done : brought;
}

export const catchUp = (work: Work, to: Side, seq: number): Promise<Underway<PointMade>> =>
  committed(work, peerOf(to), seq);

/** The newest set here that is whole: what the next copy is built on. */
export async function selectBase(work: Work, side: Side): Promise<number | null> {
  const known = work.of.points.filter(({ at }) => at === side).reverse();
  for (const { seq } of known) if ((await committedAt(work, side, seq)) !== undefined) return seq;
  return null;
}

/** The newest point of this epoch is here, whole and marked. */
export async function isSynced(work: Work, side: Side): Promise<boolean> {
  const { points, epoch } = work.of;
  const newest = points.findLast((each) => each.at === side && each.epoch === epoch);
  return newest !== undefined && (await committedAt(work, side, newest.seq)) !== undefined;
}
