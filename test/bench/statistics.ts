/** Order statistics of measured values. */

/**
 * The smallest value that at least `share` (0–1) of all values do not exceed.
 * @throws RangeError without values: a figure of nothing would be a lie
 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new RangeError('nothing was measured');
  return found;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);
