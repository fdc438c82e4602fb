/** Metrics of one line: gauges read when somebody looks, counters brought up to date then. */
import { breakerStates } from '../../machines/breaker.ts';
import type { MetricName, MetricReading } from '../metric-names.ts';
import type { Telemetry } from '../ports.ts';
import { callSecondsBounds } from './call-times.ts';
import type { GuardLine } from './guard-line.ts';

/** Calls are counted in plain numbers; what came since the last time is added to the counters. */
export function tellCounts(telemetry: Telemetry, line: GuardLine): void {
  const { key, circuit, rates } = line;
  const told = (line.told ??= new Map<string, number>());
  const tell = (metric: MetricName, count: number, labels: Readonly<Record<string, string>>) => {
    const id = `${metric} ${Object.values(labels).join(' ')}`;
    const more = count - (told.get(id) ?? 0);
    if (more === 0) return;
    told.set(id, count);
    telemetry.count(metric, labels, more);
  };
  for (const outcome of ['ok', 'slow', 'failed', 'ignored', 'rejected'] as const)
    tell('fairlead_breaker_calls_total', circuit.counts[outcome], { breaker: key, outcome });
  tell('fairlead_ratelimit_allowed_total', rates.allowed, { key });
  tell('fairlead_ratelimit_rejected_total', rates.rejected, { key });
  tell('fairlead_bulkhead_rejected_total', line.bulkheadRejected, { key });
  for (const [type, count] of Object.entries(line.faults))
    tell('fairlead_errors_total', count, { type, service: serviceOf(key) });
}

const serviceOf = (key: string): string => (key.split('/').at(-1) ?? key).split(':')[0] ?? key;

export function readingsOf(line: GuardLine): MetricReading[] {
  const { key, circuit, bulkhead, rates, budget, room, times } = line;
  const { state } = circuit;
  return [
    {
      metric: 'fairlead_breaker_state',
      value: stateNumbers[state],
      labels: { breaker: key },
    },
    ...breakerStates.map((each): MetricReading => ({
      metric: 'fairlead_breaker_in_state',
      value: each === state ? 1 : 0,
      labels: { breaker: key, state: each },
    })),
    { metric: 'fairlead_breaker_waiting', value: room.size, labels: { breaker: key } },
    { metric: 'fairlead_retry_budget_tokens', value: budget.tokens, labels: { key } },
    { metric: 'fairlead_ratelimit_rate', value: rates.own.rate, labels: { key } },
    { metric: 'fairlead_bulkhead_inflight', value: bulkhead.inFlight, labels: { key } },
    { metric: 'fairlead_bulkhead_queued', value: bulkhead.queued, labels: { key } },
    {
      metric: 'fairlead_breaker_call_seconds',
      value: times.sumSeconds,
      histogram: { bounds: callSecondsBounds, counts: times.counts },
      labels: { breaker: key },
    },
  ];
}

/** Numbers grow with badness, so that `> 0` and `== 2` both read well. */
export const stateNumbers = {
  closed: 0,
  halfOpen: 1,
  open: 2,
  isolated: 3,
  metricsOnly: 4,
} as const;
