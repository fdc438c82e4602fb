/** Metrics of one line: gauges read when somebody looks, counters brought up to date then. */
import { breakerStates } from '../../machines/breaker.ts';
import type { MetricReading } from '../metric-names.ts';
import type { Telemetry } from '../ports.ts';
import type { GuardLine } from './guard-line.ts';

/** Calls are counted in plain numbers; what came since the last time is added to the counters. */
export function tellCounts(telemetry: Telemetry, { key, circuit, told }: GuardLine): void {
  for (const outcome of ['ok', 'slow', 'failed', 'ignored', 'rejected'] as const) {
    const more = circuit.counts[outcome] - told[outcome];
    if (more === 0) continue;
    told[outcome] = circuit.counts[outcome];
    telemetry.count('fairlead_breaker_calls_total', { breaker: key, outcome }, more);
  }
}

export function readingsOf(line: GuardLine): MetricReading[] {
  const { key, circuit, bulkhead, bucket, budget, room } = line;
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
    { metric: 'fairlead_ratelimit_rate', value: bucket.rate, labels: { key } },
    { metric: 'fairlead_bulkhead_inflight', value: bulkhead.inFlight, labels: { key } },
    { metric: 'fairlead_bulkhead_queued', value: bulkhead.queued, labels: { key } },
  ];
}

/** Numbers grow with badness, so that `> 0` and `== 2` both read well. */
const stateNumbers = { closed: 0, halfOpen: 1, open: 2, isolated: 3, metricsOnly: 4 } as const;
