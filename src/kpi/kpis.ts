/** The figures by which the service is judged, each against its target. Pure. */
import type { MetricName } from '../../actors/metric-names.ts';
import { targets } from '../../machines/limits.ts';
import { share, spreadOf, total } from './samples.ts';
import type { Sample } from './samples.ts';

export type Verdict = 'met' | 'missed' | 'alert' | 'unknown';
export type Unit = 'seconds' | 'share' | 'count' | 'perMinute';

/** One figure. `value` is undefined until something was measured. */
export interface Kpi {
  readonly name: string;
  readonly unit: Unit;
  readonly value: number | undefined;
  /** Below or above what it should be; undefined when it is only watched. */
  readonly target: number | undefined;
  /** Past this somebody is to be told. */
  readonly alert: number | undefined;
  /** Whether small values are the good ones. */
  readonly below: boolean;
  readonly verdict: Verdict;
  /** What is behind the figure, for people. */
  readonly note: string;
}

interface Rule {
  readonly name: string;
  readonly unit: Unit;
  readonly target?: number;
  readonly alert?: number;
  readonly below?: boolean;
  readonly note?: string;
}

const kpi = (rule: Rule, value: number | undefined): Kpi => {
  const { name, unit, target, alert, below = true, note = '' } = rule;
  return {
    ...{ name, unit, value, target, alert, below, note },
    verdict: verdictOf(value, { target, alert, below }),
  };
};

function verdictOf(
  value: number | undefined,
  { target, alert, below }: Pick<Kpi, 'target' | 'alert' | 'below'>,
): Verdict {
  if (value === undefined) return 'unknown';
  const isPast = (bound: number | undefined): boolean =>
    bound !== undefined && (below ? value > bound : value < bound);
  if (isPast(alert)) return 'alert';
  return isPast(target) ? 'missed' : 'met';
}

/** How long the phases of one cluster took, in seconds; undefined where one has not ended. */
export interface PhaseTimes {
  readonly creation?: number | undefined;
  readonly installing?: number | undefined;
  readonly configuring?: number | undefined;
}

/** An operation is over its target by a third before it alerts. */
const alertShare = 4 / 3;

export function phaseKpis(times: PhaseTimes, creationSeconds = targets.creationMs / 1_000): Kpi[] {
  return [
    kpi(
      {
        ...{ name: 'creation time', unit: 'seconds', target: creationSeconds },
        alert: creationSeconds * alertShare,
      },
      times.creation,
    ),
    kpi(
      { name: 'installation', unit: 'seconds', target: targets.installingMs / 1_000 },
      times.installing,
    ),
    kpi(
      { name: 'configuration', unit: 'seconds', target: targets.configuringMs / 1_000 },
      times.configuring,
    ),
  ];
}

const making = ['provisioning', 'installing', 'configuring'];

/** Mean times of the phases of all clusters. */
export function fleetTimes(samples: readonly Sample[]): PhaseTimes {
  const mean = (phase: string): number | undefined =>
    spreadOf(samples, 'fairlead_phase_seconds', { kind: 'cluster', phase })?.mean;
  const means = making.map(mean);
  return {
    creation: means.every((each) => each !== undefined)
      ? means.reduce((sum, each) => sum + each, 0)
      : undefined,
    installing: mean('installing'),
    configuring: mean('configuring'),
  };
}

/** Figures of the whole service. `perMinute` comes from two looks. */
export function serviceKpis(samples: readonly Sample[], perMinute: number | undefined): Kpi[] {
  const sum = (metric: string, labels: Readonly<Record<string, string>> = {}) =>
    total(samples, metric, labels);
  const done = sum('fairlead_phase_outcomes_total', { outcome: 'done' });
  const failed = sum('fairlead_phase_outcomes_total', { outcome: 'failed' });
  const ended =
    done === undefined && failed === undefined ? undefined : (done ?? 0) + (failed ?? 0);
  const first = sum('fairlead_retry_attempts_total', { n: '1' });
  const tries = sum('fairlead_retry_attempts_total');
  const folded = sum('fairlead_idempotency_duplicates_total', { result: 'folded' });
  const repeats = sum('fairlead_idempotency_duplicates_total');
  const states = samples.filter(({ metric }) => metric === 'fairlead_breaker_state');
  const notClosed = states.filter(({ value }) => value !== 0 && value !== 4);
  const open = states.filter(({ value }) => value === 2);
  const answers = spreadOf(samples, 'fairlead_turn_seconds');
  const efficiency = samples.filter(({ metric }) => metric === 'fairlead_fanout_efficiency_ratio');
  return [
    kpi(
      { name: 'success rate', unit: 'share', target: 0.99, alert: 0.95, below: false },
      share(done, ended),
    ),
    kpi(
      { name: 'parallel efficiency', unit: 'share', target: 0.8, alert: 0.6, below: false },
      share(sum('fairlead_fanout_efficiency_ratio'), efficiency.length),
    ),
    kpi(
      {
        ...{ name: 'breakers not closed', unit: 'count', target: 0 },
        ...(open.length > 0 ? { alert: 0 } : {}),
        note: notClosed.map(({ labels }) => String(labels['breaker'])).join(', '),
      },
      states.length === 0 ? undefined : notClosed.length,
    ),
    kpi(
      { name: 'retry rate', unit: 'share', target: 0.05, alert: 0.1 },
      first === undefined ? undefined : share((tries ?? 0) - first, first),
    ),
    kpi(
      { name: 'idempotency hits', unit: 'share', target: 0.9, below: false, note: 'of duplicates' },
      share(folded, repeats),
    ),
    kpi({ name: 'answer p95', unit: 'seconds', target: 2 }, answers?.p95),
    kpi({ name: 'operations', unit: 'perMinute' }, perMinute),
  ];
}

/** Metrics the figures are made of; others need not be asked for. */
export const kpiMetrics = [
  'fairlead_phase_seconds',
  'fairlead_phase_outcomes_total',
  'fairlead_retry_attempts_total',
  'fairlead_idempotency_duplicates_total',
  'fairlead_breaker_state',
  'fairlead_turn_seconds',
  'fairlead_fanout_efficiency_ratio',
  'fairlead_turns_total',
] as const satisfies readonly MetricName[];

/** What was measured at one time. */
export interface Measured {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

/** Between two looks; undefined at the first, and when a host has started anew in between. */
export function turnsPerMinute(now: Measured, before: Measured | undefined): number | undefined {
  if (before === undefined || now.atMs <= before.atMs) return undefined;
  const turns = total(now.samples, 'fairlead_turns_total') ?? 0;
  const then = total(before.samples, 'fairlead_turns_total') ?? 0;
  return turns < then ? undefined : ((turns - then) * 60_000) / (now.atMs - before.atMs);
}
