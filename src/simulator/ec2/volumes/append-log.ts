/**
 * The oracle of data: every volume has a log of entries, and grows by one for each simulated second in which something could
 * write to it. Snapshots, copies and volumes made from them carry what had been written at their moment, so that two logs
 * tell whether one follows from the other, or two writers went separate ways.
 */
import type { LogSegment, VolumeLog, VolumeRecord } from '../../state/volume-records.ts';
import type { World } from '../../world.ts';
import { isRoot, isWritable } from './volume-state.ts';

export const lengthOf = (segments: readonly LogSegment[]): number =>
  segments.reduce((sum, { from, to }) => sum + to - from, 0);

/** A new volume's log: what it was made from, and nothing of its own yet. */
export const freshLog = (segments: readonly LogSegment[], nowMs: number): VolumeLog => ({
  ...{ segments, next: 1, writableMs: 0, untilMs: nowMs },
});

/** The volume with everything written by now in its log; not stored, as it can be worked out again. */
export function settled(world: World, record: VolumeRecord, nowMs: number): VolumeRecord {
  const { log } = record;
  if (nowMs <= log.untilMs) return record;
  const writableMs = log.writableMs + writableWithin(world, record, log.untilMs, nowMs);
  const secondMs = world.clock.scaled(1_000);
  const count = Math.floor(writableMs / secondMs) - Math.floor(log.writableMs / secondMs);
  return appended({ ...record, log: { ...log, writableMs, untilMs: nowMs } }, count);
}

/** The volume with so many more entries of its own, in its present epoch. */
export function appended(record: VolumeRecord, count: number): VolumeRecord {
  if (count <= 0) return record;
  const { log } = record;
  const from = log.next;
  const to = from + count;
  const epoch = record.tags['repl:epoch'] ?? '';
  const last = log.segments.at(-1);
  const goesOn = last?.writer === record.volumeId && last.epoch === epoch && last.to === from;
  const segments = goesOn
    ? [...log.segments.slice(0, -1), { ...last, to }]
    : [...log.segments, { writer: record.volumeId, epoch, from, to }];
  return { ...record, log: { ...log, segments, next: to } };
}

/** Between two changes of volume or instance nothing changes, so each stretch is writable as a whole or not at all. */
function writableWithin(world: World, record: VolumeRecord, fromMs: number, toMs: number): number {
  const { attachment } = record;
  if (attachment === undefined || isRoot(world, record)) return 0;
  const instance = world.tables.instances.get(attachment.instanceId);
  const changes = [
    ...attachment.steps.map(({ atMs }) => atMs),
    ...(instance?.transitions ?? []).map(({ atMs }) => atMs),
  ];
  const within = changes.filter((atMs) => atMs > fromMs && atMs < toMs);
  const marks = [fromMs, ...within.sort((left, right) => left - right), toMs];
  let writableMs = 0;
  for (const [index, endMs] of marks.slice(1).entries()) {
    const startMs = marks[index] ?? fromMs;
    if (isWritable(world, record, startMs)) writableMs += endMs - startMs;
  }
  return writableMs;
}

/** How two logs relate: what they begin with alike, and what each has beyond that. Both beyond: two writers. */
export interface Fork {
  readonly common: number;
  readonly left: number;
  readonly right: number;
}

export function compareLogs(left: readonly LogSegment[], right: readonly LogSegment[]): Fork {
  const common = commonLength(left, right);
  return { common, left: lengthOf(left) - common, right: lengthOf(right) - common };
}

function commonLength(left: readonly LogSegment[], right: readonly LogSegment[]): number {
  let common = 0;
  for (const [index, mine] of left.entries()) {
    const theirs = right[index];
    const isSame =
      theirs?.writer === mine.writer && theirs.epoch === mine.epoch && theirs.from === mine.from;
    if (!isSame) return common;
    common += Math.min(mine.to, theirs.to) - mine.from;
    if (mine.to !== theirs.to) return common;
  }
  return common;
}
