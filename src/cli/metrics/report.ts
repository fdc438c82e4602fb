/** What `metrics` prints: one look as data, and the same as a table of figures and a report. */
import { breakerStates } from '../breaker-columns.ts';
import { stopwatch } from '../duration.ts';
import type { Mood, Style } from '../style.ts';
import { tableText } from '../table.ts';
import type { Kpi, Verdict } from '../../kpi/kpis.ts';
import { share, spreadOf, total } from '../../kpi/samples.ts';
import type { Sample } from '../../kpi/samples.ts';

/** One look at the whole service. */
export interface Look {
  readonly atMs: number;
  readonly cluster?: string;
  readonly samples: readonly Sample[];
  readonly kpis: readonly Kpi[];
}

/** Seconds since the youngest host started. */
export function uptimeSeconds({ atMs, samples }: Look): number | undefined {
  const starts = samples
    .filter(({ metric }) => metric === 'process_start_time_seconds')
    .flatMap(({ value }) => (value === undefined ? [] : [value]));
  return starts.length === 0 ? undefined : Math.max(0, atMs / 1_000 - Math.max(...starts));
}

const verdictMoods: Readonly<Record<Verdict, Mood>> = {
  met: 'good',
  missed: 'changing',
  alert: 'bad',
  unknown: 'idle',
};
const verdictSigns: Readonly<Record<Verdict, string>> = {
  met: '✓',
  missed: '✗',
  alert: '✗ alert',
  unknown: '-',
};

function valueText({ unit }: Pick<Kpi, 'unit'>, value: number | undefined): string {
  if (value === undefined) return '';
  switch (unit) {
    case 'seconds':
      return value < 60 ? `${value.toFixed(2)} s` : stopwatch(value * 1_000);
    case 'share':
      return `${(100 * value).toFixed(1)}%`;
    case 'count':
      return String(value);
    case 'perMinute':
      return `${value.toFixed(1)}/min`;
  }
}

const boundText = (kpi: Kpi, bound: number | undefined, sign: string): string =>
  bound === undefined ? '' : `${bound === 0 ? '' : `${sign} `}${valueText(kpi, bound)}`;

export function kpiTable(look: Look, style: Style, headers: boolean): string {
  const ink = { good: 'green', changing: 'yellow', bad: 'red', idle: 'dim' } as const;
  return tableText<Kpi>(
    [
      { head: 'KPI', cell: ({ name }) => name },
      { head: 'NOW', cell: (kpi) => valueText(kpi, kpi.value) },
      { head: 'TARGET', cell: (kpi) => boundText(kpi, kpi.target, kpi.below ? '<' : '>') },
      { head: 'ALERT', cell: (kpi) => boundText(kpi, kpi.alert, kpi.below ? '>' : '<') },
      {
        head: 'OK',
        cell: ({ verdict, target }) =>
          target === undefined
            ? ''
            : style.paint(ink[verdictMoods[verdict]], verdictSigns[verdict]),
      },
      { head: 'NOTE', cell: ({ note }) => note },
    ],
    look.kpis,
    { headers },
  );
}

/** One object for machines: what a line of `--live` and a report share. */
export const lookObject = (look: Look): Readonly<Record<string, unknown>> => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'Metrics' },
  generatedAt: new Date(look.atMs).toISOString(),
  ...(look.cluster === undefined ? {} : { cluster: look.cluster }),
  uptimeSeconds: rounded(uptimeSeconds(look)),
  kpis: look.kpis.map(({ name, unit, value, target, alert, verdict }) => ({
    ...{ name, unit, value: rounded(value) },
    ...{ target: target ?? null, alert: rounded(alert), verdict },
  })),
});

const rounded = (value: number | undefined): number | null =>
  value === undefined ? null : Math.round(value * 10_000) / 10_000;

/** Everything measured in one object, complete enough to be read without the service. */
export function report(look: Look): Readonly<Record<string, unknown>> {
  const { samples } = look;
  const spread = (metric: string, labels: Readonly<Record<string, string>> = {}) => {
    const found = spreadOf(samples, metric, labels);
    if (found === undefined) return null;
    const { count, mean, p95 } = found;
    return { count, meanSeconds: rounded(mean), p95Seconds: rounded(p95) };
  };
  const by = (metric: string, label: string) =>
    Object.fromEntries(
      valuesOf(samples, metric, label).map((value) => [
        value,
        total(samples, metric, { [label]: value }) ?? 0,
      ]),
    );
  const phases = valuesOf(samples, 'fairlead_phase_seconds', 'phase');
  const { kpis, ...head } = lookObject(look);
  return {
    ...head,
    turns: { byResult: by('fairlead_turns_total', 'result'), ...spread('fairlead_turn_seconds') },
    phases: Object.fromEntries(
      phases.map((phase) => [
        phase,
        { ...spread('fairlead_phase_seconds', { phase }), outcomes: outcomesOf(samples, phase) },
      ]),
    ),
    operations: {
      parallel: {
        ...spread('fairlead_fanout_seconds'),
        efficiency: by('fairlead_fanout_efficiency_ratio', 'kind'),
      },
      batch: {
        items: by('fairlead_batch_items_total', 'outcome'),
        ...spread('fairlead_batch_seconds'),
      },
      retry: {
        attempts: by('fairlead_retry_attempts_total', 'n'),
        ...spread('fairlead_retry_delay_seconds'),
      },
    },
    breakers: breakersOf(samples),
    idempotency: {
      lookups: by('fairlead_idempotency_lookups_total', 'result'),
      duplicates: by('fairlead_idempotency_duplicates_total', 'result'),
      hitRate: rounded(
        share(
          total(samples, 'fairlead_idempotency_duplicates_total', { result: 'folded' }),
          total(samples, 'fairlead_idempotency_duplicates_total'),
        ),
      ),
    },
    kpis,
  };
}

function outcomesOf(samples: readonly Sample[], phase: string): Readonly<Record<string, number>> {
  const metric = 'fairlead_phase_outcomes_total';
  return Object.fromEntries(
    valuesOf(samples, metric, 'outcome').map((outcome) => [
      outcome,
      total(samples, metric, { phase, outcome }) ?? 0,
    ]),
  );
}

function breakersOf(samples: readonly Sample[]): readonly object[] {
  return samples
    .filter(({ metric }) => metric === 'fairlead_breaker_state')
    .map(({ host, labels, value = 0 }) => {
      const breaker = String(labels['breaker']);
      const metric = 'fairlead_breaker_calls_total';
      const own = samples.filter((each) => each.host === host);
      const calls = Object.fromEntries(
        valuesOf(own, metric, 'outcome').map((outcome) => [
          outcome,
          total(own, metric, { breaker, outcome }) ?? 0,
        ]),
      );
      return { breaker, host, state: breakerStates[value] ?? 'unknown', calls };
    });
}

const valuesOf = (samples: readonly Sample[], metric: string, label: string): readonly string[] => [
  ...new Set(
    samples
      .filter((each) => each.metric === metric && each.labels[label] !== undefined)
      .map(({ labels }) => String(labels[label])),
  ),
];
