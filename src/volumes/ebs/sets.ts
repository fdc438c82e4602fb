/** Snapshots of one point put together: which of them count, which are one too many, which are missing. Pure. */
import type { SnapshotFact } from './lookups.ts';
import { keys } from './tags.ts';
import type { Role } from './tags.ts';

export interface SetFound {
  /** One per volume, of one call where one call took them all. */
  readonly best: readonly SnapshotFact[];
  /** Made a second time by a call that was sent again. Named only when nothing is missing. */
  readonly spares: readonly SnapshotFact[];
  /** Keys of volumes without one. */
  readonly missing: readonly string[];
}

export const isComplete = ({ state }: SnapshotFact): boolean => state === 'completed';
export const isCommitted = ({ tags }: SnapshotFact): boolean => tags[keys.commit] === 'true';
const isBroken = ({ state }: SnapshotFact): boolean => state === 'error';

export const ofPoint =
  (role: Role, seq: number) =>
  (snapshot: SnapshotFact): boolean =>
    snapshot.tags[keys.role] === role && snapshot.seq === seq;

/** A copy names its volume by tag only; of a point taken for a whole instance only the volume itself is known at first. */
export const sourceOf = ({ tags, volumeId }: SnapshotFact): string =>
  tags[keys.sourceVolume] ?? volumeId;

/** The earliest set in which every volume has one; else the fullest. Of one volume the earliest counts. */
export function setOf(found: readonly SnapshotFact[], volumeIds: readonly string[]): SetFound {
  const calls = [...new Set(found.map(({ tags }) => tags[keys.set] ?? ''))];
  const candidates = calls.map((each) => {
    const together = found.filter(({ tags }) => (tags[keys.set] ?? '') === each);
    return firstOfEach(together, volumeIds, ({ startMs }) => startMs);
  });
  candidates.sort((left, right) => right.length - left.length || pitOf(left) - pitOf(right));
  return chosen(found, candidates[0] ?? [], volumeIds);
}

/** Of each volume's copies the one completed first, else the one begun first. */
export const copiesOf = (found: readonly SnapshotFact[], volumeIds: readonly string[]): SetFound =>
  chosen(
    found,
    firstOfEach(found, volumeIds, ({ endMs }) => endMs),
    volumeIds,
  );

function firstOfEach(
  found: readonly SnapshotFact[],
  volumeIds: readonly string[],
  timeOf: (snapshot: SnapshotFact) => number,
) {
  const sorted = [...found].sort(
    (left, right) =>
      Number(isBroken(left)) - Number(isBroken(right)) ||
      Number(isCommitted(right)) - Number(isCommitted(left)) ||
      // Two that have not ended: the difference is no number, and the next rule decides.
      timeOf(left) - timeOf(right) ||
      left.startMs - right.startMs ||
      (left.id < right.id ? -1 : 1),
  );
  return volumeIds.flatMap((id) => sorted.find((each) => sourceOf(each) === id) ?? []);
}

function chosen(
  found: readonly SnapshotFact[],
  best: readonly SnapshotFact[],
  volumeIds: readonly string[],
): SetFound {
  const has = new Set(best.map(sourceOf));
  const missing = volumeIds.filter((id) => !has.has(id));
  const spares = missing.length > 0 ? [] : found.filter((each) => !best.includes(each));
  return { best, spares, missing };
}

/** When the set was taken: when the earliest of it was. Copies carry it in a tag. */
export function pitOf(set: readonly SnapshotFact[]): number {
  return Math.min(...set.map(({ tags, startMs }) => timeIn(tags[keys.pit]) ?? startMs));
}

export const spreadOf = (set: readonly SnapshotFact[]): number =>
  Math.max(...set.map(({ startMs }) => startMs)) - Math.min(...set.map(({ startMs }) => startMs));

function timeIn(text: string | undefined): number | undefined {
  const atMs = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

export const progressOf = (set: readonly SnapshotFact[], size: number): number =>
  Math.min(
    99,
    Math.floor(set.reduce((sum, { progress }) => sum + progress, 0) / Math.max(1, size)),
  );
