/** Retry policies and breaker rows as this host uses them: what is built in, with what its settings change. */
import { z } from 'zod';
import { callPolicySets, profiles, retryPresets } from '../../machines/limits.ts';
import type { CallPolicy, Jitter, ProfileName, RetryPreset } from '../../machines/limits.ts';
import { retriedTypes } from '../../machines/retry.ts';
import type { Given } from './layers.ts';
import { expectation, valueOf } from './values.ts';
import type { ValueKind } from './values.ts';
import { breakerFields, jitters, serviceWords } from './variables.ts';
import type { BreakerField } from './variables.ts';

export type GivenSettings = ReadonlyMap<string, Given>;

const numberIn = (given: GivenSettings, id: string): number | undefined => {
  const value = given.get(id)?.value;
  return typeof value === 'number' ? value : undefined;
};

// ------------------------------------------------------------------------------------------ retry policies

/** Milliseconds of a span of time as people write it. */
const span = (min: number, max: number) => {
  const kind: ValueKind = { type: 'duration', min, max };
  return z.union([z.string(), z.number()]).transform((written, context) => {
    const value = valueOf(kind, written);
    if (typeof value === 'number') return value;
    context.addIssue({ code: 'custom', message: `expected ${expectation(kind)}` });
    return z.NEVER;
  });
};

/** One policy in the file: what it leaves out is as in the built-in policy of that name, else as in `default`. */
export const retryPolicySchema = z
  .strictObject({
    /** All tries, the first one included. */
    maxAttempts: z.int().min(1).max(100),
    base: span(1, 600_000),
    cap: span(1, 1_800_000),
    multiplier: z.number().min(1).max(10),
    jitter: z.enum(jitters),
    jitterShare: z.number().min(0).max(1),
    /** From the first try to the last answer. */
    deadline: span(100, 1_800_000),
    /** Fault types that are tried again. */
    retryOn: z.array(z.enum(retriedTypes as readonly [string, ...string[]])),
  })
  .partial();
type WrittenPolicy = z.output<typeof retryPolicySchema>;
export type WrittenPolicies = Readonly<Record<string, WrittenPolicy>>;

type Policies = Readonly<Record<string, RetryPreset>>;

export function retryPolicies(
  written: WrittenPolicies,
  given: GivenSettings,
): { readonly policies: Policies; readonly problems: readonly string[] } {
  const builtIn: Policies = retryPresets;
  const own = Object.entries(written).map(([name, policy]) => [
    name,
    completed(Object.hasOwn(builtIn, name) ? builtIn[name] : undefined, policy),
  ]);
  const named: Policies = { ...builtIn, ...(Object.fromEntries(own) as Policies) };
  const policies = Object.fromEntries(
    Object.entries(named).map(([name, policy]) => [
      name,
      name === 'none' ? policy : overridden(policy, given),
    ]),
  );
  const problems = Object.entries(written).flatMap(([name, { base, cap }]) =>
    base !== undefined && cap !== undefined && base > cap
      ? [`retryPolicies.${name}: base is above cap; no wait is longer than its cap`]
      : [],
  );
  const [baseMs, capMs] = [numberIn(given, 'RETRY_BASE_DELAY'), numberIn(given, 'RETRY_MAX_DELAY')];
  if (baseMs !== undefined && capMs !== undefined && baseMs > capMs)
    problems.push(
      `${given.get('RETRY_BASE_DELAY')?.spelled ?? ''} is above ${given.get('RETRY_MAX_DELAY')?.spelled ?? ''}; the first delay cannot be longer than the longest`,
    );
  return { policies, problems };
}

function completed(base: RetryPreset = retryPresets.default, written: WrittenPolicy): RetryPreset {
  const { base: baseMs, cap: capMs, deadline: deadlineMs, ...rest } = written;
  return withDelays(
    {
      ...base,
      ...(Object.fromEntries(
        Object.entries(rest).filter(([, value]) => value !== undefined),
      ) as Partial<RetryPreset>),
      ...(deadlineMs !== undefined && { deadlineMs }),
    },
    baseMs,
    capMs,
  );
}

/** Variables change field by field what a policy says. */
function overridden(policy: RetryPreset, given: GivenSettings): RetryPreset {
  const maxAttempts = numberIn(given, 'RETRY_MAX_ATTEMPTS');
  const multiplier = numberIn(given, 'RETRY_MULTIPLIER');
  const jitter = given.get('RETRY_JITTER')?.value;
  return withDelays(
    {
      ...policy,
      ...(maxAttempts !== undefined && { maxAttempts }),
      ...(multiplier !== undefined && { multiplier }),
      ...spread(policy, jitter),
    },
    numberIn(given, 'RETRY_BASE_DELAY'),
    numberIn(given, 'RETRY_MAX_DELAY'),
  );
}

/** A delay that was not given gives way to the one that was. */
function withDelays(policy: RetryPreset, base?: number, cap?: number): RetryPreset {
  const capMs = cap ?? Math.max(policy.capMs, base ?? 0);
  const baseMs = base ?? Math.min(policy.baseMs, capMs);
  return { ...policy, baseMs, capMs: Math.max(capMs, baseMs) };
}

const proportionalShare = 0.25;

/** `true` leaves the policy's own, `false` means none. */
function spread(policy: RetryPreset, given: string | number | undefined): Partial<RetryPreset> {
  if (given === undefined || given === 'true') return {};
  const jitter = (given === 'false' ? 'none' : given) as Jitter;
  const jitterShare = policy.jitterShare > 0 ? policy.jitterShare : proportionalShare;
  return { jitter, ...(jitter === 'proportional' && { jitterShare }) };
}

// ------------------------------------------------------------------------------------------- breaker rows

/** The profile's rows; a variable changes every row, or those of the service it names, which wins. */
export function breakerRows(
  profile: ProfileName,
  given: GivenSettings,
): Readonly<Record<string, CallPolicy>> {
  const { rows, breaker, concurrentMin } = profiles[profile];
  return Object.fromEntries(
    Object.entries(callPolicySets[rows]).map(([key, row]) => [
      key,
      {
        ...row,
        ...(key === 'other' && breaker),
        concurrentMax: Math.max(row.concurrentMax, concurrentMin),
        ...changesOf(key, given),
      },
    ]),
  );
}

function changesOf(key: string, given: GivenSettings): Partial<CallPolicy> {
  const service = (key.split(':')[0] ?? key).toUpperCase();
  const word = serviceWords.find((each) => each === service);
  const changes = Object.entries(breakerFields).flatMap(([id, field]) => {
    const narrow =
      word === undefined ? undefined : numberIn(given, `BREAKER_${word}_${id as BreakerField}`);
    const value = narrow ?? numberIn(given, `BREAKER_${id}`);
    return value === undefined ? [] : [[field, value] as const];
  });
  return Object.fromEntries(changes);
}
