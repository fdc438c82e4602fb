/** How this process is doing by its own numbers: share of a core in use, memory. */
import { performance } from 'node:perf_hooks';

/** Per cent of one core used since the last reading; what runs beside the event loop counts too. */
export function cpuMeter(): () => number {
  let before = { usage: process.cpuUsage(), atMs: performance.now() };
  let last = 0;
  return () => {
    const elapsedMs = performance.now() - before.atMs;
    // Two readers within a moment share one number: a span this short says nothing.
    if (elapsedMs < 100) return last;
    const { user, system } = process.cpuUsage(before.usage);
    last = ((user + system) / 1_000 / elapsedMs) * 100;
    before = { usage: process.cpuUsage(), atMs: performance.now() };
    return last;
  };
}

export const memoryBytes = (): number => process.memoryUsage.rss();
