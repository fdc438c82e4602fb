/** Ctrl-C in two steps: the first asks everything to stop in order, a later one ends it at once. */

/** npm passes on the Ctrl-C that the terminal has already sent us: what follows this soon is the same one. */
const SAME_PRESS_MS = 500;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Resolves with the error to end with, at the first of SIGINT, SIGTERM, SIGHUP. */
  readonly asked: Promise<Error>;
}

/** @param onSecond  called for each further request */
export function watchInterrupts(onSecond: () => void): Interrupt {
  const abort = new AbortController();
  let firstAtMs: number | undefined;
  const asked = new Promise<Error>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(name, () => {
        const nowMs = performance.now();
        if (firstAtMs === undefined) {
          firstAtMs = nowMs;
          abort.abort();
          resolve(new Error(`interrupted by ${name}`));
        } else if (nowMs - firstAtMs > SAME_PRESS_MS) {
          onSecond();
        }
      });
    }
  });
  return { signal: abort.signal, asked };
}
