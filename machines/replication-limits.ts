/** Bounds of replications: how long each phase may take, and how often a safe step back is taken. */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/**
 * What keeps late calls of an older epoch apart from a new one, in milliseconds. A replication keeps those it was created
 * with. Another choice is a setting of hosts on a simulated cloud, whose calls take milliseconds; it is never scaled.
 */
export const safetyTimes = {
  /** No call that changes anything is begun later than this after its intent was stored. */
  issueWindowMs: 30 * secondMs,
  /** Of one attempt of such a call; the SDK makes one attempt only. */
  attemptTimeoutMs: 10 * secondMs,
  clockSkewMs: 5 * secondMs,
  /** A command sent through SSM may still be delivered for so long. */
  ssmDeliveryMs: 30 * secondMs,
  /** Between the reads that decide. */
  proofGapMs: 10 * secondMs,
} as const;
export type SafetyTimes = { readonly [Name in keyof typeof safetyTimes]: number };

/** Deadlines in milliseconds and counts. Never scaled: they are what keeps late calls of an older epoch apart from a new one. */
export const replication = {
  /** How long one look at slow work (snapshots, copies, hydration) goes on before it answers how far that work is. */
  followMs: minuteMs,
  /** An effect of several such calls, from the open gate to its answer. */
  callMs: 45 * secondMs,
  /** Reads that decide. */
  proofReads: 2,
  preflightMs: 30 * secondMs,
  claimMs: 30 * secondMs,
  fenceMs: 5 * minuteMs,
  proveMs: minuteMs,
  chooseMs: 30 * secondMs,
  createMs: 5 * minuteMs,
  armMs: minuteMs,
  verifyMs: 2 * minuteMs,
  drainMs: 10 * minuteMs,
  releaseMs: 2 * minuteMs,
  /** Copies have no total, but no longer standstill than this. */
  stallMs: 15 * minuteMs,
  /** From the hand-over until the peer has been demoted: its drain, its fence, its window, its last copy. */
  handOverMs: 60 * minuteMs,
  overrideMs: 10 * minuteMs,
  /** A member of a group waits so long for a word of it. */
  controlBudgetMs: 15 * minuteMs,
  undoMs: 5 * minuteMs,
  /** Between two looks at an endpoint of which nothing is known; never less than the quiet window. */
  probeAgainMs: 2 * minuteMs,
  establishMs: 2 * minuteMs,
  establishAgainMs: minuteMs,
  reconfigureMs: 30 * minuteMs,
  removeMs: 30 * minuteMs,
  removeAgainMs: 5 * minuteMs,
  observeStableMs: minuteMs,
  /** While something is under way, or nobody knows. */
  observeChangingMs: 15 * secondMs,
  /** One look at one endpoint, from its place among the looks to its answer. */
  lookMs: 30 * secondMs,
  /** Replications looked at at once. */
  looksMax: 16,
  /** Fences under way whose beginning is remembered, for measurements. */
  fencesTimedMax: 1_000,
  /** Observations missed until nothing is known any more. */
  observationsMissedMax: 2,
  backoffMs: minuteMs,
  /** Between two points where neither interval nor objective is written. */
  everyMs: 15 * minuteMs,
  /** Points of one volume are never closer: EC2 takes one in so long. */
  tickFloorMs: 15 * secondMs,
  /** Between two questions after slow work, besides the time a back end follows it. */
  askAgainMs: secondMs,
  pruneMs: 10 * minuteMs,
  /** Lag as a multiple of the interval: above the first degraded, from the second on unhealthy. */
  lagDegradedRatio: 2,
  lagUnhealthyRatio: 3,
  /** Times one promotion or demotion fences again because something was writable after the window. */
  fenceRoundsMax: 2,
  /** Times a call that came too late is issued anew, after another window. */
  reissuesMax: 2,
  pointsMax: 32,
  /** Of one set. */
  volumesMax: 40,
  historyMax: 100,
  /** Of the words with an order that the record keeps with every move it brings about. */
  reasonCharsMax: 200,
  /** EC2's limit for client tokens. */
  opIdCharsMax: 64,
  testTtlSecondsMax: 7 * 24 * 3_600,
} as const;

/** After a fence, no call of an older epoch lands any more once this is over. */
export const quietWindowMs = (usesSsm: boolean, times: SafetyTimes): number =>
  times.issueWindowMs +
  times.attemptTimeoutMs +
  times.clockSkewMs +
  (usesSsm ? times.ssmDeliveryMs : 0);
