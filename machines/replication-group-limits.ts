/** Bounds of replication groups: how many, how long each step may take, how often members are looked at. */
import { replication } from './replication-limits.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** Milliseconds and counts. Never scaled. */
export const group = {
  membersMax: 16,
  /** Reading the records of all members, and one command to each with its answer. */
  lookMs: 30 * secondMs,
  orderMs: minuteMs,
  /** One command, from its publication to its outcome. */
  commandMs: 20 * secondMs,
  /** Between two looks at members while something is under way, and at rest. */
  lookAgainMs: 2 * secondMs,
  lookAtRestMs: minuteMs,
  preflightMs: 2 * minuteMs,
  /** Until every member has looked ahead. */
  readyMs: 10 * minuteMs,
  /** Until no old writer can write: as long as the slowest member may take for it. */
  fencedMs: replication.handOverMs,
  /** Until every member's volumes are made. Copies of the last points end by standstill of their own. */
  madeMs: 24 * 60 * minuteMs,
  /** From the word to one member until it writes; this for each of them. */
  armMs: replication.controlBudgetMs,
  verifyMs: 5 * minuteMs,
  /** Until members that were called off rest. */
  abortMs: 60 * minuteMs,
  /** Homes are overwritten before a way back; each ends by standstill of its own. */
  resyncMs: 24 * 60 * minuteMs,
  /** Members that wait are told to wait on so often: well within `replication.controlBudgetMs`. */
  keepMs: 5 * minuteMs,
  historyMax: 32,
} as const;
