/** How it went so far, in one line each: [METRICS] and [RETRY], every five minutes, on recovery and when the host ends. */
import { resilience } from '../machines/limits.ts';
import { durationText } from '../actors/duration-text.ts';
import type { Cancel, Clock, Telemetry } from '../actors/ports.ts';
import type { MetricSample } from './metric-samples.ts';

export interface StatusParts {
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'log'>;
  readonly samples: () => Promise<readonly MetricSample[]>;
}

export interface StatusLines {
  /** Says it now. */
  tell(): Promise<void>;
  stop(): void;
}

export function startStatusLines({ clock, telemetry, samples }: StatusParts): StatusLines {
  let cancel: Cancel = () => undefined;
  const tell = async (): Promise<void> => {
    const all = await samples();
    for (const { fields, text } of [metricsLine(all), retryLine(all)])
      telemetry.log('info', fields, text);
  };
  const tellLater = (): void => {
    cancel = clock.after(resilience.statusLogMs, () => {
      tellLater();
      void tell();
    });
  };
  tellLater();
  return {
    tell,
    stop: () => {
      cancel();
    },
  };
}

type Labels = Readonly<Record<string, string>>;

function of(
  all: readonly MetricSample[],
  metric: string,
  read: 'value' | 'count' | 'sum',
  labels: Labels = {},
): number {
  const wanted = Object.entries(labels);
  return all
    .filter(
      (each) => each.metric === metric && wanted.every(([key, is]) => each.labels[key] === is),
    )
    .reduce((total, each) => total + (each[read] ?? 0), 0);
}

const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;

function metricsLine(all: readonly MetricSample[]) {
  const turns = of(all, 'fairlead_turns_total', 'value');
  const succeeded = of(all, 'fairlead_turns_total', 'value', { result: 'success' });
  const failed = of(all, 'fairlead_turns_total', 'value', { result: 'error' });
  const measured = of(all, 'fairlead_turn_seconds', 'count');
  const meanMs = measured === 0 ? 0 : (of(all, 'fairlead_turn_seconds', 'sum') / measured) * 1_000;
  const successRate = turns === 0 ? 1 : succeeded / turns;
  const clusters = Object.fromEntries(
    all
      .filter(({ metric }) => metric === 'fairlead_clusters')
      .map(({ labels, value }) => [String(labels['state']), value ?? 0] as const),
  );
  const list = Object.entries(clusters).map(([state, count]) => `${state} ${count}`);
  return {
    fields: {
      ...{ tag: 'METRICS', title: 'Turns so far', turns, succeeded, failed, successRate, meanMs },
      clusters,
    },
    text:
      `[METRICS] Turns: ${turns} total, ${percent(successRate)} successful, mean ` +
      `${durationText(meanMs)}; clusters: ${list.length === 0 ? 'none' : list.join(', ')}`,
  };
}

function retryLine(all: readonly MetricSample[]) {
  const attempts = of(all, 'fairlead_retry_attempts_total', 'value');
  const firstTries = of(all, 'fairlead_retry_attempts_total', 'value', { n: '1' });
  const retries = attempts - firstTries;
  const exhausted = of(all, 'fairlead_retry_exhausted_total', 'value');
  const retryRate = firstTries === 0 ? 0 : retries / firstTries;
  return {
    fields: { tag: 'RETRY', title: 'Retries so far', firstTries, retries, exhausted, retryRate },
    text: `[RETRY] ${firstTries} first tries, ${retries} retries (${percent(retryRate)}), ${exhausted} given up`,
  };
}
