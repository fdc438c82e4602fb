/** Is this process itself alive: event loop lag, measured by a timer that should fire each second. */
import { performance } from 'node:perf_hooks';
import type { Check } from './http.ts';

const beatMs = 1_000;
/** Beyond this the process is as good as dead to its users. */
const lagMaxMs = 5_000;

export interface Liveness {
  check(): Check;
  stop(): void;
}

export function watchEventLoop(): Liveness {
  let lastBeatMs = performance.now();
  const timer = setInterval(() => {
    lastBeatMs = performance.now();
  }, beatMs);
  timer.unref();
  return {
    check() {
      const lagMs = Math.max(0, Math.round(performance.now() - lastBeatMs - beatMs));
      return { name: 'eventLoop', ok: lagMs < lagMaxMs, detail: `${lagMs} ms behind` };
    },
    stop() {
      clearInterval(timer);
    },
  };
}
