/** The registered metrics as Prometheus text. Gauges are read when somebody looks. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metrics } from '../actors/metric-names.ts';
import type { Metric } from '../actors/metric-shape.ts';
import type { MetricReading } from '../actors/metric-names.ts';
import { KeptHistogram } from './kept-histogram.ts';
import type { Log } from './log.ts';
import { bucketsFor } from './metric-buckets.ts';
import { samplesOf } from './metric-samples.ts';
import type { MetricSample } from './metric-samples.ts';

/** Values of gauges and of what is kept in plain numbers, at the moment of a scrape. */
export type GaugeReading = readonly MetricReading[];

export interface Measurements {
  count(metric: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  observe(metric: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** Prometheus text, gauges freshly read. */
  text(): Promise<string>;
  /** The same as data. */
  samples(): Promise<readonly MetricSample[]>;
  readonly contentType: string;
}

/** @param read asked at every scrape for the present gauge values */
export function openMetrics(log: Log, read: () => GaugeReading): Measurements {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    ...{ name: 'process_uptime_seconds', help: 'Time since this process started' },
    registers: [registry],
    collect() {
      this.set(process.uptime());
    },
  });
  const counters = new Map<string, Counter>();
  const histograms = new Map<string, Histogram>();
  const gauges = new Map<string, Gauge>();
  const keptCounters = new Map<string, Counter>();
  const keptHistograms = new Map<string, KeptHistogram>();
  for (const [name, metric] of Object.entries<Metric>(metrics)) {
    const { type, help, labels, isKept = false, buckets = bucketsFor(name) } = metric;
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') (isKept ? keptCounters : counters).set(name, new Counter(options));
    else if (type === 'gauge') gauges.set(name, new Gauge(options));
    else if (isKept) {
      const histogram = new KeptHistogram({ ...options, registers: [] });
      keptHistograms.set(name, histogram);
      registry.registerMetric(histogram);
    } else histograms.set(name, new Histogram({ ...options, buckets: [...buckets] }));
  }
  const unknown = (metric: string): void => {
    log('error', { metric }, 'measurement of an unregistered metric dropped');
  };
  const refresh = (): void => {
    for (const shown of [...gauges.values(), ...keptCounters.values()]) shown.reset();
    const readings = read();
    for (const { metric, labels = {}, value } of readings) {
      gauges.get(metric)?.set(labels, value);
      keptCounters.get(metric)?.inc(labels, value);
    }
    for (const [name, histogram] of keptHistograms)
      histogram.show(readings.filter(({ metric }) => metric === name));
  };
  return {
    contentType: registry.contentType,
    count(metric, labels = {}, by = 1) {
      const counter = counters.get(metric);
      if (counter === undefined) unknown(metric);
      else counter.inc(labels, by);
    },
    observe(metric, value, labels = {}) {
      const histogram = histograms.get(metric);
      if (histogram === undefined) unknown(metric);
      else histogram.observe(labels, value);
    },
    text: () => {
      refresh();
      return registry.metrics();
    },
    samples: () => {
      refresh();
      return samplesOf(registry);
    },
  };
}
