/**
 * Every bound in one place, unit in the name. Two kinds of time: deadlines are never scaled; pacing (polls, confirmation
 * gaps, sweeps, capacity waits) is divided by `pacing.scale`, which is 1 except on the local stack.
 */

/** Deadlines in milliseconds: how long a thing may take before something is done about it. Never scaled. */
export const deadlines = {
  planningMs: 60_000,
  launchToRunningMs: 5 * 60_000,
  agentOnlineMs: 10 * 60_000,
  stagingMs: 8 * 60_000,
  joinMs: 5 * 60_000,
  createBaseMs: 30 * 60_000,
  configuringBaseMs: 5 * 60_000,
  configuringPerServerMs: 5 * 60_000,
  configuringPerAgentRoundMs: 2 * 60_000,
  deleteMs: 20 * 60_000,
  ec2AttemptMs: 45_000,
  ssmAttemptMs: 60_000,
  scriptFollowMs: 150_000,
} as const;

/** Changes of a running cluster, in milliseconds. Never scaled. */
export const changes = {
  /** A change lasts this long at most, and so much longer for each node it touches. */
  operationBaseMs: 30 * 60_000,
  operationPerNodeMs: 2 * 60_000,
  /** What a drain's own time-out leaves for starting it and for its answer. */
  drainMarginMs: 60_000,
  serverDrainSeconds: 300,
  uncordonMs: 5 * 60_000,
  /** From the order to restart or start until the node serves again. */
  restartMs: 10 * 60_000,
  stoppingStepMs: 10 * 60_000,
  startingStepMs: 10 * 60_000,
  snapshotMs: 5 * 60_000,
} as const;

/** How long changes wait before they look or try again, in milliseconds before the division by `pacing.scale`. */
export const changePacing = {
  /** After a script that failed, before it is run once more. */
  scriptRetryMs: 30_000,
  stopAgainMs: 120_000,
  startAgainMs: 120_000,
  rebootSettleMs: 15_000,
} as const;

/** How many nodes a change touches at once, by the size of the cluster; a profile may ask for fewer. */
export const widths = [
  { nodesMax: 5, atOnce: 3 },
  { nodesMax: 15, atOnce: 5 },
  { nodesMax: Infinity, atOnce: 8 },
] as const;

/** Counts of changes. */
export const changeBounds = {
  /** Looks that still see the old boot id before the restart is ordered again. */
  rebootLooksMax: 8,
  /** Nodes told to stop or start at a time. */
  powerInFlightMax: 24,
} as const;

/** Pacing in milliseconds, before the division by `pacing.scale`. */
export const pacing = {
  pollChangingMs: 5_000,
  pollSteadyMs: 30_000,
  commandPollFirstMs: 2_000,
  commandPollMaxMs: 10_000,
  scriptAgainMs: 5_000,
  capacityWaitMs: 60_000,
  capacityNoteMs: 180_000,
  sweepGapMs: 300_000,
  confirmGapMs: 60_000,
  terminateAgainMs: 120_000,
  groupBusyMs: 10_000,
  stuckRetryMs: 300_000,
  autoRetryBaseMs: 60_000,
  autoRetryMaxMs: 1_800_000,
  quotaAgainBaseMs: 300_000,
  quotaAgainMaxMs: 3_600_000,
} as const;

/** Counts and sizes. */
export const bounds = {
  serversMax: 7,
  nodesMax: 200,
  poolsMax: 20,
  instanceTypesMax: 10,
  launchesInFlightMax: 12,
  stagingInFlightMax: 16,
  removalsInFlightMax: 40,
  capacityRoundsMax: 3,
  nodeIncarnationsMax: 3,
  autoRetriesMax: 3,
  sweepsCleanMin: 2,
  recordBytesMax: 256 * 1024,
  recordBytesAlarm: 128 * 1024,
  seenMax: 64,
  outboxMax: 2_000,
  mailboxMax: 64,
  strikesMax: 3,
  perSubjectMax: 8,
  staleReloadsMax: 3,
  /** Turns of one kind of resource at once. */
  turnsPerKindMax: 32,
  /** Calls of operations under way in one host. */
  effectsInFlightMax: 100,
  retryPoliciesMax: 32,
  residentsMax: 50_000,
  payloadBytesMax: 256 * 1024,
  faultMessageChars: 300,
  /** Commands handed over and not settled; past it the consumer pauses until half are done. */
  deliveriesMax: 500,
  listPageMax: 200,
  listPageBytesMax: 400 * 1024,
  historyPageMax: 500,
  partitions: 64,
} as const;

/** Time a killed or idle thing may take before the host acts; read by hosting only. */
export const hosting = {
  leaseTtlMs: 5_000,
  leaseRenewMs: 1_000,
  leaseHoldShare: 0.7,
  drainMs: 10_000,
  storeRetryFirstMs: 200,
  storeRetryMaxMs: 2_000,
  storeAlarmMs: 15_000,
  minRevisionWaitMs: 2_000,
  busyRetryAfterMs: 1_000,
  /** After the last event went out, the emptied outbox is written back, so that an awakening does not repeat it. */
  tidyAfterMs: 5_000,
  /** Strikes further apart than this do not add up to a quarantine. */
  strikeWindowMs: 3_600_000,
  /** Waiting commands tell the server so; well below its acknowledgement wait of 10 s. */
  workingMs: 4_000,
  minRevisionPollMs: 50,
} as const;

/** How waits are spread: what chance may do to a delay. */
export type Jitter = 'none' | 'proportional' | 'equal' | 'full' | 'decorrelated';

/** How an operation repeats an effect. `maxAttempts` counts all tries; delays in milliseconds. */
export interface RetryPreset {
  readonly maxAttempts: number;
  readonly baseMs: number;
  /** No delay is longer, jitter included; only a provider's hint may be. */
  readonly capMs: number;
  readonly multiplier: number;
  readonly jitter: Jitter;
  /** Share by which a proportional jitter may go up or down. */
  readonly jitterShare: number;
  /** From the first try to the last answer, less the time spent waiting for a circuit. */
  readonly deadlineMs: number;
  /** Only these fault types are tried again. Default: every type that may be. */
  readonly retryOn?: readonly string[];
}

const preset = (
  maxAttempts: number,
  [baseMs, capMs, multiplier]: readonly [number, number, number],
  deadlineMs: number,
  jitter: Jitter = 'full',
  jitterShare = 0,
): RetryPreset => ({ maxAttempts, baseMs, capMs, multiplier, jitter, jitterShare, deadlineMs });

export const retryPresets = {
  default: preset(4, [1_000, 30_000, 2], 300_000),
  aws: preset(6, [500, 64_000, 2], 300_000),
  critical: preset(8, [2_000, 120_000, 2], 1_200_000),
  highFrequency: preset(3, [100, 2_000, 1.5], 30_000),
  reconcile: preset(5, [1_000, 300_000, 2], 300_000, 'proportional', 0.1),
  network: preset(4, [100, 10_000, 2], 60_000),
  store: preset(6, [50, 5_000, 1.5], 30_000),
  standard: preset(5, [500, 30_000, 2], 120_000, 'proportional', 0.1),
  aggressive: preset(10, [100, 10_000, 1.5], 60_000, 'proportional', 0.1),
  conservative: preset(3, [1_000, 60_000, 3], 300_000, 'proportional', 0.1),
  create: preset(3, [1_000, 30_000, 2], 300_000),
  production: preset(3, [1_000, 60_000, 2], 300_000),
  flakyDev: preset(10, [100, 30_000, 2], 120_000),
  send: preset(4, [100, 5_000, 2], 60_000),
  sync: preset(6, [200, 10_000, 2], 60_000),
  consensus: preset(6, [500, 30_000, 2], 120_000),
  none: preset(1, [0, 0, 1], 300_000, 'none'),
} as const satisfies Record<string, RetryPreset>;
export type RetryPresetName = keyof typeof retryPresets;

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

/** What one class of calls is allowed, before a policy set by hand changes it. Times in milliseconds. */
export interface CallPolicy {
  /** Failures in a row that open the circuit. */
  readonly failuresMax: number;
  readonly openBaseMs: number;
  readonly successThreshold: number;
  readonly probesMax: number;
  readonly attemptTimeoutMs: number;
  /** Calls in flight at once. */
  readonly concurrentMax: number;
  readonly ratePerSecond: number;
  readonly burst: number;
  /** A call without a token waits for one (default), or is refused with the time after which there is one. */
  readonly rateMode?: 'wait' | 'reject';
}

type Trip = readonly [failuresMax: number, openBaseMs: number, concurrentMax: number];

const row = (
  [failuresMax, openBaseMs, concurrentMax]: Trip,
  [successThreshold, attemptTimeoutMs]: readonly [number, number],
  [ratePerSecond, burst]: readonly [number, number],
): CallPolicy => ({
  ...{ failuresMax, openBaseMs, successThreshold, probesMax: 1 },
  ...{ attemptTimeoutMs, concurrentMax, ratePerSecond, burst },
});

type Rows = Readonly<Record<string, CallPolicy>>;

/**
 * Rows by service, and by `service:class` where classes differ; rates are about half of what AWS allows. Fairlead itself
 * calls EC2, SSM and NATS.
 */
export const callPolicies: Rows = {
  'ec2:read': row([3, 30_000, 5], [2, 30_000], [10, 50]),
  'ec2:mutate': row([3, 30_000, 5], [2, 45_000], [5, 25]),
  'ec2:teardown': row([3, 30_000, 5], [2, 45_000], [5, 50]),
  ssm: row([3, 45_000, 3], [2, 60_000], [20, 50]),
  s3: row([5, 10_000, 10], [3, 30_000], [100, 100]),
  dynamodb: row([5, 20_000, 8], [3, 15_000], [20, 50]),
  lambda: row([3, 60_000, 2], [2, 30_000], [10, 20]),
  sns: row([5, 20_000, 10], [3, 20_000], [20, 50]),
  nats: row([5, 10_000, 100], [2, 5_000], [1_000, 100]),
  k8s: row([5, 60_000, 10], [2, 240_000], [100, 100]),
  backend: row([5, 60_000, 10], [2, 240_000], [20, 50]),
  other: row([3, 30_000, 5], [2, 60_000], [10, 20]),
};

const tuned = (name: string, [failuresMax, openBaseMs, concurrentMax]: Trip): Rows => {
  const found = callPolicies[name];
  return found === undefined
    ? {}
    : { [name]: { ...found, failuresMax, openBaseMs, concurrentMax } };
};

/** Tuned for heavy work: more calls at once, circuits that open later and rest longer. */
const heavyCallPolicies: Rows = {
  ...callPolicies,
  ...tuned('ec2:read', [5, 45_000, 8]),
  ...tuned('ec2:mutate', [5, 45_000, 8]),
  ...tuned('ec2:teardown', [5, 45_000, 8]),
  ...tuned('ssm', [2, 60_000, 3]),
  ...tuned('s3', [3, 10_000, 15]),
  ...tuned('nats', [5, 10_000, 200]),
  ...tuned('k8s', [15, 120_000, 20]),
  ...tuned('backend', [15, 120_000, 20]),
};
export const callPolicySets = { standard: callPolicies, heavy: heavyCallPolicies } as const;

/** What a call is made for: each kind has an attempt time-out of its own, in milliseconds. */
export interface AttemptTimeouts {
  readonly describeMs: number;
  readonly mutatingMs: number;
  readonly validateMs: number;
  readonly taskStatusMs: number;
}

/** How long creations should take: budgets for benchmarks against the simulator, no promise about AWS. */
interface Target {
  readonly nodes: number;
  readonly minutes: readonly [from: number, to: number];
}

interface Profile {
  /** Nodes of one cluster that may join or be touched at once; calls a fan-out makes at once. */
  readonly concurrency: number;
  readonly batchSize: number;
  /** Failures in a row and open time for keys without a row of their own. */
  readonly breaker: { readonly failuresMax: number; readonly openBaseMs: number };
  readonly rows: keyof typeof callPolicySets;
  /** No bulkhead of a provider is narrower. */
  readonly concurrentMin: number;
  /** `critical` is for what makes or unmakes something; see `presetFor`. */
  readonly retry: RetryPresetName;
  /** Of one account and region. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
  readonly mutatingMs: number;
  readonly idempotencyTtlMs: number;
  readonly targets: readonly Target[];
}

const minute = 60_000;
const hour = 60 * minute;

/** What a host and its clusters are for. A manifest's own profile decides over its concurrency and retries. */
export const profiles = {
  development: {
    ...{ concurrency: 2, batchSize: 5, rows: 'standard', concurrentMin: 1, retry: 'default' },
    breaker: { failuresMax: 3, openBaseMs: 30_000 },
    rate: { perSecond: 10, burst: 20 },
    ...{ mutatingMs: 10 * minute, idempotencyTtlMs: 2 * hour },
    targets: [
      { nodes: 1, minutes: [3, 4] },
      { nodes: 3, minutes: [8, 10] },
    ],
  },
  staging: {
    ...{ concurrency: 3, batchSize: 10, rows: 'standard', concurrentMin: 1, retry: 'aws' },
    breaker: { failuresMax: 3, openBaseMs: 30_000 },
    rate: { perSecond: 10, burst: 20 },
    ...{ mutatingMs: 4 * minute, idempotencyTtlMs: 2 * hour },
    targets: [
      { nodes: 1, minutes: [4, 5] },
      { nodes: 3, minutes: [10, 12] },
      { nodes: 10, minutes: [15, 18] },
    ],
  },
  production: {
    ...{ concurrency: 5, batchSize: 15, rows: 'standard', concurrentMin: 1, retry: 'critical' },
    breaker: { failuresMax: 5, openBaseMs: 60_000 },
    rate: { perSecond: 20, burst: 50 },
    ...{ mutatingMs: 4 * minute, idempotencyTtlMs: 2 * hour },
    targets: [
      { nodes: 3, minutes: [8, 10] },
      { nodes: 10, minutes: [12, 15] },
      { nodes: 50, minutes: [20, 25] },
    ],
  },
  'high-volume': {
    ...{ concurrency: 10, batchSize: 25, rows: 'heavy', concurrentMin: 20, retry: 'aws' },
    breaker: { failuresMax: 5, openBaseMs: 60_000 },
    rate: { perSecond: 20, burst: 50 },
    ...{ mutatingMs: 4 * minute, idempotencyTtlMs: 4 * hour },
    targets: [{ nodes: 100, minutes: [25, 30] }],
  },
} as const satisfies Record<string, Profile>;
export type ProfileName = keyof typeof profiles;

/** What no profile changes. Times in milliseconds. */
export const settingDefaults = {
  fanOutMs: 10 * minute,
  batchMs: 5 * minute,
  describeMs: 30_000,
  validateMs: 10_000,
  taskStatusMs: 10_000,
} as const;

const sumOf = (rows: Readonly<Record<string, CallPolicy>>, service: string): number =>
  Object.entries(rows)
    .filter(([key]) => key.split(':')[0] === service)
    .reduce((sum, [, { concurrentMax }]) => sum + concurrentMax, 0);

/** Widened, so that the compiler does not take today's numbers for a law. */
const number = (value: number): number => value;

/** Relations that must hold between the numbers above; checked when a host starts. */
export function assertLimits(): void {
  const relations: [boolean, string][] = [
    [
      bounds.seenMax >= bounds.perSubjectMax * 7,
      'seen covers what one actor can have in redelivery',
    ],
    [
      bounds.recordBytesAlarm < bounds.recordBytesMax,
      'the record alarm comes before the record cap',
    ],
    [
      hosting.leaseTtlMs * hosting.leaseHoldShare > 2 * hosting.leaseRenewMs,
      'a lease survives one missed renewal',
    ],
    [number(bounds.sweepsCleanMin) >= 2, 'nothing is called gone after one look'],
    [
      Object.values(retryPresets).every(({ baseMs, capMs }) => baseMs <= capMs),
      'no first delay passes its cap',
    ],
    [
      Object.values(retryPresets).every((each) => each.deadlineMs <= resilience.operationCapMs),
      'no preset outlives the cap of an operation',
    ],
    [
      number(resilience.windowCallsMin) <= resilience.windowCalls,
      'a window holds as many calls as a rate needs',
    ],
    [
      Object.values<Objective>(objectives).every(({ windowMs, page, ticket }) =>
        [page, ticket ?? page].every(
          (rule) => rule.shortMs < rule.longMs && rule.longMs <= windowMs,
        ),
      ),
      'burn rates are read over spans within the window of their budget',
    ],
    [
      number(health.heartbeatMs) < health.turnAgeMaxMs,
      'an idle host takes turns often enough to be called alive',
    ],
    [
      number(health.probeTimeoutMs) < health.probeEveryMs,
      'a probe ends before the next one begins',
    ],
    [
      Object.values(callPolicySets).every(
        (rows) =>
          sumOf(rows, 'ec2') <= httpPool.socketsMax && sumOf(rows, 'ssm') <= httpPool.socketsMax,
      ),
      'every call that a bulkhead lets in finds a socket',
    ],
    [
      number(resilience.bulkheadWaitMs) < deadlines.ec2AttemptMs,
      'the wait for a place ends before the attempt does',
    ],
    ...profileRelations(),
  ];
  relations.push([
    (bounds.deliveriesMax - intake.burst) / intake.perSecond < intake.commandWaitMs / 1_000,
    'as many commands as may be unsettled wait for their turn without a refusal',
  ]);
  for (const [holds, text] of relations) if (!holds) throw new Error(`limits.ts: ${text}`);
}

function profileRelations(): [boolean, string][] {
  const each: readonly Profile[] = Object.values(profiles);
  return [
    [
      each.every(({ concurrency, batchSize }) => concurrency >= 1 && batchSize >= 1),
      'no profile makes less than one call at once',
    ],
    [
      each.every(({ rate }) => rate.burst >= rate.perSecond),
      'a burst holds at least one second of calls',
    ],
    [
      each.every(({ idempotencyTtlMs }) => idempotencyTtlMs > resilience.operationCapMs),
      'what was done is remembered longer than any operation lasts',
    ],
    [
      number(settingDefaults.batchMs) <= settingDefaults.fanOutMs,
      'a batch ends before the fan-out that made it',
    ],
    [
      number(bounds.turnsPerKindMax) <= bounds.effectsInFlightMax,
      'as many calls may be under way as turns can begin at once',
    ],
    [Object.values(callPolicySets).every((rows) => 'other' in rows), 'every key has a row'],
  ];
}
