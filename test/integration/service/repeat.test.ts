/** One command id, one execution: within the duplicate window, over a killed host, over a killed nats-server. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { stranger } from '../../servers/stranger.ts';
import type { Answer, Stranger } from '../../servers/stranger.ts';

let world: StackWorld;
let outside: Stranger;
/** What was answered to `pause-1`, once and for all; a resume came after it. */
let paused: Answer;

const cmd = (verb: string) => `fairlead.v1.cmd.test.cluster.once.${verb}`;
const qry = (verb: string) => `fairlead.v1.qry.test.cluster.once.${verb}`;
const creation = JSON.stringify({ manifest: manifest('once') });
const id = (commandId: string) => ({ 'Nats-Msg-Id': commandId });

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 22 });
  outside = await stranger(world.stack);
  await outside.command(cmd('create'), creation, id('create-1'));
  await world.until('once runs', async () => (await world.state('once')) === 'running.steady');
  paused = await outside.command(cmd('pause'), '{"reason":"a look"}', id('pause-1'));
  await outside.command(cmd('resume'), '{}', id('resume-1'));
});
afterAll(async () => {
  await outside.close();
  await world.close();
});

const outcomeOf = async (commandId: string) =>
  (await outside.query(qry('outcome'), JSON.stringify({ commandId }))).body;

async function expectOneExecution(): Promise<void> {
  const { body } = await outside.query(qry('get'));
  expect(body['status']).toMatchObject({ state: 'running.steady', paused: false });
  const history = await outside.query(qry('history'), '{"correlationId":"pause-1"}');
  const types = (history.body['items'] as { type: string }[]).map(({ type }) => type);
  expect(types.filter((type) => type === 'fairlead.cluster.paused.v1')).toHaveLength(1);
}

async function restartNats(): Promise<void> {
  await world.stack.nats.kill('SIGKILL');
  await world.stack.nats.start();
  const { httpPort } = world.stack.host.ready;
  const serves = async () => (await fetch(`http://127.0.0.1:${httpPort}/readyz`)).ok;
  await world.until('the host serves again', serves);
  const areBack = async () => world.client.connected() && (await outside.connected());
  await world.until('both clients are back', areBack);
}

it('within the duplicate window nothing is stored again, and the outcome is there to ask for', async () => {
  const again = await outside.publish(cmd('pause'), '{"reason":"a look"}', id('pause-1'));
  expect(again).toMatchObject({ duplicate: true });
  expect(await outcomeOf('pause-1')).toMatchObject({ accepted: true, commandId: 'pause-1' });
  await expectOneExecution();
});

it('the client library finds the outcome of a repeat by itself and says that it is one', async () => {
  const outcome = await world.client.command({
    ...{ namespace: 'test', kind: 'cluster', name: 'once', verb: 'pause' },
    ...{ arguments: { reason: 'a look' }, commandId: 'pause-1' },
  });
  const { revision, state } = paused.body;
  expect(outcome).toMatchObject({
    ok: true,
    commandId: 'pause-1',
    revision,
    state,
    repeated: true,
  });
  await expectOneExecution();
});

it('a host that was killed knows the outcome as before', async () => {
  await world.restartHost();
  expect(await outcomeOf('pause-1')).toEqual(expect.objectContaining(paused.body));
  await expectOneExecution();
});

it('after nats-server was killed the repeat is stored, and answered from the record', async () => {
  await restartNats();
  const again = await outside.command(cmd('pause'), '{"reason":"a look"}', id('pause-1'));
  expect(again.ack.duplicate ?? false).toBe(false);
  expect(again.body).toEqual({ ...paused.body, repeated: true });
  await expectOneExecution();
});

it('that repeat is counted as a duplicate that was folded [G-07] [C-26] [P-35]', async () => {
  const { httpPort } = world.stack.host.ready;
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const counted = (result: string): number => {
    const name = `fairlead_idempotency_duplicates_total{result="${result}"} `;
    const line = text.split('\n').find((each) => each.startsWith(name));
    return Number(line?.slice(name.length) ?? 0);
  };
  expect(counted('folded')).toBeGreaterThanOrEqual(1);
  // Hits are counted against repeats, not against first calls: those are misses and always will be.
  expect(counted('folded') / (counted('folded') + counted('run'))).toBeGreaterThan(0.9);
});

it('a repeated creation does not bring back what was deleted since', async () => {
  await outside.command(cmd('delete'), '{}');
  const gone = async () => (await world.state('once')) === 'resource.deleted';
  await world.until('once is deleted', gone);
  await restartNats();
  const again = await outside.command(cmd('create'), creation, id('create-1'));
  expect(again.body).toMatchObject({ accepted: true, commandId: 'create-1', repeated: true });
  expect(await world.state('once')).toBe('resource.deleted');
  expect(Object.values((await world.truth()).launchedByUid)).toEqual([1]);
});
