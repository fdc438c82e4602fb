/** Every setting of a host: its name, the variables that set it, and what may stand in it. */
import { profiles } from '../../machines/limits.ts';
import type { ValueKind } from './values.ts';

export interface Variable {
  /** Without `FAIRLEAD_`; in files and flags in camelCase. */
  readonly id: string;
  readonly kind: ValueKind;
  /** Other spellings; `add` turns their number into ours. */
  readonly aliases: readonly { readonly id: string; readonly add: number }[];
}

const prefix = 'FAIRLEAD_';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const count = (min: number, max: number): ValueKind => ({ type: 'count', min, max });
const number = (min: number, max: number): ValueKind => ({ type: 'number', min, max });
const duration = (min: number, max: number): ValueKind => ({ type: 'duration', min, max });
const words = (...each: string[]): ValueKind => ({ type: 'word', words: each });

const yesOrNo = words('true', 'false');

const variable = (id: string, kind: ValueKind, ...aliases: string[]): Variable => ({
  ...{ id, kind },
  aliases: aliases.map((alias) => ({ id: alias, add: 0 })),
});

/** What a breaker variable changes, of every row or of one service. */
export const breakerFields = {
  FAILURE_THRESHOLD: 'failuresMax',
  OPEN_TIME: 'openBaseMs',
  PROBES_MAX: 'probesMax',
  SUCCESS_THRESHOLD: 'successThreshold',
} as const;
export type BreakerField = keyof typeof breakerFields;

const breakerKinds: Readonly<Record<BreakerField, ValueKind>> = {
  FAILURE_THRESHOLD: count(1, 1_000),
  OPEN_TIME: duration(second, hour),
  PROBES_MAX: count(1, 100),
  SUCCESS_THRESHOLD: count(1, 100),
};
const breakerAliases: Readonly<Record<BreakerField, readonly string[]>> = {
  FAILURE_THRESHOLD: ['CIRCUIT_BREAKER_FAILURE_THRESHOLD', 'CB_FAILURE_THRESHOLD'],
  OPEN_TIME: ['CIRCUIT_BREAKER_RECOVERY_TIMEOUT', 'CB_RESET_SECONDS'],
  PROBES_MAX: ['CB_HALF_OPEN_MAX_CALLS'],
  SUCCESS_THRESHOLD: [],
};

/** Words that narrow a breaker variable to the rows of one service. */
export const serviceWords = [
  ...['EC2', 'SSM', 'S3', 'DYNAMODB', 'LAMBDA', 'SNS'],
  ...['NATS', 'K8S', 'BACKEND', 'OTHER'],
] as const;

const breakerVariables = (Object.keys(breakerFields) as BreakerField[]).flatMap((field) => [
  variable(`BREAKER_${field}`, breakerKinds[field], ...breakerAliases[field]),
  ...serviceWords.map((word) => variable(`BREAKER_${word}_${field}`, breakerKinds[field])),
]);

/** Retry policies of the host's own come from its file, so that their names are not known here. */
export const variablesFor = (retryPolicies: readonly string[]): readonly Variable[] => [
  variable('PROFILE', words(...Object.keys(profiles))),
  ...breakerVariables,
  variable('RETRY_POLICY', words(...retryPolicies)),
  {
    ...variable('RETRY_MAX_ATTEMPTS', count(1, 100)),
    // Retries come after the first try.
    aliases: [{ id: 'RETRY_MAX_RETRIES', add: 1 }],
  },
  variable('RETRY_BASE_DELAY', duration(1, 10 * minute)),
  variable('RETRY_MAX_DELAY', duration(1, 30 * minute)),
  variable('RETRY_MULTIPLIER', number(1, 10)),
  variable('RETRY_JITTER', words('true', 'false', ...jitters)),
  variable('PARALLEL_MAX_CONCURRENCY', count(1, 100)),
  variable('PARALLEL_TIMEOUT', duration(second, 2 * hour)),
  variable('RATE_LIMIT_QPS', number(0.5, 10_000)),
  variable('RATE_LIMIT_BURST', count(1, 100_000)),
  variable('RPC_TIMEOUT_DESCRIBE', duration(100, hour)),
  variable('RPC_TIMEOUT_MUTATING', duration(100, hour)),
  variable('RPC_TIMEOUT_VALIDATE', duration(100, hour)),
  variable('RPC_TIMEOUT_TASK_STATUS', duration(100, hour)),
  variable('ADAPTIVE_TIMEOUTS', yesOrNo),
  variable('EARLY_PROBES', yesOrNo),
  variable('ADAPTIVE_INTAKE', yesOrNo),
  variable('WORKERS_PER_KIND', count(1, 10_000)),
  variable('MAX_INFLIGHT_TASKS', count(1, 10_000)),
  variable('REST_AFTER', duration(second, 168 * hour)),
  variable('METRICS_RESOURCES_MAX', count(0, 100_000)),
  variable('BATCH_SIZE', count(1, 100)),
  variable('BATCH_TIMEOUT', duration(second, hour)),
  variable('IDEMPOTENCY_TTL', duration(minute, 168 * hour)),
];

export const jitters = ['none', 'proportional', 'equal', 'full', 'decorrelated'] as const;

/** Read by other programs of this project: the CLI, set-up, node scripts, tests. A host may meet them. */
export const othersVariables: readonly string[] = [
  ...['FAIRLEAD_CONTEXT', 'FAIRLEAD_NAMESPACE', 'FAIRLEAD_NATS_URL'],
  ...['FAIRLEAD_NKEY', 'FAIRLEAD_CREDS', 'FAIRLEAD_NATS_FETCH'],
  ...['FAIRLEAD_SEED', 'FAIRLEAD_RUNS', 'FAIRLEAD_CRASH_TABLE', 'FAIRLEAD_MOTO_ENDPOINT'],
  ...['FAIRLEAD_CHROMIUM_FETCH', 'FAIRLEAD_EXPLAINED', 'FAIRLEAD_FUZZ_MS'],
  ...['FAIRLEAD_MUTATION_LINES', 'FAIRLEAD_MUTATION_TESTS'],
];

export const variableName = (id: string): string => `${prefix}${id}`;
export const isOurs = (name: string): boolean => name.startsWith(prefix);

/** `BREAKER_OPEN_TIME` as files and flags write it: `breakerOpenTime`. */
export const keyName = (id: string): string =>
  id.toLowerCase().replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
