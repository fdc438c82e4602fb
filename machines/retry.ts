/** When an effect is tried again and after how long. Pure: chance comes in as `roll`. */
import { resilience, retryPresets } from './limits.ts';
import type { RetryPreset, RetryPresetName } from './limits.ts';
import type { EffectFault, FaultType } from './messages.ts';

const retried: ReadonlySet<FaultType> = new Set([
  'Retryable',
  'Unavailable',
  'RateLimit',
  'Timeout',
]);

export interface RetryState {
  readonly preset: RetryPresetName;
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
  const policy: RetryPreset = retryPresets[state.preset];
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
  const isLeft = isLocal(fault) || state.attempt < retryPresets[state.preset].maxAttempts;
  return isLeft && mayRepeat(fault) && atMs + waitMs < state.deadlineAtMs;
}

const mayRepeat = (fault: EffectFault): boolean => isLocal(fault) || retried.has(fault.type);

/** The wait is so long that the operation is parked: nothing is under way, and an operator sees it. */
export const isLongWait = (fault: EffectFault, waitMs: number): boolean =>
  waitMs > resilience.parkAfterMs || fault.rejectedBy === 'budget';
