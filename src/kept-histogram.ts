/** A histogram that somebody else keeps in plain numbers: it is read at the scrape, and measuring costs an addition. */
import { Histogram } from 'prom-client';
import type { MetricReading } from '../actors/metric-names.ts';

interface Point {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export class KeptHistogram extends Histogram {
  readonly #family: { readonly name: string; readonly help: string };
  #points: Point[] = [];

  constructor(options: { name: string; help: string; labelNames: string[]; registers: never[] }) {
    super(options);
    this.#family = options;
  }

  /** What it is now; labels that are not among the readings are gone. */
  show(readings: readonly MetricReading[]): void {
    this.#points = readings.flatMap((reading) => this.#pointsOf(reading));
  }

  override get(): ReturnType<Histogram['get']> {
    const { name, help } = this.#family;
    const family = { name, help, type: 'histogram', aggregator: 'sum', values: this.#points };
    // The library declares an enum for the type, of which the text form is written everywhere.
    return Promise.resolve(family as unknown as Awaited<ReturnType<Histogram['get']>>);
  }

  /** What the library asks for when it writes text; the same, as no labels are shared. */
  getForPromString(): ReturnType<Histogram['get']> {
    return this.get();
  }

  #pointsOf({ value, labels = {}, histogram }: MetricReading): Point[] {
    if (histogram === undefined) return [];
    const { name } = this.#family;
    let count = 0;
    const buckets = histogram.counts.map((more, at): Point => {
      count += more;
      const le = histogram.bounds[at] ?? '+Inf';
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}
