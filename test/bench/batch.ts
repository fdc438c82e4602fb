/** A hundred machines stopped and started in batches of several sizes: calls on the wire, and time until all run. */
import { createMachines } from '../../src/aws/machines.ts';
import { sharedCalls } from '../fakes/shared-calls.ts';
import { attempt, scale, scope, startCloud } from '../integration/aws/simulated-cloud.ts';
import type { SimulatedCloud } from '../integration/aws/simulated-cloud.ts';
import type { Bench } from './bench.ts';
import { machinesOf, planIn, until, uidOf } from './machines-at-once.ts';

const count = 100;
/** Minutes that the earlier system told for a hundred instances, by batch size. */
const sizes = [
  [5, 8],
  [10, 6],
  [25, 4],
  [50, 3],
] as const;

export async function benchBatches(bench: Bench): Promise<void> {
  const cloud = await startCloud();
  try {
    const plan = await planIn(cloud);
    const uid = uidOf(100);
    const nodes = await machinesOf(cloud, plan, uid, count, false);
    const ids = nodes.map(({ instanceId }) => instanceId);
    for (const [size, minutes] of sizes) {
      const { calls, startMs } = await cycle(cloud, uid, ids, size);
      bench.emit({
        ...{ name: `batch-100.size${size}`, value: (startMs * scale) / 60_000, unit: 'min', scale },
        against: { name: 'the seed', value: minutes },
      });
      // [P-01] [P-14] [P-47]
      bench.emit({
        ...{ name: `batch-100.size${size}.calls`, value: calls, unit: 'calls' },
        against: { name: 'one call each', value: count },
      });
    }
  } finally {
    await cloud.close();
  }
}

/** Stops and starts all of them; calls of both, and the time from the start until all run. */
async function cycle(cloud: SimulatedCloud, uid: string, ids: readonly string[], size: number) {
  const machines = createMachines(cloud.sessions, sharedCalls(size));
  const before = await wireCalls(cloud);
  await Promise.all(ids.map((id) => machines.stop(scope, id, attempt())));
  await until(cloud, uid, ids.length, new Set(), ({ state }) => state === 'stopped');
  const beganMs = performance.now();
  await Promise.all(ids.map((id) => machines.start(scope, id, attempt())));
  await until(cloud, uid, ids.length, new Set(), ({ state }) => state === 'running');
  const startMs = performance.now() - beganMs;
  return { calls: ((await wireCalls(cloud)) - before) / 2, startMs };
}

async function wireCalls(cloud: SimulatedCloud): Promise<number> {
  const { calls } = (await cloud.side('GET', 'log')) as { calls: { op: string }[] };
  return calls.filter(({ op }) => ['StopInstances', 'StartInstances'].includes(op)).length;
}
