/** How long calls took, as a histogram in plain numbers: what is measured costs an addition, whoever looks pays the rest. */

/** Upper bounds in seconds; longer calls are in the last, open bucket. */
export const callSecondsBounds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

export class CallTimes {
  /** By bucket, not cumulative; the last one is open. */
  readonly counts: number[] = Array.from({ length: callSecondsBounds.length + 1 }, () => 0);
  sumSeconds = 0;

  add(seconds: number): void {
    let bucket = 0;
    while (bucket < callSecondsBounds.length && seconds > (callSecondsBounds[bucket] ?? 0))
      bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sumSeconds += seconds;
  }
}
