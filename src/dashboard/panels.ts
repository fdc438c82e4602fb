/** What the dashboard shows: tiles chosen by hand for the first look, then every registered metric in the row of its subject. */
import { metrics } from '../../actors/metric-names.ts';
import type { MetricName } from '../../actors/metric-names.ts';
import type { Metric } from '../../actors/metric-shape.ts';

export type Unit = 'short' | 's' | 'bytes' | 'percentunit' | 'ops';

export interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** One panel; `thresholds` are the values from which it turns yellow and red. */
export interface Panel {
  readonly title: string;
  readonly help: string;
  readonly kind: 'stat' | 'timeseries';
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly thresholds?: readonly [warn: number, bad: number];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const tile = (
  title: string,
  help: string,
  expr: string,
  unit: Unit,
  thresholds: readonly [number, number],
): Panel => ({ title, help, kind: 'stat', unit, queries: [{ expr, legend: '' }], thresholds });

/** Targets of the first look: no open breaker, under 5 % retries, answers within 2 s, 95 % of operations ending well. */
const firstLook: Row = {
  title: 'First look',
  panels: [
    tile(
      'Breakers not closed',
      'Open ones stop calls; see the row Breakers',
      'count(max by (breaker) (fairlead_breaker_state) > 0) or vector(0)',
      'short',
      [1, 3],
    ),
    tile(
      'Retries per first try',
      'Target below 5 %, told above 10 %',
      'fairlead:retries:ratio10m',
      'percentunit',
      [0.05, 0.1],
    ),
    tile(
      'Calls that fail',
      'Share of admitted calls, worst breaker',
      'max(fairlead:breaker_failed:ratio5m)',
      'percentunit',
      [0.1, 0.5],
    ),
    tile(
      'Turn p95',
      'Target 1 s, told above 5 s',
      'max(fairlead:turn_seconds:p95_5m)',
      's',
      [1, 5],
    ),
    tile(
      'Operations that end badly',
      'Told above 5 %',
      '1 - fairlead:operations_ok:ratio15m',
      'percentunit',
      [0.01, 0.05],
    ),
    tile(
      'Turns per minute',
      'Work done, all kinds',
      '60 * sum(fairlead:turns:rate5m)',
      'short',
      [1e9, 1e9],
    ),
  ],
};

const errors = 'rate(unified_replication_reconcile_total{result="error"}[5m])';
const turns = 'rate(unified_replication_reconcile_total[5m])';
const turnBuckets = 'rate(unified_replication_reconcile_duration_seconds_bucket[5m])';
const misses = 'rate(unified_replication_discovery_cache_misses_total[15m])';
const hits = 'rate(unified_replication_discovery_cache_hits_total[15m])';

/** Targets: 95 % of turns succeed within 1 s, 80 % of discoveries come from memory, no copy older than twice its interval. */
const replications: Row = {
  title: 'Replications at a glance',
  panels: [
    tile(
      'Turns that fail',
      'Target below 5 %',
      `sum(${errors}) / (sum(${turns}) > 0)`,
      'percentunit',
      [0.05, 0.2],
    ),
    tile(
      'Turns p95',
      'Target below 1 s, told above 5 s',
      `histogram_quantile(0.95, sum by (le) (${turnBuckets}))`,
      's',
      [1, 5],
    ),
    tile(
      'Worst lag',
      'Intervals since the newest committed point',
      'max(fairlead_replication_lag_ratio)',
      'short',
      [2, 3],
    ),
    tile(
      'Breakers not closed',
      'Classes of calls with one that is not',
      'count(max by (operation) (unified_replication_circuit_breaker_state) > 0) or vector(0)',
      'short',
      [1, 2],
    ),
    tile(
      'Discoveries that ask',
      'Target below 20 %: the others come from memory',
      `sum(${misses}) / (sum(${misses}) + sum(${hits}) > 0)`,
      'percentunit',
      [0.2, 0.5],
    ),
    tile(
      'Replications',
      'Not deleted, all back ends',
      'max(unified_replication_active_total)',
      'short',
      [1e9, 1e9],
    ),
  ],
};

/** Rows by the word after the first `_`; what no row claims goes to the last one. */
const subjects: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['Replication', ['replication']],
  ['Clusters', ['clusters', 'phase', 'nodes', 'polls']],
  ['Breakers', ['breaker', 'breakers', 'errors']],
  ['Retries and operations', ['retry', 'operation', 'operations', 'effects', 'effect']],
  ['Limits', ['ratelimit', 'bulkhead', 'batch', 'fanout']],
  ['Idempotency', ['idempotency']],
  ['Budgets and health', ['slo', 'health', 'degradation']],
  ['Turns and commands', ['commands', 'turns', 'turn', 'mailbox', 'timers', 'poison']],
  ['Hosting', []],
];

/** `fairlead_replication_epoch` and `unified_replication_mode` are of one subject. */
const wordOf = (name: string): string => name.split('_')[1] ?? '';

const subjectOf = (name: string): string =>
  subjects.find(([, words]) => words.includes(wordOf(name)))?.[0] ?? 'Hosting';

const unitOf = (name: string): Unit => {
  if (name.includes('_bytes')) return 'bytes';
  if (name.endsWith('_seconds')) return 's';
  return name.endsWith('_ratio') || name.endsWith('_remaining') ? 'percentunit' : 'short';
};

/** A counter as rate, a histogram as p95 and mean, a gauge as its worst host. */
function panelOf(name: MetricName): Panel {
  const { type, help, labels }: Metric = metrics[name];
  const by = labels.join(', ');
  const legend = labels.map((label) => `{{${label}}}`).join(' ');
  const grouped = (operator: string, inner: string, more: readonly string[] = []): string => {
    const all = [...labels, ...more].join(', ');
    return all === '' ? `${operator}(${inner})` : `${operator} by (${all}) (${inner})`;
  };
  const panel = { title: name, help, kind: 'timeseries', unit: unitOf(name) } as const;
  if (type === 'gauge') return { ...panel, queries: [{ expr: grouped('max', name), legend }] };
  if (type === 'counter') {
    const rate = grouped('sum', `rate(${name}[$__rate_interval])`);
    return { ...panel, unit: 'ops', queries: [{ expr: rate, legend }] };
  }
  const part = (suffix: string): string =>
    grouped('sum', `rate(${name}_${suffix}[$__rate_interval])`);
  const buckets = grouped('sum', `rate(${name}_bucket[$__rate_interval])`, ['le']);
  return {
    ...panel,
    queries: [
      { expr: `histogram_quantile(0.95, ${buckets})`, legend: `p95 ${legend}`.trim() },
      {
        expr: `${part('sum')} / ${by === '' ? '' : `on (${by}) `}(${part('count')} > 0)`,
        legend: `mean ${legend}`.trim(),
      },
    ],
  };
}

export function rows(): readonly Row[] {
  const names = Object.keys(metrics) as MetricName[];
  const bySubject = subjects.map(([title]) => ({
    title,
    panels: names.filter((name) => subjectOf(name) === title).map(panelOf),
  }));
  return [firstLook, replications, ...bySubject.filter(({ panels }) => panels.length > 0)];
}
