/** How this host works, resolved: built-in < profile < config file < FAIRLEAD_* < flags, each value with its source. */
import { bounds, hosting, profiles, settingDefaults } from '../../machines/limits.ts';
import type {
  AttemptTimeouts,
  CallPolicy,
  ProfileName,
  RetryPreset,
} from '../../machines/limits.ts';
import { critically, policyIn } from '../../machines/retry.ts';
import type { Retries } from '../../machines/retry.ts';
import type { GuardNumbers } from '../../actors/policies/guard-lines.ts';
import { ConfigError } from './config-error.ts';
import { readLayers } from './layers.ts';
import type { Layer, LayerName } from './layers.ts';
import { breakerRows, retryPolicies } from './policies.ts';
import type { GivenSettings, WrittenPolicies } from './policies.ts';
import { spell } from './values.ts';
import type { Value, Written } from './values.ts';
import { keyName, variableName, variablesFor } from './variables.ts';
import type { Variable } from './variables.ts';

export interface Settings {
  readonly profile: ProfileName;
  /** Breaker rows by service and class. */
  readonly rows: Readonly<Record<string, CallPolicy>>;
  readonly retryPolicies: Readonly<Record<string, RetryPreset>>;
  /** In place of what resources want; undefined: each as it wants. */
  readonly retryPolicy: string | undefined;
  readonly fanOut: { readonly widthMax: number; readonly timeoutMs: number };
  readonly batch: { readonly sizeMax: number; readonly timeoutMs: number };
  /** Of one account and region. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
  readonly attemptTimeouts: AttemptTimeouts;
  readonly turnsPerKindMax: number;
  readonly effectsInFlightMax: number;
  /** An actor that did nothing for so long leaves memory. */
  readonly restAfterMs: number;
  readonly idempotencyTtlMs: number;
  /** Resources of a kind with metric series of their own. */
  readonly resourcesMax: number;
  /** What is off unless asked for. */
  readonly optional: {
    readonly adaptsTimeouts: boolean;
    readonly probesEarly: boolean;
    readonly adaptsIntake: boolean;
  };
  readonly entries: readonly SettingEntry[];
}

/** One setting as the registry `config` shows it. */
export interface SettingEntry {
  readonly name: string;
  readonly value: Value;
  readonly source: LayerName | 'profile' | 'built-in';
  /** What to set it with. */
  readonly variable: string;
}

export interface SettingSources {
  readonly flags: Readonly<Record<string, Written>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: {
    readonly settings: Readonly<Record<string, Written>>;
    readonly retryPolicies: WrittenPolicies;
  };
}

/** @throws ConfigError with every problem there is, each with what is expected */
export function resolveSettings({ flags, environment, file }: SettingSources): Settings {
  const layers: Layer[] = [
    { name: 'flag', values: flags },
    { name: 'environment', values: defined(environment) },
    { name: 'file', values: file.settings },
  ];
  const variables = variablesFor(
    Object.keys(retryPolicies(file.retryPolicies, new Map()).policies),
  );
  const { given, problems } = readLayers(layers, variables);
  const { policies, problems: wrongPolicies } = retryPolicies(file.retryPolicies, given);
  const wrong = [...problems, ...wrongPolicies];
  if (wrong.length > 0)
    throw new ConfigError(
      `settings are refused:\n${wrong.map((text) => `  ${text}`).join('\n')}\nCorrect or remove these, then start again.`,
    );
  const profile = (given.get('PROFILE')?.value ?? defaultProfile) as ProfileName;
  const values = valuesOf(profile, given);
  return {
    ...{ profile, ...values.parts },
    rows: breakerRows(profile, given),
    retryPolicies: policies,
    retryPolicy: given.get('RETRY_POLICY')?.value as string | undefined,
    entries: variables.flatMap((variable) => entryOf(variable, given, values.defaults)),
  };
}

const defaultProfile: ProfileName = 'development';

/** An empty variable counts as unset, as it does in shells. */
const defined = (
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value]],
    ),
  );

interface Default {
  readonly value: Value;
  readonly source: 'profile' | 'built-in';
}

/** The plain numbers, and what they are when nobody gives any. */
function valuesOf(profile: ProfileName, given: GivenSettings) {
  const { concurrency, batchSize, rate, mutatingMs, idempotencyTtlMs, retry } = profiles[profile];
  const ofProfile = (value: Value): Default => ({ value, source: 'profile' });
  const builtIn = (value: Value): Default => ({ value, source: 'built-in' });
  const defaults = {
    PROFILE: builtIn(defaultProfile),
    RETRY_POLICY: ofProfile(retry),
    PARALLEL_MAX_CONCURRENCY: ofProfile(concurrency),
    PARALLEL_TIMEOUT: builtIn(settingDefaults.fanOutMs),
    RATE_LIMIT_QPS: ofProfile(rate.perSecond),
    RATE_LIMIT_BURST: ofProfile(rate.burst),
    RPC_TIMEOUT_DESCRIBE: builtIn(settingDefaults.describeMs),
    RPC_TIMEOUT_MUTATING: ofProfile(mutatingMs),
    RPC_TIMEOUT_VALIDATE: builtIn(settingDefaults.validateMs),
    RPC_TIMEOUT_TASK_STATUS: builtIn(settingDefaults.taskStatusMs),
    WORKERS_PER_KIND: builtIn(bounds.turnsPerKindMax),
    MAX_INFLIGHT_TASKS: builtIn(bounds.effectsInFlightMax),
    REST_AFTER: builtIn(hosting.restAfterMs),
    BATCH_SIZE: ofProfile(batchSize),
    BATCH_TIMEOUT: builtIn(settingDefaults.batchMs),
    IDEMPOTENCY_TTL: ofProfile(idempotencyTtlMs),
    METRICS_RESOURCES_MAX: builtIn(bounds.metricResourcesMax),
    ADAPTIVE_TIMEOUTS: builtIn('false'),
    EARLY_PROBES: builtIn('false'),
    ADAPTIVE_INTAKE: builtIn('false'),
  } as const;
  const number = (id: keyof typeof defaults): number =>
    Number(given.get(id)?.value ?? defaults[id].value);
  const isOn = (id: keyof typeof defaults): boolean =>
    (given.get(id)?.value ?? defaults[id].value) === 'true';
  return {
    defaults: defaults as Readonly<Record<string, Default>>,
    parts: {
      fanOut: {
        widthMax: number('PARALLEL_MAX_CONCURRENCY'),
        timeoutMs: number('PARALLEL_TIMEOUT'),
      },
      batch: { sizeMax: number('BATCH_SIZE'), timeoutMs: number('BATCH_TIMEOUT') },
      rate: { perSecond: number('RATE_LIMIT_QPS'), burst: number('RATE_LIMIT_BURST') },
      attemptTimeouts: {
        describeMs: number('RPC_TIMEOUT_DESCRIBE'),
        mutatingMs: number('RPC_TIMEOUT_MUTATING'),
        validateMs: number('RPC_TIMEOUT_VALIDATE'),
        taskStatusMs: number('RPC_TIMEOUT_TASK_STATUS'),
      },
      turnsPerKindMax: number('WORKERS_PER_KIND'),
      effectsInFlightMax: number('MAX_INFLIGHT_TASKS'),
      restAfterMs: number('REST_AFTER'),
      idempotencyTtlMs: number('IDEMPOTENCY_TTL'),
      resourcesMax: number('METRICS_RESOURCES_MAX'),
      optional: {
        adaptsTimeouts: isOn('ADAPTIVE_TIMEOUTS'),
        probesEarly: isOn('EARLY_PROBES'),
        adaptsIntake: isOn('ADAPTIVE_INTAKE'),
      },
    },
  };
}

/** What has no one value when it is not given, as it differs by row or policy, says so; narrowed ones are shown when given. */
function entryOf(
  { id, kind }: Variable,
  given: GivenSettings,
  defaults: Readonly<Record<string, Default>>,
): SettingEntry[] {
  const named = { name: keyName(id), variable: variableName(id) };
  const found = given.get(id);
  if (found !== undefined)
    return [{ ...named, value: spell(kind, found.value), source: found.source }];
  const usual = Object.hasOwn(defaults, id) ? defaults[id] : undefined;
  if (usual !== undefined)
    return [{ ...named, value: spell(kind, usual.value), source: usual.source }];
  if (id.startsWith('RETRY_'))
    return [{ ...named, value: 'as in each policy', source: 'built-in' }];
  return /^BREAKER_(FAILURE|OPEN|PROBES|SUCCESS)/.test(id)
    ? [{ ...named, value: 'as in each row', source: 'profile' }]
    : [];
}

/**
 * The retry policies of operations, as the settings of the moment have them. What resources want stands, but for `default`,
 * which leaves it to the profile of the host.
 */
export const retriesBy = (settings: () => Settings): Retries => ({
  policyOf: (name) => policyIn(settings().retryPolicies, name),
  nameFor: (named, effect) => {
    const { retryPolicy, profile } = settings();
    const wanted = named === 'default' ? profiles[profile].retry : named;
    return retryPolicy ?? critically(wanted, effect);
  },
});

/** What the guard takes of them while it runs. */
export const guardNumbers = ({ rows, rate }: Settings): GuardNumbers => ({
  rows,
  provider: { ratePerSecond: rate.perSecond, burst: rate.burst },
});

/** What it takes of them when it is made. */
export const guardOptions = ({ optional }: Settings) => ({
  isTimeoutAdaptive: optional.adaptsTimeouts,
  isProbedEarly: optional.probesEarly,
});
