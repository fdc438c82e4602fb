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

  tokens(nowMs: number): number {
    this.#refill(nowMs);
    return this.#tokens;
  }

  /**
   * Takes a token now or reserves a later one.
   * @returns milliseconds until it is there; undefined, and nothing taken, when that is more than `waitMaxMs`
   */
  take(nowMs: number, waitMaxMs: number): number | undefined {
    this.#refill(nowMs);
    const pauseMs = Math.max(0, this.#pausedUntilMs - nowMs);
    const shortMs = this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#rate) * 1_000;
    const waitMs = pauseMs + shortMs;
    if (waitMs > waitMaxMs) return undefined;
    this.#tokens -= 1;
    return waitMs;
  }

  /** Gives back a token whose call was never made. */
  giveBack(): void {
    this.#tokens = Math.min(this.#full.burst, this.#tokens + 1);
  }

  /** How long a caller should stay away when it got none. */
  retryAfterMs(nowMs: number): number {
    this.#refill(nowMs);
    const shortMs = this.#tokens >= 1 ? 0 : ((1 - this.#tokens) / this.#rate) * 1_000;
    return Math.max(0, this.#pausedUntilMs - nowMs) + shortMs;
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
