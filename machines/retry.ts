/** When an effect is tried again and after how long. Pure: chance comes in as `roll`. */
import { resilience, retryPresets } from './limits.ts';
import type { RetryPreset } from './limits.ts';
import type { EffectFault, EffectName } from './messages.ts';

/** Fault types that may be tried again; a policy can leave some of them out, never add one. */
export const retriedTypes: readonly string[] = ['Retryable', 'Unavailable', 'RateLimit', 'Timeout'];

/** The retry policies of a host. Records keep names only, so numbers changed later hold for what is under way as well. */
export interface Retries {
  /** Its numbers; those of `default` for a name that is configured no more. */
  policyOf(name: string): RetryPreset;
  /** Name of the policy an operation gets at its beginning, when its resource wants `named`. */
  nameFor(named: string, effect: EffectName): string;
}

export const builtInRetries: Retries = {
  policyOf: (name) => policyIn(retryPresets, name),
  nameFor: critically,
};

/** The same policies with waits divided by `scale`: they are pacing, and a simulated cloud heals as much faster. */
export const paced = (retries: Retries, scale: number): Retries => ({
  ...retries,
  policyOf: (name) => {
    const policy = retries.policyOf(name);
    return { ...policy, baseMs: policy.baseMs / scale, capMs: policy.capMs / scale };
  },
});

export const policyIn = (
  policies: Readonly<Record<string, RetryPreset>>,
  name: string,
): RetryPreset =>
  (Object.hasOwn(policies, name) ? policies[name] : undefined) ?? retryPresets.default;

/** What makes or unmakes a cluster; the rest can be asked again later at little cost. */
const makingOrUnmaking: ReadonlySet<EffectName> = new Set<EffectName>([
  'network.ensure',
  'secrets.ensure',
  'node.launch',
  'node.resolve',
  'node.script',
  'node.terminate',
  'cluster.sweep',
  'network.delete',
  'secrets.delete',
]);

/** `critical` is kept for what makes or unmakes something; other effects of such a resource use `production`. */
export function critically(named: string, effect: EffectName): string {
  return named === 'critical' && !makingOrUnmaking.has(effect) ? 'production' : named;
}

export interface RetryState {
  readonly policy: RetryPreset;
  /** Tries made so far, the failed one included. */
  readonly attempt: number;
  readonly deadlineAtMs: number;
  /** The delay before the last try; 0 before the first one. */
  readonly previousDelayMs: number;
}

/**
 * The wait after a failed try: exponential, spread by the preset's jitter, then clamped to its cap. A provider's hint is
 * a floor and alone may exceed the cap. After throttling the spread is decorrelated, unless jitter is off.
 */
export function retryDelayMs(state: RetryState, roll: number, fault: EffectFault): number {
  const { policy } = state;
  const jitter = fault.type === 'RateLimit' ? afterThrottling(policy) : policy;
  const drawn = delayMs(jitter, state.attempt, roll, state.previousDelayMs);
  return Math.round(Math.max(drawn, fault.retryAfterMs ?? 0));
}

const afterThrottling = (policy: RetryPreset): RetryPreset =>
  policy.jitter === 'none' ? policy : { ...policy, jitter: 'decorrelated' };

/** One delay after failed try `attempt`, between 0 and the cap. */
export function delayMs(
  policy: RetryPreset,
  attempt: number,
  roll: number,
  previousDelayMs: number,
): number {
  const { baseMs, capMs, multiplier, jitterShare } = policy;
  const plainMs = Math.min(capMs, baseMs * multiplier ** (attempt - 1));
  const clamp = (ms: number): number => Math.min(capMs, Math.max(0, ms));
  switch (policy.jitter) {
    case 'none':
      return plainMs;
    case 'proportional':
      return clamp(plainMs * (1 - jitterShare + 2 * jitterShare * roll));
    case 'equal':
      return plainMs / 2 + (roll * plainMs) / 2;
    case 'full':
      return roll * plainMs;
    case 'decorrelated': {
      const fromMs = Math.max(baseMs, previousDelayMs);
      return clamp(baseMs + roll * (fromMs * 3 - baseMs));
    }
  }
}

/** Refused by ourselves before anything was sent: waiting is all that helps, and no try is used up. */
export const isLocal = (fault: EffectFault): boolean => fault.rejectedBy !== undefined;

/** True when the fault's type allows it, tries are left, and the wait ends before the operation's deadline. */
export function canRetry(
  state: RetryState,
  fault: EffectFault,
  atMs: number,
  waitMs: number,
): boolean {
  const isLeft = isLocal(fault) || state.attempt < state.policy.maxAttempts;
  return isLeft && mayRepeat(state.policy, fault) && atMs + waitMs < state.deadlineAtMs;
}

const mayRepeat = ({ retryOn }: RetryPreset, fault: EffectFault): boolean =>
  isLocal(fault) ||
  (fault.retryable ??
    (retriedTypes.includes(fault.type) && (retryOn?.includes(fault.type) ?? true)));

/** The wait is so long that the operation is parked: nothing is under way, and an operator sees it. */
export const isLongWait = (fault: EffectFault, waitMs: number): boolean =>
  waitMs > resilience.parkAfterMs || fault.rejectedBy === 'budget';
