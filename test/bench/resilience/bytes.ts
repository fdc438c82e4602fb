/** What one breaker holds in memory, the average over many. Needs `--expose-gc`. */
import { createActor } from 'xstate';
import { Circuit } from '../../../actors/policies/circuit.ts';
import { DeadlineSweep } from '../../../actors/policies/deadline-sweep.ts';
import { rowOf } from '../../../machines/breaker-rules.ts';
import { guardMachine, guardSlots } from '../../../machines/guard.ts';
import { callPolicies, resilience } from '../../../machines/limits.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { bareGuard, order } from './bare-guard.ts';
import { newRival } from './rivals.ts';

const guards = 12;

/** What one call through the guard leaves to the collector, on average. */
export async function bytesPerCall(): Promise<number> {
  const guard = bareGuard();
  const run = async (calls: number): Promise<void> => {
    for (let turn = 0; turn < calls; turn += 1) await guard.call(order, () => Promise.resolve(1));
  };
  await run(20_000);
  // Few enough that nothing is collected meanwhile.
  const calls = 2_000;
  const before = heapBytes();
  await run(calls);
  return (process.memoryUsage().heapUsed - before) / calls;
}

/** @throws RangeError for a name that is not one of the keys below */
export function bytesEach(what: string): number {
  const make = makers[what];
  if (make === undefined) throw new RangeError(`nothing is called ${what}`);
  make(1); // Unmeasured: compiled code and shapes stay.
  const before = heapBytes();
  const { held, count } = make(guards);
  const bytes = heapBytes() - before;
  // Kept alive until here.
  if (held.length === 0) throw new Error('nothing was made');
  return bytes / count;
}

interface Made {
  readonly held: readonly unknown[];
  readonly count: number;
}

const makers: Readonly<Record<string, (times: number) => Made>> = {
  // Chart and circuit with its window: what the rivals' breakers do.
  breaker: (times) => breakersOf(times),
  // Everything a key costs: chart, circuit with its window, places, buckets, budget, waiting room, measurements.
  line: (times) => linesOf(times),
  cockatiel: (times) => rivalsOf(times, newRival.cockatiel),
  opossum: (times) => rivalsOf(times, newRival.opossum),
};

function linesOf(times: number): Made {
  const perGuard = resilience.breakersMax;
  const held = Array.from({ length: times }, () => {
    const guard = bareGuard();
    for (let index = 0; index < perGuard; index += 1) guard.lines.find(`k8s/${index}`);
    return guard;
  });
  return { held, count: times * perGuard };
}

function breakersOf(times: number): Made {
  const held = Array.from({ length: times }, () => {
    const tree = createActor(guardMachine).start();
    const parts = {
      clock: systemClock,
      random: systemRandom,
      sweep: new DeadlineSweep(systemClock),
    };
    const circuits = guardSlots.map((slot, index) => {
      const key = `k8s/${index}`;
      const policy = rowOf(callPolicies, key);
      tree.send({ type: 'breaker.adopt', slot, key, policy, atMs: 0 });
      const ref = tree.getSnapshot().children[slot];
      if (ref === undefined) throw new Error(`no breaker in ${slot}`);
      return new Circuit(key, ref, parts);
    });
    return { tree, circuits };
  });
  return { held, count: times * guardSlots.length };
}

function rivalsOf(times: number, make: () => unknown): Made {
  const count = times * resilience.breakersMax;
  return { held: Array.from({ length: count }, make), count };
}

function heapBytes(): number {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  for (let round = 0; round < 4; round += 1) {
    gc();
  }
  return process.memoryUsage().heapUsed;
}
