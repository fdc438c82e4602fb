/** Retries may be only a small share of first tries; when that is spent, callers have to wait. One per breaker key. */
import { resilience } from '../../machines/limits.ts';

/** Full at first; a first try adds a fifth of a token, a retry takes one; a few retries per 10 s are always allowed. */
export class RetryBudget {
  #tokens: number = resilience.budgetTokens;
  #floorSinceMs = -Infinity;
  #floorUsed = 0;

  get tokens(): number {
    return this.#tokens;
  }

  firstTry(): void {
    this.#tokens = Math.min(resilience.budgetTokens, this.#tokens + resilience.budgetPerFirstTry);
  }

  /** False when this retry would be one too many. */
  retry(nowMs: number): boolean {
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    if (nowMs - this.#floorSinceMs >= resilience.budgetFloorMs) {
      this.#floorSinceMs = nowMs;
      this.#floorUsed = 0;
    }
    this.#floorUsed += 1;
    return this.#floorUsed <= resilience.budgetFloorRetries;
  }

  /** Time until the floor allows retries again. */
  retryAfterMs(nowMs: number): number {
    return Math.max(0, this.#floorSinceMs + resilience.budgetFloorMs - nowMs);
  }
}
