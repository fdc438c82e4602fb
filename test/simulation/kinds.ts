/**
 * The kinds of one host, bound to whatever process runs under its name: charts are built once in a process of the
 * simulation, since building takes longer than many a life. A dead process reaches nothing any more, so that the next one
 * may take its place.
 */
import type { Kind } from '../../actors/kind.ts';
import { EffectsInFlight } from '../../actors/effects/in-flight.ts';
import type { Idempotency } from '../../actors/policies/idempotency.ts';
import type { CallGuard, Ports } from '../../actors/ports.ts';
import { bounds } from '../../machines/limits.ts';
import { safetyTimes } from '../../machines/replication-limits.ts';
import { builtInRetries } from '../../machines/retry.ts';
import { hostedKinds } from '../../src/compose/kinds.ts';
import { noteCaller } from './cloud/callers.ts';

/** What effects of a process need. */
export type Bound = Ports & {
  readonly guard: CallGuard;
  readonly idempotency: Idempotency;
  readonly inFlight: EffectsInFlight;
};

export interface KindSet {
  readonly kinds: readonly Kind[];
  /** From now on effects are those of this process. */
  bind(to: Bound): void;
}

const sets = new Map<string, KindSet>();

/** @param scale  divides polls and waits of the charts */
export function kindsOf(host: string, scale: number): KindSet {
  const name = `${host} ${scale}`;
  const known = sets.get(name) ?? newSet(scale);
  sets.set(name, known);
  return known;
}

function newSet(scale: number): KindSet {
  let bound: Bound | undefined;
  const now = (): Bound => {
    if (bound === undefined) throw new Error('no process runs yet');
    return bound;
  };
  // Each is asked for when it is needed, of the process that runs by then.
  const lazy = new Proxy({} as Bound, {
    get: (_none, part: keyof Bound) => now()[part],
  });
  const inFlight: Pick<EffectsInFlight, 'bounding'> = {
    bounding: (perform) => (order, call) => {
      noteCaller(call);
      return now().inFlight.bounding(perform)(order, call);
    },
  };
  const { cluster, replication, replicationgroup } = hostedKinds(lazy, {
    ...{ retries: builtInRetries, scale, safety: safetyTimes },
    inFlight: inFlight as EffectsInFlight,
  });
  return {
    kinds: [cluster, replication, replicationgroup],
    bind: (to) => {
      bound = to;
    },
  };
}

export const newInFlight = (): EffectsInFlight => new EffectsInFlight(bounds.effectsInFlightMax);
