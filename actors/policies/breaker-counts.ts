/** How many circuits of a class are in which state. */
import type { BreakerState } from '../../machines/breaker.ts';
import type { MetricReading } from '../metric-names.ts';
import { stateNumbers } from './guard-readings.ts';

/** `main/eu-central-1/ec2:mutate` is of class `ec2:mutate`; ours to NATS are of class `nats`. */
const classOf = (key: string): string => {
  const [first = '', ...more] = key.split('/');
  return more.length > 1 ? (more.at(-1) ?? '') : first;
};

export interface CircuitState {
  readonly key: string;
  readonly state: BreakerState;
}

export function breakerCounts(circuits: readonly CircuitState[]): MetricReading[] {
  const counts = new Map<string, MetricReading>();
  for (const { key, state } of circuits) {
    const labels = { class: classOf(key), state };
    const id = `${labels.class} ${state}`;
    const value = (counts.get(id)?.value ?? 0) + 1;
    counts.set(id, { metric: 'fairlead_breakers', value, labels });
  }
  return [...counts.values()];
}

/** The worst of each class, under the name that dashboards of an earlier tool read. */
export function worstByClass(circuits: readonly CircuitState[]): MetricReading[] {
  const worst = new Map<string, number>();
  for (const { key, state } of circuits) {
    const operation = classOf(key);
    worst.set(operation, Math.max(worst.get(operation) ?? 0, stateNumbers[state]));
  }
  return [...worst].map(([operation, value]) => ({
    metric: 'unified_replication_circuit_breaker_state',
    ...{ labels: { operation }, value },
  }));
}
