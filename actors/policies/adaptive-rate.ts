/**
 * Lets a bucket's rate follow how long answers take: slower answers, fewer of them. For what this process does itself;
 * a cloud that throttles by quota would mislead it. Off unless asked for.
 */
import { adaptiveRate as limits } from '../../machines/limits.ts';
import type { TokenBucket } from './token-bucket.ts';

export class AdaptiveRate {
  readonly #bucket: TokenBucket;
  readonly #burst: number;
  /** The last hundred, in milliseconds. */
  readonly #samples: number[] = [];
  #next = 0;
  #movedMs = -Infinity;

  constructor(bucket: TokenBucket, burst: number) {
    this.#bucket = bucket;
    this.#burst = burst;
  }

  record(ms: number, nowMs: number): void {
    this.#samples[this.#next] = ms;
    this.#next = (this.#next + 1) % limits.window;
    if (this.#samples.length < limits.samplesMin || nowMs - this.#movedMs < limits.gapMs) return;
    this.#movedMs = nowMs;
    const factor = factorFor(this.#samples);
    const wanted = this.#bucket.rateMax * factor;
    const ratePerSecond = Math.min(limits.maxPerSecond, Math.max(limits.minPerSecond, wanted));
    if (factor !== 1) this.#bucket.update({ ratePerSecond, burst: this.#burst }, nowMs);
  }
}

/** Down when one in twenty is well over the target; up when nearly all are well below it. */
function factorFor(samples: readonly number[]): number {
  const { targetMs } = limits;
  const sorted = [...samples].sort((left, right) => left - right);
  const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
  const mean = sorted.reduce((sum, each) => sum + each, 0) / sorted.length;
  if (p95 > 1.2 * targetMs) return limits.slower;
  return p95 < 0.8 * targetMs && mean < targetMs ? limits.faster : 1;
}
