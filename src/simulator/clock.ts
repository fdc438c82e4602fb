/** The simulator's time: the wall clock, with every duration of the cloud divided by the scale. */
export interface Clock {
  readonly scale: number;
  /** Wall milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** Simulated milliseconds in wall milliseconds. */
  scaled(simulatedMs: number): number;
  /** Runs the work once the wall clock has reached the moment; at once, but never in this tick, if it is past. */
  at(wallMs: number, work: () => void): void;
  /** Cancels everything that is still waiting; nothing is accepted afterwards. */
  stop(): void;
  isStopped(): boolean;
}

/** Node fires a longer timer at once; a wait beyond this is taken in steps. */
const timerMaxMs = 2 ** 31 - 1;

export function createClock(scale: number): Clock {
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;
  const at = (wallMs: number, work: () => void): void => {
    if (isStopped) return;
    const waitMs = Math.max(0, wallMs - Date.now());
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        if (waitMs > timerMaxMs) at(wallMs, work);
        else work();
      },
      Math.min(waitMs, timerMaxMs),
    );
    timers.add(timer);
  };
  return {
    scale,
    nowMs: () => Date.now(),
    scaled: (simulatedMs) => simulatedMs / scale,
    at,
    isStopped: () => isStopped,
    stop: () => {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
