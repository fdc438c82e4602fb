/** Arithmetic over measured samples: sums over hosts and labels, shares, means and quantiles. Pure. */

/** A series as a host tells it. */
export interface Sample {
  readonly name: string;
  readonly host: string;
  readonly metric: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
  readonly buckets?: readonly (readonly [bound: string, count: number])[];
}

export type Labels = Readonly<Record<string, string>>;

const of = (samples: readonly Sample[], metric: string, labels: Labels): readonly Sample[] =>
  samples.filter(
    (each) =>
      each.metric === metric &&
      Object.entries(labels).every(([key, value]) => String(each.labels[key]) === value),
  );

/** Sum of a counter or gauge; undefined when nobody has told of it. */
export function total(
  samples: readonly Sample[],
  metric: string,
  labels: Labels = {},
): number | undefined {
  const found = of(samples, metric, labels);
  if (found.length === 0) return undefined;
  return found.reduce((sum, { value = 0 }) => sum + value, 0);
}

export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly p95: number;
}

/** Mean and 95th percentile of a histogram over all hosts and labels; undefined when it holds nothing. */
export function spreadOf(
  samples: readonly Sample[],
  metric: string,
  labels: Labels = {},
): Spread | undefined {
  const found = of(samples, metric, labels);
  const count = found.reduce((sum, each) => sum + (each.count ?? 0), 0);
  if (count === 0) return undefined;
  const sum = found.reduce((all, each) => all + (each.sum ?? 0), 0);
  return { count, mean: sum / count, p95: quantile(merged(found), count, 0.95) };
}

function merged(samples: readonly Sample[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const [bound, count] of samples.flatMap(({ buckets = [] }) => buckets)) {
    const at = bound === '+Inf' ? Infinity : Number(bound);
    counts.set(at, (counts.get(at) ?? 0) + count);
  }
  return counts;
}

/** As Prometheus does it: evenly spread within a bucket; beyond the last bound that bound is all that is known. */
function quantile(counts: ReadonlyMap<number, number>, count: number, share: number): number {
  const rank = share * count;
  let below = { bound: 0, count: 0 };
  for (const [bound, upTo] of [...counts].sort(([left], [right]) => left - right)) {
    if (upTo >= rank) {
      if (bound === Infinity) return below.bound;
      const width = upTo - below.count;
      const part = width === 0 ? 1 : (rank - below.count) / width;
      return below.bound + (bound - below.bound) * part;
    }
    below = { bound, count: upTo };
  }
  return below.bound;
}

/** Part of a whole; undefined while there is no whole. */
export const share = (part: number | undefined, whole: number | undefined): number | undefined =>
  whole === undefined || whole === 0 ? undefined : (part ?? 0) / whole;
