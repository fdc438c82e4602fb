/** Which snapshots may go. Pure; never the newest set, never the base of the next copy, never what somebody still refers to. */
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { durationMs } from '../../../machines/replication-duration.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { effectIn } from './ids.ts';
import type { SnapshotFact, VolumeFact } from './lookups.ts';
import { isCommitted, isComplete, pitOf, sourceOf } from './sets.ts';
import { keys } from './tags.ts';

/** Everything there is of one relationship, from both regions. */
export interface Stock {
  readonly snapshots: readonly SnapshotFact[];
  readonly volumes: readonly VolumeFact[];
}

interface PointStock {
  readonly seq: number;
  /** Side whose data it is. */
  readonly from: Side;
  readonly all: readonly SnapshotFact[];
  /** What a promotion would start from. */
  readonly promotable: readonly SnapshotFact[];
  readonly isCommitted: boolean;
}

export function prunable(of: ReplicationFacts, stock: Stock, nowMs: number): SnapshotFact[] {
  const points = pointsIn(of, stock.snapshots);
  const kept = keptSeqs(of, stock, points, nowMs);
  const gone = points.filter(({ seq }) => !kept.has(seq)).flatMap(({ all }) => all);
  return [
    ...gone,
    ...points.filter(({ seq }) => kept.has(seq)).flatMap(repeated),
    ...stock.snapshots.filter(
      ({ tags, startMs }) =>
        tags[keys.role] === 'safety' && isOlder(startMs, of.spec.retention.safetyAge, nowMs),
    ),
  ];
}

function pointsIn(of: ReplicationFacts, found: readonly SnapshotFact[]): PointStock[] {
  const role = isCopied(of) ? 'copy' : 'point';
  const ofPoints = found.filter(({ tags }) => ['point', 'copy'].includes(tags[keys.role] ?? ''));
  const seqs = [...new Set(ofPoints.map(({ seq }) => seq))].sort((left, right) => right - left);
  return seqs.map((seq) => {
    const all = ofPoints.filter((each) => each.seq === seq);
    const promotable = all.filter(({ tags }) => tags[keys.role] === role);
    const marked = new Set(promotable.filter(isCommitted).filter(isComplete).map(sourceOf));
    return {
      ...{ seq, all, promotable },
      from: all[0]?.tags[keys.at] === 'away' ? 'away' : 'home',
      isCommitted: marked.size === of.spec.volumes.length,
    };
  });
}

const isCopied = ({ spec: { endpoints } }: ReplicationFacts): boolean =>
  endpoints.home.region !== endpoints.away.region ||
  endpoints.home.account !== endpoints.away.account;

function keptSeqs(
  of: ReplicationFacts,
  { volumes }: Stock,
  points: readonly PointStock[],
  nowMs: number,
): ReadonlySet<number> {
  const { keepLast, minAge } = of.spec.retention;
  const referred = new Set(volumes.map(({ tags }) => Number(tags[keys.seq] ?? 0)));
  const kept = new Set<number>();
  for (const from of ['home', 'away'] as const) {
    const ofSide = points.filter((each) => each.from === from);
    const committed = ofSide.filter((each) => each.isCommitted);
    const newest = committed[0]?.seq ?? 0;
    // The last one of a direction that ended is what is left of it until the other has a base of its own.
    const isOver = of.writer === peerOf(from) && hasBase(of, from);
    const few = isOver ? 0 : Math.max(2, keepLast);
    for (const { seq } of committed.slice(0, few)) kept.add(seq);
    for (const each of ofSide)
      if (
        each.isCommitted
          ? !isOlder(pitOf(each.promotable), minAge, nowMs)
          : !isAbandoned(of, each, newest, nowMs)
      )
        kept.add(each.seq);
  }
  for (const { seq } of of.points.slice(-Math.max(2, keepLast))) kept.add(seq);
  for (const seq of referred) kept.add(seq);
  return kept;
}

/** The side that writes now has a committed point of this epoch at `side`. */
const hasBase = ({ points, epoch }: ReplicationFacts, side: Side): boolean =>
  points.some((each) => each.at === side && each.epoch === epoch);

/** A tick's set once a later one is committed; others may still be on their way for days. */
function isAbandoned(
  of: ReplicationFacts,
  { seq, all }: PointStock,
  newest: number,
  nowMs: number,
): boolean {
  if (of.points.some((each) => each.seq === seq)) return false;
  const ops = new Set(all.map(({ tags }) => effectIn(tags[keys.op] ?? '')));
  const isOfTick = [...ops].every((each) => each === 'snapshot' || each === 'copy');
  if (isOfTick) return seq < newest;
  return all.every(({ startMs }) => isOlder(startMs, of.spec.retention.safetyAge, nowMs));
}

/** Made by a call that was sent again and landed late: not marked where another of its volume is. */
function repeated({ promotable, isCommitted: isWhole }: PointStock): SnapshotFact[] {
  if (!isWhole) return [];
  const marked = new Set(promotable.filter(isCommitted).map(sourceOf));
  return promotable.filter((each) => !isCommitted(each) && marked.has(sourceOf(each)));
}

const isOlder = (atMs: number, age: string, nowMs: number): boolean =>
  nowMs - atMs > durationMs(age);

/**
 * Volumes of a promotion that was given up, whose creation landed after everything else of it was deleted. One that was
 * ever attached is fenced when its time is over, and fenced ones are never touched.
 */
export const orphans = (of: ReplicationFacts, { volumes }: Stock): VolumeFact[] =>
  volumes.filter(
    ({ tags, epoch, attachments, state }) =>
      tags[keys.role] === 'volume' &&
      effectIn(tags[keys.op] ?? '') === 'materialize' &&
      tags[keys.fenced] !== 'true' &&
      attachments.length === 0 &&
      state === 'available' &&
      epoch < Math.max(of.armed.home, of.armed.away),
  );
