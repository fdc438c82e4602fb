import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchToken, scriptOpId } from '../../../machines/ids.ts';
import { clusterSpecSchema } from '../../../machines/specs.ts';
import type { ClusterPlan, InstanceFact, LaunchedNode } from '../../../machines/messages.ts';
import { attempt, orderOf, repeated, scope, stagedServer, startCloud } from './simulated-cloud.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

const uid = '01J8QZ0000000000000000LIFE';
const spec = clusterSpecSchema.parse({
  region: scope.region,
  servers: { count: 3, instanceTypes: ['t3.medium'] },
  agentPools: [{ name: 'web', count: 2, instanceTypes: ['m6i.large', 't3.medium'] }],
});
const token = launchToken(uid, 1, 's0', 1, 0);
let cloud: SimulatedCloud;
let plan: ClusterPlan;
let node: LaunchedNode;

beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.close());

/** Looks until the fact is as wanted; each look is one poll of the fleet. */
async function seen(wanted: (fact: InstanceFact) => boolean): Promise<void> {
  const look = async () => {
    const facts = await cloud.fleet.look(scope, new Set([node.instanceId]));
    return facts.get(uid)?.some((fact) => fact.instanceId === node.instanceId && wanted(fact));
  };
  await expect.poll(look, { timeout: 20_000, interval: 50 }).toBe(true);
}

it('plans against the catalogue and creates nothing by it', async () => {
  expect(await cloud.ownerOf(scope, attempt())).toBe('000000000000');
  plan = await cloud.surroundings.plan({ ...scope, spec, uid, plan: 1 }, attempt());
  expect(plan.zones).toHaveLength(3);
  expect(plan.version).toMatch(/^v1\.\d+\.\d+\+k3s\d+$/);
  expect(plan.offers['server']?.map(({ zone }) => zone)).toEqual(plan.zones);
  const state = await cloud.side('GET', 'state');
  expect(state['instances']).toEqual([]);
});

it('makes groups and secrets once, however often it is asked', async () => {
  const request = { ...scope, uid, cluster: 'default/life', vpcId: plan.vpcId, spec };
  const ensure = () => cloud.surroundings.ensureSecurityGroups(request, attempt());
  const groups = await repeated(ensure);
  expect(await repeated(ensure)).toEqual(groups);
  const names = await cloud.surroundings.ensureSecrets(scope, uid, attempt());
  expect(await cloud.surroundings.ensureSecrets(scope, uid, attempt())).toEqual(names);
  const state = await cloud.side('GET', 'state');
  expect(state['securityGroups']).toMatchObject([
    { name: expect.stringContaining(uid) },
    { name: expect.stringContaining(uid) },
  ]);
  expect(state['parameters']).toHaveLength(2);
});

it('launches one machine for one token', async () => {
  const request = { ...scope, uid, cluster: 'default/life', vpcId: plan.vpcId, spec };
  const groups = await repeated(() => cloud.surroundings.ensureSecurityGroups(request, attempt()));
  const [offer] = plan.offers['server'] ?? [];
  if (offer === undefined) throw new Error('the plan has no offer');
  const order = orderOf(offer, uid, {
    rootDevice: plan.rootDevice,
    securityGroupIds: [groups.servers, groups.nodes],
    protected: true,
  });
  const launch = () => repeated(() => cloud.machines.launch(order, token, attempt()));
  node = await launch();
  const again = await launch();
  expect(again.instanceId).toBe(node.instanceId);
  const find = () => cloud.machines.find(order, token, attempt());
  await expect.poll(find, { timeout: 10_000 }).toMatchObject({ instanceId: node.instanceId });
  const state = await cloud.side('GET', 'state');
  expect(state['launchedByUid']).toEqual({ [uid]: 1 });
});

it('sees it running and its agent online', async () => {
  await seen((fact) => fact.state === 'running' && fact.agentOnline);
});

it('runs the shipped scripts on it', async () => {
  const common = { FL_UID: uid, FL_CLUSTER: 'default/life', FL_NODE: 'life-server-0-1' };
  const opId = scriptOpId(uid, 's0', 1, 'stage', 1);
  const stage = () =>
    cloud.remote.run(
      {
        ...{ ...scope, instanceId: node.instanceId, verb: 'stage', opId, mayBeSent: false },
        parameters: { ...common, ...stagedServer(plan, spec, node.privateIp) },
      },
      attempt(),
    );
  await expect.poll(stage, { timeout: 40_000 }).toMatchObject({ ok: true, progress: 100 });
});

it('says Conflict while a machine still uses the groups', async () => {
  const run = cloud.surroundings.deleteSecurityGroups(scope, uid, plan.vpcId, attempt());
  await expect(run).rejects.toMatchObject({ fault: { type: 'Conflict' } });
});

it('terminates it, protected as it is, and leaves nothing behind', async () => {
  const { machines, surroundings } = cloud;
  const guarded = machines.terminate(scope, node.instanceId, false, attempt());
  await expect(guarded).rejects.toMatchObject({ fault: { code: 'OperationNotPermitted' } });
  const ended = await machines.terminate(scope, node.instanceId, true, attempt());
  expect(ended.state).toBe('shutting-down');
  await seen((fact) => fact.state === 'terminated');
  expect(await machines.listByUid(scope, uid, attempt())).toEqual([]);
  await surroundings.deleteSecurityGroups(scope, uid, plan.vpcId, attempt());
  await surroundings.deleteSecrets(scope, uid, attempt());
  expect(await surroundings.deleteSecrets(scope, uid, attempt())).toBe(0);
  const state = await cloud.side('GET', 'state');
  expect([state['securityGroups'], state['parameters']]).toEqual([[], []]);
});
