/** Timers on a binary heap over the Clock port: one port timer at a time, and long sleeps taken in pieces. */
import type { Cancel, Clock } from './ports.ts';

/** Node fires a longer timer after 1 ms, so nothing sleeps past this at once. */
const pieceMaxMs = 2 ** 31 - 1;

interface Entry {
  readonly dueMs: number;
  /** Equal deadlines fire in arming order. */
  readonly order: number;
  readonly run: () => void;
  /** Place in the heap; -1 once fired or cancelled. */
  index: number;
}

export interface HeapClock extends Clock {
  /** Timers that have neither fired nor been cancelled. */
  pending(): number;
}

const isBefore = (left: Entry, right: Entry): boolean =>
  left.dueMs === right.dueMs ? left.order < right.order : left.dueMs < right.dueMs;

/** Deadlines are kept in monotonic time, so a step of the wall clock neither delays nor hastens them. */
export function createHeapClock(clock: Clock): HeapClock {
  const heap: Entry[] = [];
  let armed: { cancel: Cancel; dueMs: number } | undefined;
  let orders = 0;

  const place = (entry: Entry, index: number): void => {
    heap[index] = entry;
    entry.index = index;
  };

  const siftUp = (entry: Entry, from: number): void => {
    let index = from;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (!parent || isBefore(parent, entry)) break;
      place(parent, index);
      index = up;
    }
    place(entry, index);
  };

  const siftDown = (entry: Entry, from: number): void => {
    let index = from;
    for (;;) {
      const [left, right] = [heap[2 * index + 1], heap[2 * index + 2]];
      if (!left) break;
      const child = right && isBefore(right, left) ? right : left;
      if (isBefore(entry, child)) break;
      const next = child.index;
      place(child, index);
      index = next;
    }
    place(entry, index);
  };

  const remove = (entry: Entry): void => {
    if (entry.index < 0) return;
    const hole = entry.index;
    entry.index = -1;
    const last = heap.pop();
    if (!last || last === entry) return;
    last.index = hole;
    siftUp(last, hole);
    siftDown(last, last.index);
  };

  const arm = (): void => {
    const first = heap[0];
    if (armed?.dueMs === first?.dueMs) return;
    armed?.cancel();
    armed = undefined;
    if (!first) return;
    const waitMs = Math.min(Math.max(0, first.dueMs - clock.monotonicMs()), pieceMaxMs);
    armed = { cancel: clock.after(waitMs, wake), dueMs: first.dueMs };
  };

  const wake = (): void => {
    armed = undefined;
    const nowMs = clock.monotonicMs();
    try {
      for (let first = heap[0]; first && first.dueMs <= nowMs; first = heap[0]) {
        remove(first);
        first.run();
      }
    } finally {
      arm();
    }
  };

  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    pending: () => heap.length,
    after(delayMs, run) {
      const dueMs = clock.monotonicMs() + Math.max(0, delayMs);
      const entry: Entry = { dueMs, order: orders++, run, index: heap.length };
      siftUp(entry, heap.length);
      arm();
      return () => {
        remove(entry);
        arm();
      };
    },
  };
}

/** Resolves after `delayMs`. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
