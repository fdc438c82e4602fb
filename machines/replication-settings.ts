/** What the chart reads out of a declaration, and how old a copy is against it. Pure. */
import { replication } from './replication-limits.ts';
import type { Side } from './replication-table.ts';
import type { ReplicationSpec } from './specs.ts';
import { durationMs } from './replication-duration.ts';

export interface ReplicationSettings {
  readonly initialSource: Side;
  readonly backend: ReplicationSpec['backend'];
  readonly mode: ReplicationSpec['mode'];
  /** From one point in time to the next; the floor when points are taken back to back. */
  readonly everyMs: number;
  /** What lag is measured against; 0 for back to back without an objective: then the last cycle counts. */
  readonly lagBaseMs: number;
  readonly rtoMs: number | null;
}

export function settingsOf(spec: ReplicationSpec): ReplicationSettings {
  const { mode, every, rpo, rto } = spec.schedule;
  const { initialSource, backend } = spec;
  const halfRpoMs = rpo === undefined ? undefined : Math.max(1_000, durationMs(rpo) / 2);
  const everyMs =
    mode === 'continuous'
      ? replication.tickFloorMs
      : every === undefined
        ? (halfRpoMs ?? replication.everyMs)
        : durationMs(every);
  return {
    ...{ initialSource, backend, mode: spec.mode, everyMs },
    lagBaseMs: mode === 'continuous' ? (halfRpoMs ?? 0) : everyMs,
    rtoMs: rto === undefined ? null : durationMs(rto),
  };
}

/** Whether copies are to be kept in another way or at another pace. */
export const isOtherPace = (left: ReplicationSettings, right: ReplicationSettings): boolean =>
  left.mode !== right.mode || left.everyMs !== right.everyMs || left.lagBaseMs !== right.lagBaseMs;

export interface Lag {
  readonly seconds: number;
  /** As a multiple of the interval, or of half the objective when points are taken back to back. */
  readonly ratio: number;
}

/** What of a replication's memory tells how old its copy is. */
interface Copied {
  readonly lastSyncMs: number | null;
  readonly settings: ReplicationSettings | null;
  readonly schedule: { readonly cycleMs: number };
}

/** How old the newest committed set is; undefined while there is none of this epoch. */
export function lagOf({ lastSyncMs, settings, schedule }: Copied, nowMs: number): Lag | undefined {
  if (lastSyncMs === null || settings === null) return undefined;
  const lagMs = Math.max(0, nowMs - lastSyncMs);
  const baseMs = Math.max(settings.lagBaseMs || schedule.cycleMs, replication.tickFloorMs);
  return { seconds: lagMs / 1_000, ratio: lagMs / baseMs };
}
