/** Clusters of three sizes from command to running, on the whole local stack with real node scripts, in simulated minutes. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import { profiles } from '../../machines/limits.ts';
import type { ProfileName } from '../../machines/limits.ts';
import { connectClient } from '../../src/nats/client.ts';
import type { CloudEvent, FairleadClient } from '../../src/nats/client.ts';
import type { Bench } from './bench.ts';
import { efficiencyOf, floorShareOf } from './efficiency.ts';
import type { NodeTimes } from './efficiency.ts';
import { grown, grownManifest } from './grown-cluster.ts';
import { restingClusters } from './resting-clusters.ts';
import { withStack } from './throw-away-stack.ts';

const SCALE = 20;
const SEED = 7;
const PROFILE: ProfileName = 'production';
/** Upper ends of the profile's budgets, in minutes. [G-26] [P-46] */
const sizes = [
  { nodes: 3, budgetMinutes: 10 },
  { nodes: 10, budgetMinutes: 15 },
  { nodes: 50, budgetMinutes: 25 },
] as const;
type Size = (typeof sizes)[number];

/** So many budgets long a creation is waited for. */
const BUDGETS_MAX = 3;
const EFFICIENCY_MIN = 0.8;
const CPU_BUSY_SHARE = 0.9;

export async function benchClusters(bench: Bench): Promise<void> {
  bench.say(`cluster: scale ${SCALE}, seed ${SEED}, profile ${PROFILE}, one run per size`);
  for (const size of sizes)
    await withStack(bench, { scale: SCALE, seed: SEED }, async (stack) => {
      const { url } = stack.nats.ready;
      const client = await connectClient({ url, nkeySeedFile: stack.keys.cliSeedFile });
      try {
        // Loads the AWS SDK, which a host does once in its life: at this scale it would count for a simulated minute.
        await restingClusters(client, 1);
        await measure(bench, client, size);
      } finally {
        await client.close();
      }
    });
}

async function measure(bench: Bench, client: FairleadClient, size: Size): Promise<void> {
  const before = cpuTimes();
  const { seconds, nodes } = await create(client, size);
  const simulatedMinutes = (seconds * SCALE) / 60;
  describe(bench, size, seconds, before);
  bench.emit({
    ...{ name: `cluster.create.${size.nodes}`, unit: 'simulated min', scale: SCALE },
    value: simulatedMinutes,
    against: { name: `budget.create.${size.nodes}`, value: size.budgetMinutes },
  });
  if (size.nodes !== 10) return;
  const lanes = profiles[PROFILE].concurrency;
  bench.emit({
    ...{ name: 'cluster.efficiency.10', unit: 'share', scale: SCALE },
    value: efficiencyOf(nodes, lanes),
    against: { name: 'kpi.efficiency', value: EFFICIENCY_MIN },
  });
  bench.emit({
    ...{ name: 'cluster.floorShare.10', unit: 'share', scale: SCALE },
    value: floorShareOf(nodes, lanes),
    against: { name: 'kpi.efficiency', value: EFFICIENCY_MIN },
  });
}

/** From sending the command to the event that says it is ready; rejects when it fails or takes far too long. */
async function create(
  client: FairleadClient,
  size: Size,
): Promise<{ seconds: number; nodes: NodeTimes[] }> {
  const limit = AbortSignal.timeout(((BUDGETS_MAX * size.budgetMinutes * 60) / SCALE) * 1000);
  const feed = client.events(grown, { since: 'all', signal: limit });
  const startMs = performance.now();
  const outcome = await client.command({
    ...{ ...grown, verb: 'create' },
    arguments: { manifest: grownManifest(size.nodes, PROFILE) },
  });
  if (!outcome.ok) throw new Error(`create: ${outcome.problem.code} ${outcome.problem.message}`);
  const events: CloudEvent[] = [];
  for await (const event of feed) {
    events.push(event);
    if (event.type === 'fairlead.cluster.failed.v1')
      throw new Error(`the cluster of ${size.nodes} failed: ${JSON.stringify(event.data)}`);
    if (event.type === 'fairlead.cluster.ready.v1')
      return { seconds: (performance.now() - startMs) / 1000, nodes: timesOf(events) };
  }
  throw new Error(
    `the cluster of ${size.nodes} does not run after ${BUDGETS_MAX} budgets; last: ${JSON.stringify(events.at(-1)?.data)}`,
  );
}

/** When each node reached what, as the cluster itself dated it. */
function timesOf(events: readonly CloudEvent[]): NodeTimes[] {
  const reached = new Map<string, { role: string; states: Map<string, number> }>();
  for (const { type, time, data } of events) {
    if (type !== 'fairlead.cluster.nodeChanged.v1') continue;
    const { slot, role, state } = data as { slot: string; role: string; state: string };
    const node = reached.get(slot) ?? { role, states: new Map<string, number>() };
    reached.set(slot, node);
    // The first time counts: a state is told again with each step of its progress.
    if (!node.states.has(state)) node.states.set(state, Date.parse(time ?? ''));
  }
  return [...reached].map(([slot, { role, states }]) => {
    const at = (state: string): number => {
      const atMs = states.get(state);
      if (atMs === undefined) throw new Error(`no event tells when ${slot} was ${state}`);
      return atMs;
    };
    return {
      role: role === 'server' ? 'server' : 'agent',
      launchAtMs: at('launching'),
      stagedAtMs: at('staged'),
      joinAtMs: at('joining'),
      readyAtMs: at('ready'),
    };
  });
}

function describe(bench: Bench, { nodes }: Size, seconds: number, before: CpuTimes): void {
  const after = cpuTimes();
  const busy = (after.busyMs - before.busyMs) / (after.allMs - before.allMs);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const verdict =
    busy > CPU_BUSY_SHARE ? ': the CPU was the limit, so the simulated minutes are too many' : '';
  bench.say(
    `cluster: ${nodes} nodes in ${seconds.toFixed(1)} s of wall time; ${availableParallelism()} CPUs ` +
      `${Math.round(busy * 100)} % busy, load ${load}${verdict}`,
  );
}

interface CpuTimes {
  readonly busyMs: number;
  readonly allMs: number;
}

function cpuTimes(): CpuTimes {
  const sum = { busyMs: 0, allMs: 0 };
  for (const { times } of cpus()) {
    const busyMs = times.user + times.nice + times.sys + times.irq;
    sum.busyMs += busyMs;
    sum.allMs += busyMs + times.idle;
  }
  return sum;
}
