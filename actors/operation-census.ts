/** What operations are under way and which of them wait, as last committed; and how each one ended. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { OperationContext, OperationOutput } from '../machines/operation-context.ts';
import type { KindSnapshot } from './kind.ts';
import type { MetricReading } from './metric-names.ts';
import type { Telemetry } from './ports.ts';
import type { TurnReport } from './turn-report.ts';

interface Persisted {
  readonly value?: unknown;
  readonly status: string;
  readonly context?: unknown;
  readonly children?: Readonly<
    Record<string, { readonly src: unknown; readonly snapshot: Persisted }>
  >;
}

interface Counted {
  readonly effect: string;
  /** Why it waits; undefined while it calls or backs off. */
  readonly parked: string | undefined;
}

/** Gauges over all actors of this host, those that left memory included. */
export class OperationCensus {
  readonly #byActor = new Map<string, readonly Counted[]>();

  /** To be told of every commit. */
  note(key: ResourceKey, snapshot: KindSnapshot): void {
    const found = operationsIn(snapshot);
    if (found.length > 0) this.#byActor.set(keyText(key), found);
    else this.#byActor.delete(keyText(key));
  }

  /** It is another host's from now on. */
  forget(key: ResourceKey): void {
    this.#byActor.delete(keyText(key));
  }

  readings(): MetricReading[] {
    const all = [...this.#byActor.values()].flat();
    const parked = all.flatMap(({ parked: reason }) => (reason === undefined ? [] : [reason]));
    return [
      ...counted(all.map(({ effect }) => effect)).map(([effect, value]) => ({
        ...{ metric: 'fairlead_operations_in_flight' as const, labels: { effect }, value },
      })),
      ...counted(parked).map(([reason, value]) => ({
        ...{ metric: 'fairlead_operations_parked' as const, labels: { reason }, value },
      })),
    ];
  }
}

function counted(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

function operationsIn({ children = {} }: Persisted): Counted[] {
  return Object.values(children).flatMap(({ src, snapshot }) => {
    if (snapshot.status !== 'active') return [];
    if (src !== 'operation') return operationsIn(snapshot);
    const { effect, lastFault } = snapshot.context as OperationContext;
    return [{ effect, parked: reasonOf(snapshot.value, lastFault?.rejectedBy) }];
  });
}

function reasonOf(state: unknown, rejectedBy: string | undefined): string | undefined {
  if (state === 'held') return 'paused';
  if (state === 'waitingForCircuit') return 'circuit';
  // Parked by nobody of ours: the provider asked for a long wait.
  return state === 'parked' ? (rejectedBy ?? 'hint') : undefined;
}

/** A machine in the tree that has come to its end. */
export interface Ended {
  readonly machine: string;
  /** Child ids from the root, joined by `/`. */
  readonly path: string;
  readonly state: unknown;
  readonly context: unknown;
  readonly output: unknown;
}

/** Counts an operation that ended; other machines are none of its business. */
export function tellEnd(telemetry: Telemetry, { machine, state, context, output }: Ended): void {
  if (machine !== 'operation') return;
  const { effect, preset: policy, atMs } = context as OperationContext;
  const { result } = output as OperationOutput;
  const outcome = String(state);
  const type = result.ok ? 'none' : result.fault.type;
  telemetry.count('fairlead_retry_outcomes_total', { policy, outcome, type });
  const seconds = Math.max(0, result.atMs - atMs) / 1_000;
  telemetry.observe('fairlead_operation_seconds', seconds, { effect, outcome });
}

/** The turn that its result led to, `ms` long; undefined for machines that are no operation. */
export function reportOf({ machine, context, output }: Ended, ms: number): TurnReport | undefined {
  if (machine !== 'operation') return undefined;
  const { correlationId } = context as OperationContext;
  const { result } = output as OperationOutput;
  return { by: 'result', ms, correlationId, ...(!result.ok && { failed: 'backend' }) };
}
