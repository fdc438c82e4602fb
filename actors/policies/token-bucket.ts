/** Calls per second: a bucket that refills continuously, slows down when the provider throttles and comes back slowly. */
import { resilience } from '../../machines/limits.ts';

export interface BucketOptions {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** Throttled: half the rate. Each quiet second gives back a twentieth of the full rate. */
export class TokenBucket {
  #full: BucketOptions;
  #rate: number;
  #tokens: number;
  #filledMs: number;
  #raisedMs: number;
  #pausedUntilMs = 0;

  constructor(options: BucketOptions, nowMs: number) {
    this.#full = options;
    this.#rate = options.ratePerSecond;
    this.#tokens = options.burst;
    this.#filledMs = nowMs;
    this.#raisedMs = nowMs;
  }

  get rate(): number {
    return this.#rate;
  }
  get rateMax(): number {
    return this.#full.ratePerSecond;
  }
  get burst(): number {
    return this.#full.burst;
  }

  tokens(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens;
  }

  /** Milliseconds until `weight` tokens are there. More than the bucket holds is granted as a debt by a full one. */
  waitMs(nowMs: number, weight = 1): number {
    // Looks closer together than this share one refill: the error is less than a hundredth of a second's tokens.
    if (nowMs - this.#filledMs >= resilience.refillGapMs || this.#tokens < weight)
      this.#refill(nowMs);
    const wanted = weight < this.#full.burst ? weight : this.#full.burst;
    const shortMs = this.#tokens >= wanted ? 0 : ((wanted - this.#tokens) / this.#rate) * 1_000;
    return this.#pausedUntilMs > nowMs ? this.#pausedUntilMs - nowMs + shortMs : shortMs;
  }

  /**
   * Takes tokens now or reserves later ones.
   * @returns milliseconds until they are there; undefined, and nothing taken, when that is more than `waitMaxMs`
   */
  take(nowMs: number, waitMaxMs: number, weight = 1): number | undefined {
    const waitMs = this.waitMs(nowMs, weight);
    if (waitMs > waitMaxMs) return undefined;
    this.spend(weight);
    return waitMs;
  }

  /** Takes tokens that were asked for with `waitMs`, also those not there yet. */
  spend(weight: number): void {
    this.#tokens -= weight;
  }

  /** Gives back what a call took that was never made. */
  giveBack(weight = 1): void {
    this.#tokens = Math.min(this.#full.burst, this.#tokens + weight);
  }

  /** The provider throttled us: half the rate, nothing for the time it named. */
  throttled(nowMs: number, pauseMs: number): void {
    this.#refill(nowMs);
    this.#rate = Math.max(this.#least(), this.#rate / 2);
    this.#raisedMs = nowMs;
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + pauseMs);
  }

  update(options: BucketOptions, nowMs: number): void {
    this.#refill(nowMs);
    this.#full = options;
    this.#rate = options.ratePerSecond;
    this.#tokens = Math.min(this.#tokens, options.burst);
  }

  #least(): number {
    return Math.min(resilience.limiterMinPerSecond, this.#full.ratePerSecond);
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#filledMs) return;
    const seconds = (nowMs - this.#filledMs) / 1_000;
    this.#tokens = Math.min(this.#full.burst, this.#tokens + seconds * this.#rate);
    this.#filledMs = nowMs;
    const quiet = Math.floor((nowMs - this.#raisedMs) / 1_000);
    if (quiet <= 0) return;
    this.#raisedMs += quiet * 1_000;
    const raised = this.#rate + (quiet * this.#full.ratePerSecond) / 20;
    this.#rate = Math.min(this.#full.ratePerSecond, raised);
  }
}
