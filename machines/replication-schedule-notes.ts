/** When the next set of snapshots is due, and what the schedule writes into a replication's memory. Pure. */
import type { PublishedEvent } from './messages.ts';
import type { ReplicationContext, ScheduleMemory, SchedulePhase } from './replication-context.ts';
import { answerOf, stampOf } from './replication-events.ts';
import { replication } from './replication-limits.ts';
import { pointCounted } from './replication-notes.ts';
import { maySnapshot } from './replication-safety.ts';

type Context = ReplicationContext;
type Memory = Partial<Context>;

export const newSchedule = (atMs: number): ScheduleMemory => ({
  ...{ phase: 'idle', sinceMs: atMs, progress: null },
  ...{ tickAtMs: 0, cycleMs: 0, overruns: 0, hasOverrun: false },
});

/** At once where this epoch has no point yet, otherwise one interval after the point in time of the last; never closer than the floor. */
export function tickDelayMs(context: Context): number {
  const everyMs = context.settings?.everyMs ?? replication.everyMs;
  // Nobody says when it may be again: it is looked at.
  if (!maySnapshot(context)) return Math.min(everyMs, replication.backoffMs);
  if (context.lastSyncMs === null) return 0;
  const dueMs = context.lastSyncMs + everyMs - context.atMs;
  return Math.max(replication.tickFloorMs, Math.min(everyMs, dueMs));
}

export const entered = (context: Context, event: object, phase: SchedulePhase): Memory => {
  const sinceMs = stampOf(event, context.atMs);
  return { schedule: { ...context.schedule, phase, sinceMs, progress: null } };
};

export const tickBegun = (context: Context, event: object): Memory => ({
  ...pointCounted(context, 'schedule'),
  schedule: { ...context.schedule, tickAtMs: stampOf(event, context.atMs) },
});

/** A tick that takes longer than the interval holds up the next one: ticks never overlap. */
export function tickEnded(context: Context, event: object): Memory {
  const atMs = stampOf(event, context.atMs);
  const { schedule, settings } = context;
  const cycleMs = Math.max(0, atMs - schedule.tickAtMs);
  const hasOverrun = cycleMs > (settings?.everyMs ?? Infinity);
  return {
    atMs,
    schedule: {
      ...schedule,
      ...{ cycleMs, hasOverrun, overruns: schedule.overruns + (hasOverrun ? 1 : 0) },
    },
  };
}

const prunedIn = (event: object): readonly number[] =>
  answerOf(event, 'replication.prune')?.pruned ?? [];

/** The newest one stays whatever the answer says: it is what a promotion would take. */
export function pruned(context: Context, event: object): Memory {
  const gone = new Set(prunedIn(event));
  const newest = context.points.at(-1);
  return { points: context.points.filter((point) => point === newest || !gone.has(point.seq)) };
}

export function pruningTold(context: Context, event: object): PublishedEvent | undefined {
  const seqs = prunedIn(event);
  if (seqs.length === 0) return undefined;
  return { type: 'pointPruned', correlationId: context.correlationId, data: { seqs } };
}
