/** What the parts of one reconciliation cost beside the bars of the design: processor time, nothing that waits. */
import { createActor, fromPromise, setup } from 'xstate';
import { delayMs } from '../../../machines/retry.ts';
import { retryPresets } from '../../../machines/limits.ts';
import { commandSchemas } from '../../../machines/messages.ts';
import type { EffectFault, PerformCall, PerformResult } from '../../../machines/messages.ts';
import { operationMachine } from '../../../machines/operation.ts';
import { openMetrics } from '../../../src/metrics.ts';
import { ulid } from '../../../src/ulid.ts';
import type { Bench } from '../bench.ts';
import { grownManifest } from '../grown-cluster.ts';
import { HostedCluster } from '../hosted-cluster.ts';
import { microsEach } from '../processor-time.ts';
import { bytesOf, measured } from './group.ts';
import { unless } from '../../../src/stack/unless.ts';

/** A figure beside the most it may be; says whether it is. */
function judge(bench: Bench, name: string, value: number, unit: string, bar: number): void {
  bench.emit({ name, value, unit, against: { name: `bar.${name}`, value: bar } });
  bench.say(`${name}: ${value.toPrecision(3)} ${unit}, bar ${bar}: ${verdict(value <= bar)}`);
}

const verdict = (isHeld: boolean): string => (isHeld ? 'held' : 'MISSED');

/** Circuit, rate, places and time-out around one call, as a host makes it; 1200 ns and 150 B are what others promised. */
export async function benchCombined(bench: Bench): Promise<void> {
  const { ns } = await measured(bench, 'pipeline');
  judge(bench, 'combined.call', ns, 'ns', 1_200);
  const bytes = await bytesOf(bench, 'call');
  bench.emit({
    ...{ name: 'combined.call.bytes', value: bytes, unit: 'bytes' },
    against: { name: 'seed.combined.bytes', value: 150 },
  });
}

export async function benchDelay(bench: Bench): Promise<void> {
  const presets = Object.values(retryPresets);
  let turn = 0;
  let sum = 0;
  const micros = await microsEach(200_000, () => {
    const preset = presets[(turn += 1) % presets.length] ?? retryPresets.default;
    sum += delayMs(preset, (turn % 5) + 1, 0.5, 100);
  });
  if (!(sum > 0)) throw new Error('no delay was drawn');
  judge(bench, 'delay', micros * 1_000, 'ns', 200);
}

export async function benchOperation(bench: Bench): Promise<void> {
  judge(bench, 'operation.ok', await microsEach(400, () => operated([])), 'us', 100);
  judge(bench, 'operation.oneFailure', await microsEach(400, () => operated([lost])), 'us', 350);
}

const lost: EffectFault = { type: 'Retryable', code: 'lost', message: 'once' };

/** Answers of the calls to come; a call without one is answered. */
const faultsLeft: EffectFault[] = [];

const perform = fromPromise<PerformResult, PerformCall>(() => {
  const fault = faultsLeft.shift();
  const stamp = { atMs: 0, roll: 0 };
  return Promise.resolve(
    fault === undefined
      ? { ok: true, value: { state: 'gone' }, ...stamp }
      : { ok: false, fault, ...stamp },
  );
});

/** Built once, as a host does. */
const parent = setup({
  actors: { operation: operationMachine.provide({ actors: { perform } }) },
}).createMachine({
  initial: 'busy',
  states: {
    busy: {
      invoke: {
        id: 'op',
        src: 'operation',
        input: {
          ...{ effect: 'node.terminate', input: null, token: 't', preset: 'aws' },
          ...{ correlationId: 'bench', atMs: 0, paused: false },
        },
        onDone: 'over',
      },
    },
    over: { type: 'final' },
  },
});

/** Timers run at once, so that no wait is in the figure. */
const hasty = {
  setTimeout: (run: () => void) => {
    queueMicrotask(run);
    return 0;
  },
  clearTimeout: () => undefined,
};

/** One operation under a parent, from its start to its end. */
function operated(faults: readonly EffectFault[]): Promise<void> {
  faultsLeft.push(...faults);
  return new Promise((resolve, reject) => {
    const actor = createActor(parent, { clock: hasty });
    actor.subscribe({ complete: resolve, error: reject });
    actor.start();
  });
}

/** Everything but input and output: what is checked, guarded, counted, named, and the durable turn itself. */
export async function benchOverhead(bench: Bench): Promise<void> {
  const manifest = grownManifest(50, 'production');
  const validation = await microsEach(300, () =>
    commandSchemas.cluster.create.safeParse({ manifest }),
  );
  judge(bench, 'overhead.validation', validation, 'us', 1_000);
  const { ns } = await measured(bench, 'pipeline.signal');
  judge(bench, 'overhead.breaker', ns / 1_000, 'us', 100);
  const metrics = openMetrics(
    () => undefined,
    () => [],
  );
  const labels = { kind: 'cluster' };
  const counted = await microsEach(5_000, () => {
    metrics.count('fairlead_timers_fired_total', labels);
    metrics.observe('fairlead_turn_seconds', 0.01, labels);
  });
  judge(bench, 'overhead.metrics', counted, 'us', 1_000);
  judge(bench, 'overhead.id', await microsEach(5_000, () => ulid()), 'us', 10);
  const turn = await turnMicros(bench);
  judge(bench, 'overhead.turn', turn, 'us', 5_000);
  judge(bench, 'overhead.reconciliation', validation + ns / 1_000 + counted + turn, 'us', 5_000);
}

/** A turn of a three-node cluster through the real host, record and all, on a store in memory. */
async function turnMicros(bench: Bench): Promise<number> {
  const cluster = new HostedCluster();
  await cluster.start();
  try {
    const before = process.cpuUsage();
    const { commits } = cluster;
    const manifest = grownManifest(3, 'production');
    await unless(cluster.order('create', { manifest }, 'running.steady'), bench.interrupted);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / (cluster.commits - commits);
  } finally {
    await cluster.stop();
  }
}
