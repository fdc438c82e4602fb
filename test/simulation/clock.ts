/** Time of a simulated world: it moves from one timer to the next, and everything that can settle settles in between. */
import type { Cancel } from '../../actors/ports.ts';

interface Armed {
  readonly dueMs: number;
  /** Equal times run in the order of their arming. */
  readonly order: number;
  readonly run: () => void;
  isOff: boolean;
}

/** All promises that can settle have settled: nothing in the rings waits for the machine. */
const settled = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

const isBefore = (left: Armed, right: Armed): boolean =>
  left.dueMs === right.dueMs ? left.order < right.order : left.dueMs < right.dueMs;

export class WorldClock {
  readonly startMs: number;
  #nowMs = 0;
  #orders = 0;
  readonly #heap: Armed[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.startMs = startMs;
  }

  /** Milliseconds since the world began. */
  monotonicMs(): number {
    return this.#nowMs;
  }

  /** True wall time: that of the cloud. */
  nowMs(): number {
    return this.startMs + this.#nowMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    const dueMs = this.#nowMs + Math.max(0, delayMs);
    const armed: Armed = { dueMs, order: (this.#orders += 1), run, isOff: false };
    this.#push(armed);
    return () => {
      armed.isOff = true;
    };
  }

  /** Runs whatever is due within the time, or until `isDone`. */
  async advance(ms: number, isDone: () => boolean = () => false): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settled();
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.dueMs > untilMs) {
        this.#nowMs = untilMs;
        return;
      }
      this.#pop();
      if (next.isOff) continue;
      this.#nowMs = next.dueMs;
      next.run();
      await settled();
    }
  }

  #push(armed: Armed): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(armed);
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, armed)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = armed;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
  }
}
