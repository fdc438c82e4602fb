/** Good and bad samples of the last so many minutes or days, in 60 buckets that slide over wall time. */
import { budgets } from '../../machines/limits.ts';

export interface Samples {
  readonly total: number;
  readonly bad: number;
}

/** `[index, total, bad]` of every bucket that holds something; plain JSON. */
export type StoredBuckets = readonly (readonly [number, number, number])[];

interface Bucket {
  total: number;
  bad: number;
}

/** Wall time, because long windows outlive a process; a clock that was set back adds to the newest bucket. */
export class SlidingBuckets {
  readonly windowMs: number;
  readonly #bucketMs: number;
  readonly #buckets = new Map<number, Bucket>();
  #newest = 0;

  constructor(windowMs: number, stored: StoredBuckets = []) {
    this.windowMs = windowMs;
    this.#bucketMs = windowMs / budgets.bucketsPerWindow;
    for (const [index, total, bad] of stored) {
      this.#buckets.set(index, { total, bad });
      this.#newest = Math.max(this.#newest, index);
    }
  }

  add(nowMs: number, isGood: boolean): void {
    const index = this.#slide(nowMs);
    const bucket = this.#buckets.get(index) ?? { total: 0, bad: 0 };
    bucket.total += 1;
    if (!isGood) bucket.bad += 1;
    this.#buckets.set(index, bucket);
  }

  read(nowMs: number): Samples {
    this.#slide(nowMs);
    let [total, bad] = [0, 0];
    for (const bucket of this.#buckets.values()) {
      total += bucket.total;
      bad += bucket.bad;
    }
    return { total, bad };
  }

  stored(): StoredBuckets {
    return [...this.#buckets].map(([index, { total, bad }]) => [index, total, bad] as const);
  }

  /** Forgets what has left the window; gives the bucket of now. */
  #slide(nowMs: number): number {
    this.#newest = Math.max(this.#newest, Math.floor(nowMs / this.#bucketMs));
    for (const index of this.#buckets.keys())
      if (index <= this.#newest - budgets.bucketsPerWindow) this.#buckets.delete(index);
    return this.#newest;
  }
}
