/** A closed load: so many calls in flight at any time, bounded in count and in time. */

export interface Load {
  readonly inFlight: number;
  readonly countMax: number;
  /** No call starts later than this after the first. */
  readonly limitMs: number;
}

export interface Measured {
  readonly perSecond: number;
  /** From the start of each call to its end. */
  readonly latenciesMs: readonly number[];
}

/** Rejects with the first failure of `call`: a cycle that fails is not a fast one. */
export async function keepInFlight(load: Load, call: () => Promise<void>): Promise<Measured> {
  const latenciesMs: number[] = [];
  const startMs = performance.now();
  let started = 0;
  const lane = async (): Promise<void> => {
    while (started < load.countMax && performance.now() - startMs < load.limitMs) {
      started += 1;
      const sentMs = performance.now();
      await call();
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, lane));
  const seconds = (performance.now() - startMs) / 1000;
  return { perSecond: latenciesMs.length / seconds, latenciesMs };
}
