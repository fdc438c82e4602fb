/** What is measured: each way to make the same call, and the bare call it is compared with. */
import type { Circuit } from '../../../actors/policies/circuit.ts';
import { DeadlineSweep } from '../../../actors/policies/deadline-sweep.ts';
import type { EffectFault } from '../../../machines/messages.ts';
import { systemClock } from '../../../src/clock.ts';
import { bareGuard, key, order } from './bare-guard.ts';
import * as rivals from './rivals.ts';

/** One call, whatever becomes of it; never rejects. */
export type Call = () => Promise<unknown>;

export interface Variant {
  readonly bare: Call;
  readonly make: () => Call | Promise<Call>;
}

const answer = async (): Promise<number> => 1;
const refuse = async (): Promise<number> => {
  throw new Error('503');
};
/** The failing call, caught as every caller of ours has to. */
function caught(call: () => Promise<unknown>): Call {
  return async () => {
    try {
      return await call();
    } catch {
      return 0;
    }
  };
}

const bareAwait: Call = answer;
const bareReject: Call = caught(refuse);

/** The circuit of a guard, with the guard's cheap clock: as calls to NATS are counted on the live path. */
function circuitOf(changes = {}): { circuit: Circuit; sweep: DeadlineSweep } {
  const circuit = bareGuard(changes).lines.find(key)?.circuit;
  if (circuit === undefined) throw new Error('no breaker is free');
  return { circuit, sweep: new DeadlineSweep(systemClock) };
}

const unavailable: EffectFault = { type: 'Unavailable', code: 'Unavailable', message: '503' };

function breaker(call: () => Promise<number>, changes = {}): Call {
  const { circuit, sweep } = circuitOf(changes);
  let failures = 0;
  return async () => {
    const ticket = circuit.admit('user', sweep.nowMs());
    try {
      const value = await call();
      circuit.settle(ticket, undefined, '', sweep.nowMs());
      return value;
    } catch (thrown) {
      circuit.settle(ticket, unavailable, '', sweep.nowMs());
      // Every fifth failure begins a new window, or the failure rate would open the circuit.
      if ((failures += 1) % 5 === 0) circuit.restart();
      throw thrown;
    }
  };
}

const neverTrips = { failuresMax: 1e9 };

export const variants: Readonly<Record<string, Variant>> = {
  breaker: { bare: bareAwait, make: () => breaker(answer) },
  observed: {
    bare: bareAwait,
    make: () => {
      const guard = bareGuard();
      return () => guard.observed('nats/store', answer);
    },
  },
  pipeline: {
    bare: bareAwait,
    make: () => {
      const guard = bareGuard();
      return () => guard.call(order, answer);
    },
  },
  // As the SDK is called: it asks for the signal, so one is made for each call.
  'pipeline.signal': {
    bare: bareAwait,
    make: () => {
      const guard = bareGuard();
      return () => guard.call(order, ({ signal }) => Promise.resolve(signal.aborted));
    },
  },
  'cockatiel.breaker': { bare: bareAwait, make: () => rivals.cockatielBreaker(answer) },
  'cockatiel.wrap': { bare: bareAwait, make: () => rivals.cockatielWrap(answer) },
  'opossum.breaker': { bare: bareAwait, make: () => rivals.opossumBreaker(answer) },
  'breaker.failure': { bare: bareReject, make: () => caught(breaker(refuse, neverTrips)) },
  'cockatiel.failure': { bare: bareReject, make: () => caught(rivals.cockatielBreaker(refuse)) },
  'opossum.failure': { bare: bareReject, make: () => caught(rivals.opossumBreaker(refuse)) },
  'breaker.openRejection': {
    bare: bareReject,
    make: async () => {
      const guard = bareGuard({ openBaseMs: 3_600_000, failuresMax: 1 });
      const call = caught(() => guard.call(order, refuse));
      await call();
      return call;
    },
  },
  'cockatiel.openRejection': {
    bare: bareReject,
    make: () => caught(rivals.cockatielOpen(answer)),
  },
  'opossum.openRejection': { bare: bareReject, make: () => caught(rivals.opossumOpen(answer)) },
};
