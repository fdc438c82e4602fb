/** What is promised and how it is watched: objectives, error budgets, health, targets. */

/** A budget is spent too fast when the burn rate is reached over both windows. */
export interface BurnRule {
  readonly burn: number;
  readonly longMs: number;
  readonly shortMs: number;
}

/** A promise about a share of good samples, and how fast its budget may go before somebody is told. */
export interface Objective {
  /** Share of samples that must be good; 1 is legal: any bad one spends the budget. */
  readonly target: number;
  readonly windowMs: number;
  readonly page: BurnRule;
  readonly ticket?: BurnRule;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const burn = (rate: number, longMs: number, shortMs: number): BurnRule => ({
  ...{ burn: rate, longMs, shortMs },
});
const slowTicket = burn(2, 6 * hourMs, 30 * minuteMs);

/** Service level objectives. `calls` is kept once per account and region. */
export const objectives = {
  control: {
    ...{ target: 0.9999, windowMs: 30 * 24 * hourMs, page: burn(14.4, hourMs, 5 * minuteMs) },
    ticket: burn(6, 6 * hourMs, 30 * minuteMs),
  },
  operations: {
    ...{ target: 0.999, windowMs: 24 * hourMs, page: burn(6, 2 * hourMs, 10 * minuteMs) },
    ticket: slowTicket,
  },
  calls: { target: 0.99, windowMs: hourMs, page: burn(6, 5 * minuteMs, minuteMs) },
  latency: {
    ...{ target: 0.95, windowMs: 24 * hourMs, page: burn(6, 2 * hourMs, 10 * minuteMs) },
    ticket: slowTicket,
  },
} as const satisfies Record<string, Objective>;
export type ObjectiveName = keyof typeof objectives;

/** Bounds of error budgets and of what follows from them. Times in milliseconds. */
export const budgets = {
  bucketsPerWindow: 60,
  /** Fewer samples say nothing about a share. */
  samplesMin: 50,
  /** So many failures are always allowed: fewer are no trend, however small the window's budget. */
  failuresMin: 5,
  /** Accounts and regions with a budget of their own; those beyond share one. */
  scopesMax: 64,
  lookMs: 10_000,
  saveMs: 60_000,
  /** Less than this share left counts as low. */
  lowShare: 0.1,
  turnMaxMs: 1_000,
  answerMaxMs: 2_000,
  /** Span of the error rate that health shows. */
  errorRateMs: 5 * minuteMs,
  /** When work that was held back may come again. */
  shedRetryAfterMs: 30_000,
} as const;

/** How components are probed and when the process calls itself alive. Times in milliseconds; never scaled. */
export const health = {
  probeEveryMs: 10_000,
  providerEveryMs: 30_000,
  probeTimeoutMs: 5_000,
  failuresToDown: 3,
  passesToUp: 2,
  cpuPercentMax: 80,
  memoryBytesMax: 1024 ** 3,
  loopLagMaxMs: 1_000,
  mailboxDepthMax: 100,
  /** Beyond this the process is as good as dead to its users. */
  deadLoopLagMs: 5_000,
  /** A mailbox whose head waited longer is stuck. */
  mailboxOldestMaxMs: 60_000,
  heartbeatMs: 60_000,
  turnAgeMaxMs: 10 * minuteMs,
} as const;

/** What an operation on a cluster should take, at most. Times in milliseconds. */
export const targets = {
  creationMs: 15 * minuteMs,
  installingMs: 8 * minuteMs,
  configuringMs: 3 * minuteMs,
  installEfficiency: 0.8,
} as const;

/** Bounds of the idempotency store. Times in milliseconds. */
