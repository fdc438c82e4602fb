/** The process's clock and chance, as the inner rings see them. */
import { performance } from 'node:perf_hooks';
import type { Clock, Random } from '../actors/ports.ts';
import { ulid } from './ulid.ts';

/** Node fires timers above this delay at once, so longer ones are slept in pieces. */
const timerMaxMs = 2_147_000_000;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    let timer: NodeJS.Timeout;
    const dueMs = performance.now() + Math.max(0, delayMs);
    const sleep = (): void => {
      const leftMs = dueMs - performance.now();
      timer =
        leftMs > timerMaxMs ? setTimeout(sleep, timerMaxMs) : setTimeout(run, Math.max(0, leftMs));
    };
    sleep();
    return () => {
      clearTimeout(timer);
    };
  },
};

export const systemRandom: Random = {
  roll: () => Math.random(),
  ulid: () => ulid(),
};
