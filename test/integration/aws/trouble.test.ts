import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { launchToken } from '../../../machines/ids.ts';
import { clusterSpecSchema } from '../../../machines/specs.ts';
import type { Offer } from '../../../machines/messages.ts';
import { attempt, orderOf, scope, startCloud } from './simulated-cloud.ts';
import type { SimulatedCloud } from './simulated-cloud.ts';

const uid = '01J8QZ00000000000000TR0VBE';
let cloud: SimulatedCloud;
let offers: readonly Offer[];

beforeAll(async () => {
  cloud = await startCloud();
  const spec = clusterSpecSchema.parse({ region: scope.region });
  const plan = await cloud.surroundings.plan({ ...scope, spec, uid, plan: 1 }, attempt());
  offers = plan.offers['server'] ?? [];
});
afterEach(() => cloud.side('DELETE', 'faults'));
afterAll(() => cloud.close());

const offer = (index: number): Offer => {
  const found = offers[index];
  if (found === undefined) throw new Error(`the plan has no offer ${index}`);
  return found;
};

it('finds the machine whose launch lost its reply, and makes no second one [R-11]', async () => {
  const order = orderOf(offer(0), uid);
  const token = launchToken(uid, 1, 's0', 1, 0);
  await cloud.side('POST', 'faults', { op: 'RunInstances', nth: 1, act: { kind: 'hangupAfter' } });
  const lost = cloud.machines.launch(order, token, attempt());
  await expect(lost).rejects.toMatchObject({ fault: { mayHaveHappened: true } });
  const again = await cloud.machines.launch(order, token, attempt());
  const find = () => cloud.machines.find(order, token, attempt());
  await expect.poll(find, { timeout: 10_000 }).toMatchObject({ instanceId: again.instanceId });
  const state = await cloud.side('GET', 'state');
  expect(state['launchedByUid']).toEqual({ [uid]: 1 });
});

it.each([
  ['a reset', { kind: 'rst' }, true],
  ['a cut body', { kind: 'cutBody' }, true],
  ['an HTML page', { kind: 'html500' }, true],
  ['a throttled call', { kind: 'error', code: 'RequestLimitExceeded', status: 503 }, false],
])('says after %s whether the launch may have happened', async (_what, act, happened) => {
  await cloud.side('POST', 'faults', { op: 'RunInstances', nth: 1, act });
  const order = orderOf(offer(0), `${uid.slice(0, -1)}X`);
  const token = launchToken(order.tags['fairlead:uid'] ?? '', 1, 's0', 1, 0);
  const run = cloud.machines.launch(order, token, attempt());
  await expect(run).rejects.toMatchObject({ fault: { mayHaveHappened: happened } });
});

it('hands on the hint of a throttled call as a floor', async () => {
  const act = { kind: 'error', code: 'RequestLimitExceeded', status: 503, retryAfterSeconds: 3 };
  await cloud.side('POST', 'faults', { op: 'DescribeInstances', nth: 1, act });
  const look = cloud.fleet.look(scope, new Set());
  await expect(look).rejects.toMatchObject({ fault: { type: 'RateLimit', retryAfterMs: 3_000 } });
});

it('reports a full zone as a capacity shortage and launches in the next', async () => {
  const full = offer(0);
  await cloud.side('POST', 'capacity', { zone: full.zone, left: 0 });
  const order = (each: Offer) => orderOf(each, '01J8QZ0000000000000000FV77');
  const refused = cloud.machines.launch(order(full), 'fl-full-o0', attempt());
  await expect(refused).rejects.toMatchObject({
    fault: { type: 'CapacityShortage', mayHaveHappened: false },
  });
  const node = await cloud.machines.launch(order(offer(1)), 'fl-full-o1', attempt());
  expect(node.zone).toBe(offer(1).zone);
});

it('is refused with a wrong key, and takes no empty cloud for an answer', async () => {
  const stranger = cloud.withKey('AKIDSTRANGER');
  await expect(stranger.fleet.look(scope, new Set())).rejects.toMatchObject({
    fault: { type: 'Unauthorized' },
  });
  stranger.close();
});

it('follows the command whose send lost its reply instead of sending another', async () => {
  const order = orderOf(offer(1), '01J8QZ000000000000000C0MMD');
  const node = await cloud.machines.launch(order, 'fl-command', attempt());
  const online = async () => {
    const facts = await cloud.fleet.look(scope, new Set([node.instanceId]));
    return [...facts.values()].flat().find((each) => each.instanceId === node.instanceId)
      ?.agentOnline;
  };
  await expect.poll(online, { timeout: 20_000, interval: 50 }).toBe(true);
  await cloud.side('POST', 'faults', { op: 'SendCommand', nth: 1, act: { kind: 'hangupAfter' } });
  const observe = (mayBeSent: boolean) =>
    cloud.remote.run(
      {
        ...{ ...scope, instanceId: node.instanceId, verb: 'observe', opId: 'op-1', mayBeSent },
        parameters: { FL_UID: 'u1', FL_CLUSTER: 'default/x', FL_NODE: 'x-server-0-1' },
      },
      attempt(),
    );
  await expect(observe(false)).rejects.toMatchObject({ fault: { mayHaveHappened: true } });
  const listed = async () => {
    const list = await cloud.sessions.ssm({ ...scope, ...attempt() }, 'listCommands', {});
    return list.Commands?.length;
  };
  await expect.poll(listed, { timeout: 10_000 }).toBe(1);
  const answer = await observe(true);
  expect(answer.code).not.toBe('');
  const state = await cloud.side('GET', 'state');
  expect(state['commands']).toMatchObject([{ comment: 'op-1' }]);
});
