/** Calls for many machines on the wire: how many there are, and whose failure is whose. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchToken } from '../../../machines/ids.ts';
import { clusterSpecSchema } from '../../../machines/specs.ts';
import type { ClusterPlan } from '../../../machines/messages.ts';
import { createMachines } from '../../../src/aws/machines.ts';
import { FakeTelemetry } from '../../unit/actors/world.ts';
import { sharedCalls } from '../../fakes/shared-calls.ts';
import { attempt, orderOf, repeated, scope, startCloud } from './simulated-cloud.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

let cloud: SimulatedCloud;
let plan: ClusterPlan;

beforeAll(async () => {
  cloud = await startCloud();
  const spec = clusterSpecSchema.parse({
    region: scope.region,
    servers: { count: 1, instanceTypes: ['t3.medium'] },
  });
  const uid = '01J8QZ0000000000000000PLAN';
  plan = await cloud.surroundings.plan({ ...scope, spec, uid, plan: 1 }, attempt());
});
afterAll(() => cloud.close());

/** Launches machines of one uid and waits until they run. */
async function running(uid: string, count: number, isProtected = false): Promise<string[]> {
  const [offer] = plan.offers['server'] ?? [];
  if (offer === undefined) throw new Error('the plan has no offer');
  const ids: string[] = [];
  for (let slot = 0; slot < count; slot += 1) {
    const order = orderOf(offer, uid, { protected: isProtected });
    const node = await cloud.machines.launch(
      order,
      launchToken(uid, 1, `s${slot}`, 1, 0),
      attempt(),
    );
    ids.push(node.instanceId);
  }
  await inState(uid, 'running', count);
  return ids;
}

const inState = (uid: string, state: string, count: number) =>
  expect
    .poll(
      async () => {
        const facts = (await cloud.fleet.look(scope, new Set())).get(uid) ?? [];
        return facts.filter((each) => each.state === state).length;
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(count);

/** Calls of one operation so far. */
async function wireCalls(...ops: string[]): Promise<number> {
  const { calls } = (await cloud.side('GET', 'log')) as { calls: { op: string }[] };
  return calls.filter(({ op }) => ops.includes(op)).length;
}

const changing = ['StopInstances', 'StartInstances', 'TerminateInstances'];

/** Thirty calls at once are more than EC2 takes; here they are counted, not paced. */
beforeAll(async () => {
  for (const op of changing)
    await cloud.side('POST', 'throttle', { op, burst: 1_000, refillPerSecond: 1_000 });
});

it('a stop, start and end of ten machines takes three calls instead of thirty [G-33] [P-31] [P-47]', async () => {
  const life = async (uid: string, sizeMax: number): Promise<number> => {
    const machines = createMachines(cloud.sessions, sharedCalls(sizeMax));
    const ids = await running(uid, 10);
    const before = await wireCalls(...changing);
    await Promise.all(ids.map((id) => machines.stop(scope, id, attempt())));
    await inState(uid, 'stopped', 10);
    await Promise.all(ids.map((id) => machines.start(scope, id, attempt())));
    await inState(uid, 'running', 10);
    await Promise.all(ids.map((id) => machines.terminate(scope, id, false, attempt())));
    return (await wireCalls(...changing)) - before;
  };
  const on = await life('01J8QZ00000000000000BATCHA', 10);
  const off = await life('01J8QZ00000000000000BATCHB', 1);
  process.stdout.write(`wire calls for stop, start and end of ten: ${on} batched, ${off} single\n`);
  expect([on, off]).toEqual([3, 30]);
});

it('one bad id is found by halving: it fails alone, every other machine stops [G-31] [G-32]', async () => {
  const uid = '01J8QZ0000000000000000BADI';
  const telemetry = new FakeTelemetry();
  const machines = createMachines(cloud.sessions, sharedCalls(10, telemetry));
  const ids = await running(uid, 7);
  const wanted = [...ids, 'i-0123456789abcdef0', 'i-nonsense'];
  const results = await Promise.allSettled(wanted.map((id) => machines.stop(scope, id, attempt())));
  expect(results.slice(0, 7)).toEqual(
    ids.map(() => ({ status: 'fulfilled', value: { state: 'stopping' } })),
  );
  expect(results.slice(7)).toMatchObject([
    { reason: { fault: { type: 'NotFound', code: 'InvalidInstanceID.NotFound' } } },
    { reason: { fault: { type: 'InvalidSpec', code: 'InvalidInstanceID.Malformed' } } },
  ]);
  await inState(uid, 'stopped', 7);
  expect(telemetry.counts.get('fairlead_batch_items_total StopInstances ok')).toBe(7);
  expect(telemetry.counts.get('fairlead_batch_items_total StopInstances failed')).toBe(2);
  expect(telemetry.texts().at(-1)).toMatch(
    /^\[BATCH\] Batch operation StopInstances: 7 successful, 2 failed \[duration=\d+\.\ds\]$/,
  );
});

it('a protected machine is reported, the rest of its batch ends [G-31]', async () => {
  const uid = '01J8QZ0000000000000000PR0T';
  const machines = createMachines(cloud.sessions, sharedCalls());
  const free = await running(uid, 3);
  const [offer] = plan.offers['server'] ?? [];
  if (offer === undefined) throw new Error('the plan has no offer');
  const order = orderOf(offer, uid, { protected: true });
  const node = await cloud.machines.launch(order, launchToken(uid, 1, 's9', 1, 0), attempt());
  await inState(uid, 'running', 4);
  const [held, ...rest] = await Promise.allSettled(
    [node.instanceId, ...free].map((id) => machines.terminate(scope, id, false, attempt())),
  );
  expect(held).toMatchObject({ reason: { fault: { code: 'OperationNotPermitted' } } });
  expect(rest.map(({ status }) => status)).toEqual(free.map(() => 'fulfilled'));
  await machines.terminateAll(scope, [node.instanceId], attempt());
  await inState(uid, 'terminated', 4);
});

it('a machine of a host-gw cluster passes on packets of pods, others do not', async () => {
  const uid = '01J8QZ0000000000000000HGW0';
  const [routes = '', plain = ''] = await running(uid, 2);
  await repeated(() => cloud.machines.letRoute(scope, routes, attempt()));
  const seen = await cloud.sessions.ec2({ ...scope, ...attempt() }, 'describeInstances', {
    InstanceIds: [routes, plain],
  });
  const checks = (seen.Reservations ?? []).flatMap(({ Instances = [] }) =>
    Instances.map(({ InstanceId, SourceDestCheck }) => [InstanceId, SourceDestCheck]),
  );
  expect(Object.fromEntries(checks)).toEqual({ [routes]: false, [plain]: true });
});
