/** When an effect is tried again and after how long. Pure: chance comes in as `roll`. */
import { retryPresets } from './limits.ts';
import type { RetryPresetName } from './limits.ts';
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
  readonly startedAtMs: number;
}

/** Full jitter, clamped after the draw; a provider's hint is a floor and alone may exceed the cap. */
export function retryDelayMs(
  preset: RetryPresetName,
  attempt: number,
  roll: number,
  fault: EffectFault,
): number {
  const { baseMs, capMs, multiplier } = retryPresets[preset];
  const drawn = Math.min(capMs, roll * baseMs * multiplier ** (attempt - 1));
  return Math.round(Math.max(drawn, fault.retryAfterMs ?? 0));
}

/** True when the fault's type allows it, tries are left, and the wait ends before the operation's deadline. */
export function canRetry(
  state: RetryState,
  fault: EffectFault,
  atMs: number,
  delayMs: number,
): boolean {
  const { maxAttempts, deadlineMs } = retryPresets[state.preset];
  return (
    retried.has(fault.type) &&
    state.attempt < maxAttempts &&
    atMs + delayMs < state.startedAtMs + deadlineMs
  );
}
