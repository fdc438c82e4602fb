/** Bounds of what stands before a call, and of the calls that are gathered, remembered or fanned out. */

/** Bounds of operations, breakers, limiters and queues. Times in milliseconds. */
export const resilience = {
  /** An operation that waits longer than this for its next try is parked. */
  parkAfterMs: 60_000,
  budgetParkMs: 10_000,
  /** Waiting for a circuit moves an operation's deadline, but never past this. */
  operationCapMs: 30 * 60_000,
  openTripsMax: 3,
  /** An open circuit is probed early no sooner than after this share of its time. */
  earlyProbeShare: 0.25,
  openJitter: 0.2,
  /** A probe whose answer takes longer than this share of its attempt time-out counts as failed. */
  probeLeaseShare: 1.5,
  /** Deadlines of calls are looked at this often; how old the cheap clock may be. */
  sweepMs: 50,
  windowCalls: 100,
  windowMs: 60_000,
  windowCallsMin: 20,
  failedShare: 0.5,
  slowShare: 0.8,
  breakersMax: 256,
  waitersMax: 20_000,
  rampGapMs: 1_000,
  rampShare: 0.1,
  /** An isolation without an end of its own. */
  isolationMaxMs: 365 * 86_400_000,
  ordersMax: 256,
  budgetTokens: 100,
  budgetPerFirstTry: 0.2,
  budgetFloorRetries: 10,
  budgetFloorMs: 10_000,
  limiterWaitMs: 20_000,
  limiterMinPerSecond: 0.5,
  refillGapMs: 5,
  /** All calls to one account and region together, unless set otherwise. */
  providerPerSecond: 10,
  providerBurst: 20,
  /** Instances asked for per account and region: about half of what EC2 grants. */
  launchedPerSecond: 1,
  launchedBurst: 500,
  bulkheadQueue: 50,
  bulkheadWaitMs: 5_000,
  /** Past so many namespaces, those without a call are forgotten. */
  namespacesMax: 256,
  guardAbsentMs: 24 * 3_600_000,
  statusLogMs: 300_000,
} as const;

export const idempotency = {
  /** How long a result is kept; an effect may have its own. */
  ttlMs: 2 * 3_600_000,
  /** A claim outlives its attempt's time-out by this much, then anybody may take it over. */
  leaseSlackMs: 5_000,
  /** One read or write of the store; after that the call is made without it. */
  storeWaitMs: 500,
  /** Between two looks at a claim that somebody else holds. */
  claimPollMs: 250,
  /** Lost races for one claim before the call is made without it. */
  claimTriesMax: 8,
  sweepMs: 300_000,
  /** Entries remembered by this process. */
  frontMax: 10_000,
  /** A larger result is not kept: the call may be made again. */
  resultBytesMax: 16 * 1024,
} as const;

/** Calls for single machines that go out together. */
export const batching = {
  /** How long the first waits for others. */
  gatherMs: 5,
  /** No setting makes a batch larger; EC2 takes more, but one bad id would cost many repeats. */
  sizeMax: 100,
} as const;

/** Connections to one service of one account and region. */
export const httpPool = {
  /** Not less than all bulkheads of the service together, or calls would wait unseen. */
  socketsMax: 100,
  connectMs: 3_000,
  /** From the first byte sent to the last byte read. */
  requestMs: 30_000,
} as const;

/** How many jobs of a fan-out run at once. */
export const fanOut = {
  widthMax: 10,
  /** The first row whose share of busy processor time is not reached; above all of them one at a time. */
  cpuWidths: [
    { below: 0.5, atOnce: 8 },
    { below: 0.75, atOnce: 5 },
    { below: 0.9, atOnce: 3 },
  ],
  cpuSampleMs: 10_000,
  efficiencyGood: 0.8,
  /** Good runs in a row before a width that was too much is tried again. */
  goodRunsMin: 3,
} as const;

/** Sizes by name: ids in one call, and the time for one batch with its repeats. */
export const batchPresets = {
  default: { sizeMax: 10, timeoutMs: 300_000 },
  fast: { sizeMax: 25, timeoutMs: 180_000 },
  reliable: { sizeMax: 5, timeoutMs: 300_000 },
} as const satisfies Record<string, { sizeMax: number; timeoutMs: number }>;

/** What one host takes in: commands and queries each. Times in milliseconds. */
export const intake = {
  perSecond: 1_000,
  burst: 100,
  /** A full set of unsettled commands is through well before. */
  commandWaitMs: 1_000,
} as const;

/** How an attempt's time-out follows the time that calls take, where that is switched on. */
export const adaptiveTimeout = {
  window: 100,
  samplesMin: 20,
  /** Times what nineteen of twenty calls took. */
  headroom: 2,
  stepUp: 0.5,
  stepDown: 0.1,
  minMs: 10,
  maxMs: 5 * 60_000,
  operationsMax: 64,
} as const;

/** How a rate follows the time that answers take, where that is switched on. */
export const adaptiveRate = {
  window: 100,
  samplesMin: 50,
  /** Milliseconds between two steps. */
  gapMs: 1_000,
  targetMs: 100,
  slower: 0.9,
  faster: 1.05,
  minPerSecond: 100,
  maxPerSecond: 5_000,
} as const;
