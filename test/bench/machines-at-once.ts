/** Running machines of the simulated cloud for benchmarks, and waiting until they are in a state. */
import { setTimeout as pause } from 'node:timers/promises';
import { launchToken } from '../../machines/ids.ts';
import { clusterSpecSchema } from '../../machines/specs.ts';
import type { ClusterPlan, InstanceFact } from '../../machines/messages.ts';
import { attempt, orderOf, scope } from '../integration/aws/simulated-cloud.ts';
import type { SimulatedCloud } from '../integration/aws/simulated-cloud.ts';

export const spec = clusterSpecSchema.parse({
  region: scope.region,
  servers: { count: 3, instanceTypes: ['t3.medium'] },
});

export const planIn = (cloud: SimulatedCloud): Promise<ClusterPlan> =>
  cloud.surroundings.plan({ ...scope, spec, uid: uidOf(0), plan: 1 }, attempt());

/** The uid of a fleet of a benchmark. */
export const uidOf = (number: number): string => `01J8QZ000000000000000B${1_000 + number}`;

/** Launches machines under one uid; resolves when all run, with their agents online when asked for. */
export async function machinesOf(
  cloud: SimulatedCloud,
  plan: ClusterPlan,
  uid: string,
  count: number,
  withAgents: boolean,
): Promise<readonly InstanceFact[]> {
  const [offer] = plan.offers['server'] ?? [];
  if (offer === undefined) throw new Error('the plan has no offer');
  const ids = new Set<string>();
  for (let slot = 0; slot < count; slot += 1) {
    const token = launchToken(uid, 1, `s${slot}`, 1, 0);
    ids.add((await cloud.machines.launch(orderOf(offer, uid), token, attempt())).instanceId);
  }
  return until(cloud, uid, count, withAgents ? ids : new Set(), (fact) =>
    withAgents ? fact.agentOnline : fact.state === 'running',
  );
}

/** Looks again and again until so many machines are as wanted; gives up after a minute. */
export async function until(
  cloud: SimulatedCloud,
  uid: string,
  count: number,
  awaited: ReadonlySet<string>,
  isWanted: (fact: InstanceFact) => boolean,
): Promise<readonly InstanceFact[]> {
  const giveUpMs = performance.now() + 60_000;
  for (;;) {
    const facts = (await cloud.fleet.look(scope, awaited)).get(uid) ?? [];
    const found = facts.filter(isWanted);
    if (found.length === count) return found;
    if (performance.now() > giveUpMs)
      throw new Error(`${found.length} of ${count} machines of ${uid} are as wanted`);
    await pause(20);
  }
}
