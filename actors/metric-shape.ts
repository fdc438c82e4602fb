/** What a registered metric is; the registries beside this file are written in these words. */

export interface Metric {
  readonly type: 'counter' | 'histogram' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  /** Kept in plain numbers by whoever measures, and read at the scrape. */
  readonly isKept?: boolean;
  /** Upper bounds, where the name alone does not decide them. */
  readonly buckets?: readonly number[];
  /** All values a label may have, for labels that are closed lists. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
}

export const counter = (help: string, ...labels: string[]): Metric => ({
  ...{ type: 'counter', help, labels },
});
export const gauge = (help: string, ...labels: string[]): Metric => ({
  ...{ type: 'gauge', help, labels },
});
export const histogram = (help: string, ...labels: string[]): Metric => ({
  ...{ type: 'histogram', help, labels },
});

export const kept = (metric: Metric): Metric => ({ ...metric, isKept: true });

export const within = (buckets: readonly number[], metric: Metric): Metric => ({
  ...metric,
  buckets,
});

/** With the closed lists of its labels. */
export const listing = (
  values: Readonly<Record<string, readonly string[]>>,
  metric: Metric,
): Metric => ({ ...metric, values });
