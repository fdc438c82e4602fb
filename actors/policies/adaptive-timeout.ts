/**
 * Lets the time-out of one operation follow how long its calls take. Off unless asked for. Calls that were cut off count
 * with the time they were given: a time-out that learned from answers alone could only shrink.
 */
import { adaptiveTimeout as limits } from '../../machines/limits.ts';

export class AdaptiveTimeout {
  #timeoutMs: number;
  /** The last hundred, in milliseconds. */
  readonly #samples: number[] = [];
  #next = 0;

  /** @param startMs  what the policy allows; used until there are samples enough */
  constructor(startMs: number) {
    this.#timeoutMs = startMs;
  }

  /** Never more than the policy allows. */
  timeoutMs(policyMs: number): number {
    return Math.min(policyMs, this.#timeoutMs);
  }

  /** A call that ended after `ms`, by itself or cut off. */
  record(ms: number): void {
    this.#samples[this.#next] = ms;
    this.#next = (this.#next + 1) % limits.window;
    // Twenty new ones between two steps: a step should see what the last one did.
    if (this.#samples.length < limits.samplesMin || this.#next % limits.samplesMin !== 0) return;
    const sorted = [...this.#samples].sort((left, right) => left - right);
    const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
    const wanted = Math.min(limits.maxMs, Math.max(limits.minMs, p95 * limits.headroom));
    this.#timeoutMs =
      wanted > this.#timeoutMs
        ? Math.min(wanted, this.#timeoutMs * (1 + limits.stepUp))
        : Math.max(wanted, this.#timeoutMs * (1 - limits.stepDown));
  }
}
