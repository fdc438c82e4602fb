/** What the registry of metrics holds, as data: one sample per series, histograms whole. */
import type { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

/** One series. Counters and gauges have a value; histograms how many, their sum, and cumulative counts by upper bound. */
export interface MetricSample {
  /** The series as Prometheus writes it: `fairlead_turns_total{kind="cluster"}`. */
  readonly name: string;
  readonly metric: string;
  readonly type: string;
  readonly labels: Labels;
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
  /** Upper bound, or `+Inf`, and how many were at most that. */
  readonly buckets?: readonly (readonly [bound: string, count: number])[];
  readonly [field: string]: unknown;
}

interface Point {
  readonly value: number;
  readonly labels: Labels;
  readonly metricName?: string;
}

interface Family {
  readonly name: string;
  readonly type: string;
  readonly values: readonly Point[];
}

export async function samplesOf(registry: Registry): Promise<readonly MetricSample[]> {
  const families = (await registry.getMetricsAsJSON()) as unknown as readonly Family[];
  return families.flatMap((family) =>
    family.type === 'histogram' ? histogramSamples(family) : family.values.map(sampleOf(family)),
  );
}

const sampleOf =
  ({ name: metric, type }: Family) =>
  ({ value, labels }: Point): MetricSample => ({
    ...{ name: seriesName(metric, labels), metric, type, labels, value },
  });

/** The points of a histogram come one by one: buckets, sum and count of each set of labels belong together. */
function histogramSamples({ name: metric, type, values }: Family): MetricSample[] {
  const found = new Map<string, { labels: Labels; sum: number; buckets: [string, number][] }>();
  for (const { value, labels, metricName = metric } of values) {
    const { le, ...own } = labels;
    const name = seriesName(metric, own);
    const series = found.get(name) ?? { labels: own, sum: 0, buckets: [] };
    found.set(name, series);
    if (metricName.endsWith('_sum')) series.sum = value;
    if (metricName.endsWith('_bucket')) series.buckets.push([String(le), value]);
  }
  return [...found].map(([name, { labels, sum, buckets }]) => {
    const count = buckets.at(-1)?.[1] ?? 0;
    return { name, metric, type, labels, count, sum, buckets };
  });
}

function seriesName(metric: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([key, value]) => `${key}=${JSON.stringify(String(value))}`,
  );
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`;
}
