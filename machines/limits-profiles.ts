/** What classes of calls are allowed, and the profiles that choose among such numbers. */
import type { RetryPresetName } from './limits-retry.ts';

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

export interface Profile {
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
