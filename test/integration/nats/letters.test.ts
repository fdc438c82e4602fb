// Dead letters as the next owner of a command reads them, on a real server.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommandDelivery } from '../../../actors/ports.ts';
import { commandSubject } from '../../../src/nats/subjects.ts';
import { startRig, until } from '../../contract/ports/nats-rig.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';
import { partitionOf } from '../../../machines/ids.ts';

const to = { namespace: 'shop', kind: 'cluster', name: 'eu', verb: 'pause' };

let rig: NatsRig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.stop());

const consume = async (epoch: number) => {
  const got: CommandDelivery[] = [];
  const feed = await rig.bus.consumeCommands(partitionOf(to), epoch, (each) => got.push(each));
  return { got, feed };
};
const send = (id: string) =>
  rig.connection.ask(() => rig.connection.js.publish(commandSubject(to), '{}', { msgID: id }));
const problemOf = (id: string) => ({ code: 'service.busy', message: id });

it('finds the letter of each message behind those of others, after a restart and when the message is gone', async () => {
  const { got } = await consume(1);
  const ids = ['a', 'b', 'c', 'd'];
  for (const id of ids) await send(id);
  await until(() => got.length === ids.length, 'delivered');
  // None for the last.
  for (const [at, delivery] of got.entries()) {
    const commandId = ids[at] ?? '';
    const problem = problemOf(commandId);
    if (commandId !== 'd') await rig.bus.publishDeadLetter({ delivery, commandId, problem });
  }
  await rig.server.restart();
  await rig.connection.untilConnected(10_000);
  const next = await consume(2);
  await until(() => next.got.length === ids.length, 'delivered again');
  expect(next.got.every(({ wasWaiting }) => wasWaiting)).toBe(true);
  const letters = () =>
    Promise.all(next.got.map((each, at) => rig.bus.letterOf(each, ids[at] ?? '')));
  const told = [...ids.slice(0, 3).map(problemOf), undefined];
  expect(await letters()).toEqual(told);
  for (const each of next.got) await each.ackConfirmed();
  expect(await letters()).toEqual(told);
  await next.feed.stop();
});

it('counts what was there as waiting for the next owner, what comes after its durable was made anew as fresh', async () => {
  const first = await consume(3);
  await send('held');
  await until(() => first.got.length === 1, 'delivered');
  const { got, feed } = await consume(4);
  await until(() => got.length === 1, 'delivered again');
  const healed = () =>
    rig.logged.filter((line) => /^command feed is back.*"epoch":4/.test(line)).length === 1;
  await rig.connection.jsm.consumers.delete('FAIRLEAD_CMD', `p${partitionOf(to)}-e4`);
  await until(healed, 'healed');
  await send('fresh');
  await until(() => got.length === 2, 'both');
  expect([...first.got, ...got].map(({ wasWaiting }) => wasWaiting)).toEqual([false, true, false]);
  for (const each of got) each.ack();
  await feed.stop();
});
