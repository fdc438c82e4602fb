/**
 * The audit as it is read: what one command led to is one group, ticks of probes are one line, and time in which nothing
 * happened is one line as well. Pure.
 */
import type { AuditEntry } from '../../../api.ts';

/** Shorter rests are not told. */
export const GAP_MS = 2 * 60_000;

/** Ticks in a row; they are of no interest one by one. */
export interface Ticks {
  readonly kind: 'ticks';
  readonly count: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** The newest of each actor, most ticks first. */
  readonly actors: readonly { readonly entry: AuditEntry; readonly count: number }[];
}

export interface Gap {
  readonly kind: 'gap';
  readonly ms: number;
  /** Its end, wall time. */
  readonly toMs: number;
}

export interface Single {
  readonly kind: 'entry';
  readonly entry: AuditEntry;
}

/** All of one correlation id; lines are oldest first. */
export interface Group {
  readonly kind: 'group';
  readonly correlationId: string;
  /** What began it: the command, or the first entry that is still there. */
  readonly head: AuditEntry;
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly failures: number;
  readonly lines: readonly (Single | Ticks | Gap)[];
}

export type Block = Group | Ticks | Gap;

const isTick = ({ importance }: AuditEntry): boolean => importance === 'tick';

/**
 * @param entries newest first, as the host answers
 * @param nowMs by the clock the entries are by; a rest since the newest entry is told as well
 * @returns newest first
 */
export function blocksOf(entries: readonly AuditEntry[], nowMs: number): readonly Block[] {
  const groups = grouped(entries);
  const ofGroups = new Set(groups.flat());
  const alone = entries.filter((entry) => !ofGroups.has(entry));
  const found: readonly (Group | Ticks)[] = [
    ...groups.map(groupOf),
    ...alone.map((entry) => ticksOf([entry])),
  ].sort((left, right) => right.toMs - left.toMs);
  return withGaps(joined(found), nowMs);
}

/** Entries of one correlation id, oldest first. Ticks that belong to nothing else are in none. */
function grouped(entries: readonly AuditEntry[]): readonly (readonly AuditEntry[])[] {
  const found = new Map<string, AuditEntry[]>();
  for (const [place, entry] of [...entries].reverse().entries()) {
    const key = entry.correlationId === '' ? `no id ${place}` : entry.correlationId;
    found.set(key, [...(found.get(key) ?? []), entry]);
  }
  return [...found.values()].filter((own) => !own.every(isTick));
}

function groupOf(entries: readonly AuditEntry[]): Group {
  const [first] = entries as [AuditEntry];
  const head = entries.find(({ what }) => what === 'command' || what === 'deadLetter') ?? first;
  return {
    ...{ kind: 'group', correlationId: head.correlationId, head, count: entries.length },
    fromMs: first.atMs,
    toMs: Math.max(...entries.map(({ atMs }) => atMs)),
    failures: entries.filter(({ isFailure }) => isFailure).length,
    lines: linesOf(entries),
  };
}

function linesOf(entries: readonly AuditEntry[]): readonly (Single | Ticks | Gap)[] {
  const lines: (Single | Ticks | Gap)[] = [];
  let ticks: AuditEntry[] = [];
  let beforeMs: number | undefined;
  const endTicks = (): void => {
    if (ticks.length > 0) lines.push(ticksOf(ticks));
    ticks = [];
  };
  for (const entry of entries) {
    if (beforeMs !== undefined && entry.atMs - beforeMs >= GAP_MS) {
      endTicks();
      lines.push({ kind: 'gap', ms: entry.atMs - beforeMs, toMs: entry.atMs });
    }
    beforeMs = entry.atMs;
    if (isTick(entry)) ticks.push(entry);
    else {
      endTicks();
      lines.push({ kind: 'entry', entry });
    }
  }
  endTicks();
  return lines;
}

/** @param entries at least one, in any order */
function ticksOf(entries: readonly AuditEntry[]): Ticks {
  const times = entries.map(({ atMs }) => atMs);
  const actors = new Map<string, { entry: AuditEntry; count: number }>();
  for (const entry of entries) {
    const { entry: newest = entry, count = 0 } = actors.get(entry.actor) ?? {};
    actors.set(entry.actor, {
      entry: entry.atMs >= newest.atMs ? entry : newest,
      count: count + 1,
    });
  }
  return {
    ...{ kind: 'ticks', count: entries.length },
    fromMs: Math.min(...times),
    toMs: Math.max(...times),
    actors: [...actors.values()].sort((left, right) => right.count - left.count),
  };
}

/** Ticks with nothing between them become one, unless they rest for long. */
function joined(found: readonly (Group | Ticks)[]): readonly (Group | Ticks)[] {
  const blocks: (Group | Ticks)[] = [];
  for (const block of found) {
    const before = blocks.at(-1);
    const isJoined =
      before?.kind === 'ticks' && block.kind === 'ticks' && before.fromMs - block.toMs < GAP_MS;
    if (isJoined) blocks[blocks.length - 1] = merged(before, block);
    else blocks.push(block);
  }
  return blocks;
}

function merged(newer: Ticks, older: Ticks): Ticks {
  const counts = new Map(newer.actors.map((each) => [each.entry.actor, each]));
  for (const { entry, count } of older.actors) {
    const known = counts.get(entry.actor);
    counts.set(entry.actor, {
      entry: known?.entry ?? entry,
      count: (known?.count ?? 0) + count,
    });
  }
  return {
    ...{ kind: 'ticks', count: newer.count + older.count },
    ...{ fromMs: Math.min(newer.fromMs, older.fromMs), toMs: newer.toMs },
    actors: [...counts.values()].sort((left, right) => right.count - left.count),
  };
}

/** A group may reach far back: only time that no block above it covers is a rest. */
function withGaps(found: readonly (Group | Ticks)[], nowMs: number): readonly Block[] {
  const blocks: Block[] = [];
  let coveredMs = nowMs;
  for (const block of found) {
    if (coveredMs - block.toMs >= GAP_MS)
      blocks.push({ kind: 'gap', ms: coveredMs - block.toMs, toMs: coveredMs });
    blocks.push(block);
    coveredMs = Math.min(coveredMs, block.fromMs);
  }
  return blocks;
}
