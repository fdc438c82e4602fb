// Bus: the same cases on the fake, in the simulation and on NATS.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus, CommandDelivery } from '../../../actors/ports.ts';
import { nameIn } from '../../servers/all-partitions.ts';
import type { FakeCommand } from '../../fakes/fake-bus.ts';
import { asked, fakeRig, natsRig, simulatedRig } from './bus-rigs.ts';
import type { Rig } from './bus-rigs.ts';
import { until } from './nats-rig.ts';

/** Where all commands of these tests go; the number that brings a name there is cut off again. */
const home = 5;

describe.each([
  ['fake', fakeRig],
  ['simulation', simulatedRig],
  ['NATS', natsRig],
])('bus on %s', (_name, start) => {
  let rig: Rig;
  let bus: Bus;
  let epoch = 0;
  beforeAll(async () => {
    rig = await start();
    ({ bus } = rig);
  });
  afterAll(() => rig.stop());

  /** Collects deliveries of a new epoch. */
  const consume = async (handle: (delivery: CommandDelivery) => void = () => {}) => {
    const got: CommandDelivery[] = [];
    const subscription = await bus.consumeCommands(home, (epoch += 1), (delivery) => {
      const told = { ...delivery, name: delivery.name.replace(/-\d+$/, '') };
      got.push(told);
      handle(told);
    });
    return { got, ...subscription };
  };
  const command = (name: string, verb = 'pause', more: Partial<FakeCommand> = {}): FakeCommand => ({
    ...{ namespace: 'shop', kind: 'cluster', verb },
    name: nameIn(home, name, { namespace: 'shop', kind: 'cluster' }),
    ...more,
  });
  const emptied = () => until(async () => (await rig.waiting()) === 0, 'the stream is empty');

  it('hands commands over in stream order with address, headers and payload', async () => {
    const feed = await consume((delivery) => delivery.ack());
    const sent = [];
    for (const name of ['a', 'b', 'c'])
      sent.push(await rig.publish(command(name, 'apply', { headers: { 'Fairlead-By': name } })));
    await until(() => feed.got.length === 3, 'three deliveries');
    expect(feed.got.map(({ sequence }) => sequence)).toEqual(sent.map(({ sequence }) => sequence));
    expect(feed.got[1]).toMatchObject({
      ...{ namespace: 'shop', kind: 'cluster', name: 'b', verb: 'apply', deliveries: 1 },
      headers: { 'Fairlead-By': 'b' },
    });
    expect(new TextDecoder().decode(feed.got[1]?.payload)).toBe('{}');
    await emptied();
    await feed.stop();
  });

  it('gives what was not acknowledged to the next epoch at once and in order', async () => {
    const first = await consume(({ name, ack }) => (name === 'acked' ? ack() : undefined));
    for (const name of ['x', 'acked', 'y', 'z']) await rig.publish(command(name));
    await until(async () => first.got.length === 4 && (await rig.waiting()) === 3, 'one acked');
    const next = await consume((delivery) => delivery.ack());
    await until(() => next.got.length === 3, 'three come back');
    expect(next.got.map(({ name }) => name)).toEqual(['x', 'y', 'z']);
    await emptied();
    expect(first.got).toHaveLength(4);
    await next.stop();
  });

  it('ignores acknowledgements of an epoch that was replaced', async () => {
    const first = await consume();
    await rig.publish(command('late'));
    await until(() => first.got.length === 1, 'delivered');
    const next = await consume();
    first.got[0]?.ack();
    await until(() => next.got.length === 1, 'delivered again');
    expect(await rig.waiting()).toBe(1);
    next.got[0]?.ack();
    await emptied();
    await next.stop();
  });

  it('hands a delivery that was lost over before its successors', async () => {
    const line = await rig.line();
    const got: string[] = [];
    const feed = await line.bus.consumeCommands(home, (epoch += 1), ({ verb, ack }) => {
      got.push(verb);
      ack();
    });
    await rig.publish(command('lost', 'pause'));
    await until(() => got.length === 1, 'the first');
    await line.lose(async () => {
      await rig.publish(command('lost', 'resume'));
      await rig.publish(command('lost', 'retry'));
    });
    await rig.publish(command('lost', 'delete'));
    await until(() => got.length >= 4, 'all of them');
    expect(got).toEqual(['pause', 'resume', 'retry', 'delete']);
    await emptied();
    await feed.stop();
  });

  it('hands over the commands of its partition only, whoever consumes another one', async () => {
    const elsewhere: string[] = [];
    const other = await bus.consumeCommands(home + 1, 1, ({ name, ack }) => {
      elsewhere.push(name);
      ack();
    });
    const feed = await consume((delivery) => delivery.ack());
    const away = nameIn(home + 1, 'away', asked);
    await rig.publish(command('here'));
    await rig.publish(command('away', 'pause', { name: away }));
    await emptied();
    expect([feed.got.map(({ name }) => name), elsewhere]).toEqual([['here'], [away]]);
    await other.stop();
    await feed.stop();
  });

  it('refuses an epoch behind the one that consumes, and names that one', async () => {
    const behind = epoch + 1;
    const feed = await bus.consumeCommands(home, (epoch += 2), () => {});
    const refused: unknown = await bus
      .consumeCommands(home, behind, () => {})
      .catch((thrown: unknown) => thrown);
    expect(refused).toMatchObject({ name: 'NewerOwner', epoch });
    await feed.stop();
  });

  it('folds a repeat of a command id', async () => {
    const feed = await consume((delivery) => delivery.ack());
    const repeat = command('r', 'apply', { headers: { 'Nats-Msg-Id': 'id-1' } });
    const first = await rig.publish(repeat);
    expect(await rig.publish(repeat)).toEqual({ sequence: first.sequence, duplicate: true });
    await emptied();
    await feed.stop();
    expect(feed.got).toHaveLength(1);
  });

  it('refuses the ninth waiting command of one actor and verb, not of another', async () => {
    for (let n = 0; n < 8; n += 1) await rig.publish(command('full'));
    await expect(rig.publish(command('full'))).rejects.toThrow();
    await rig.publish(command('full', 'resume'));
    const feed = await consume((delivery) => delivery.ack());
    await emptied();
    await feed.stop();
  });

  it('removes a refused command for certain, and a terminated one', async () => {
    const feed = await consume();
    await rig.publish(command('confirmed'));
    await rig.publish(command('terminated'));
    await until(() => feed.got.length === 2, 'two deliveries');
    await feed.got[0]?.ackConfirmed();
    expect(await rig.waiting()).toBe(1);
    await feed.got[1]?.terminate('command.malformed');
    await emptied();
    const next = await consume();
    await feed.stop();
    await next.stop();
    expect(next.got).toEqual([]);
  });

  it('hands nothing over while paused, and all of it afterwards', async () => {
    const feed = await consume((delivery) => delivery.ack());
    feed.pause();
    await rig.publish(command('p1'));
    await rig.publish(command('p2'));
    expect(feed.got).toEqual([]);
    expect(await rig.waiting()).toBe(2);
    feed.resume();
    await emptied();
    expect(feed.got.map(({ name }) => name)).toEqual(['p1', 'p2']);
    await feed.stop();
    await rig.publish(command('p3'));
    const next = await consume((delivery) => delivery.ack());
    await emptied();
    await next.stop();
    expect(feed.got).toHaveLength(2);
  });

  it('keeps each event once, and reads the newest of one resource back, oldest first [D-28] [R-35]', async () => {
    const resource = { namespace: 'shop', kind: 'cluster', name: 'hist' };
    for (const n of [1, 2, 2, 3])
      await bus.publishEvent({
        ...{ ...resource, id: `uid/${n}`, event: 'phaseChanged' },
        body: { id: `uid/${n}` },
      });
    const elsewhere = { ...resource, name: 'other' };
    await bus.publishEvent({ ...elsewhere, id: 'o/1', event: 'ready', body: { id: 'o/1' } });
    const ids = async (limit: number) =>
      (await bus.history({ ...resource, limit })).map((body) => body['id']);
    expect(await ids(10)).toEqual(['uid/1', 'uid/2', 'uid/3']);
    expect(await ids(2)).toEqual(['uid/2', 'uid/3']);
    expect(await bus.history({ ...resource, name: 'none', limit: 5 })).toEqual([]);
  });

  it('finds the problem of a dead-lettered command by its id', async () => {
    const feed = await consume();
    const odd = {
      'Nats-Msg-Id': 'odd-1',
      'Fairlead-Odd': 'x',
      'Nats-Expected-Stream': 'FAIRLEAD_CMD',
    };
    await rig.publish(command('dead', 'explode', { headers: odd, payload: new Uint8Array([1]) }));
    await until(() => feed.got.length === 1, 'delivered');
    const [delivery] = feed.got;
    if (!delivery) throw new Error('no delivery');
    const problem = { code: 'command.unknownVerb', message: 'no verb explode' };
    await bus.publishDeadLetter({ delivery, commandId: 'odd-1', problem });
    await delivery.terminate('command.unknownVerb');
    const of = { namespace: 'shop', kind: 'cluster', name: 'dead' };
    expect(await bus.findDeadLetter({ ...of, commandId: 'odd-1' })).toEqual(problem);
    expect(await bus.findDeadLetter({ ...of, commandId: 'odd-2' })).toBeUndefined();
    const other = { ...of, name: 'alive', commandId: 'odd-1' };
    expect(await bus.findDeadLetter(other)).toBeUndefined();
    await feed.stop();
  });

  it('tells what was waiting, and under which problem that very message was dead-lettered', async () => {
    const first = await consume();
    const ids = ['filed-1', 'filed-2', 'filed-3'];
    for (const id of ids)
      await rig.publish(command('filed', 'pause', { headers: { 'Nats-Msg-Id': id } }));
    await until(() => first.got.length === ids.length, 'delivered');
    expect(first.got.map(({ wasWaiting }) => wasWaiting)).toEqual([false, false, false]);
    const problemOf = (id: string) => ({ code: 'service.busy', message: id });
    const file = async (at: number, commandId: string) => {
      const delivery = first.got[at];
      if (!delivery) throw new Error('no delivery');
      await bus.publishDeadLetter({ delivery, commandId, problem: problemOf(commandId) });
    };
    const next = await consume(({ wasWaiting, ack }) => (wasWaiting ? undefined : ack()));
    await until(() => next.got.length === ids.length, 'delivered again');
    expect(next.got.map(({ wasWaiting }) => wasWaiting)).toEqual([true, true, true]);
    const letters = () =>
      Promise.all(next.got.map((each, at) => bus.letterOf(each, ids[at] ?? '')));
    // Not in the order of the stream: what is refused at the door is filed before what waits for its turn.
    await file(2, 'filed-3');
    expect(await letters()).toEqual([undefined, undefined, problemOf('filed-3')]);
    await file(0, 'filed-1');
    expect(await letters()).toEqual([problemOf('filed-1'), undefined, problemOf('filed-3')]);
    // The same id, and another message.
    ids[1] = 'filed-1';
    expect((await letters())[1]).toBeUndefined();
    for (const each of next.got) await each.ackConfirmed();
    await emptied();
    await rig.publish(command('filed'));
    await until(() => next.got.length === ids.length + 1, 'a fresh one');
    expect(next.got.at(-1)?.wasWaiting).toBe(false);
    await emptied();
    await next.stop();
  });

  it('replies to inboxes only, with the error in the headers', async () => {
    const box = rig.inbox();
    await expect(rig.ask('get', {})).rejects.toThrow();
    bus.reply('fairlead.v1.cmd.shop.cluster.eu.delete', { forged: true });
    bus.reply('_INBOX.>', { forged: true });
    bus.reply(box.address, { accepted: true });
    await until(() => box.replies().length === 1, 'the first reply');
    bus.reply(box.address, { code: 'x' }, { status: 409, text: 'x: line one\nline two' });
    await until(() => box.replies().length === 2, 'two replies');
    expect(box.replies()[0]).toEqual({ body: { accepted: true } });
    expect(box.replies()[1]).toMatchObject({ body: { code: 'x' }, error: { status: 409 } });
    expect(await rig.waiting()).toBe(0);
  });

  it('answers queries with body and error, and none after it stopped', async () => {
    const service = await bus.serveQueries(async ({ verb, name, payload }) => {
      const given = new TextDecoder().decode(payload);
      if (verb === 'get') return { body: { name, given } };
      return { body: { code: 'resource.notFound' }, error: { status: 404, text: 'none' } };
    });
    expect(await rig.ask('get', { a: 1 })).toEqual({ body: { name: 'eu', given: '{"a":1}' } });
    expect(await rig.ask('list', {})).toEqual({
      ...{ body: { code: 'resource.notFound' }, error: { status: 404, text: 'none' } },
    });
    await service.stop();
    await expect(rig.ask('get', {})).rejects.toThrow();
  });

  it('rejects publishes while disconnected; the command feed goes on by itself afterwards', async () => {
    const feed = await consume((delivery) => delivery.ack());
    await rig.publish(command('before'));
    await emptied();
    await rig.disconnect();
    expect(bus.connected()).toBe(false);
    const event = { namespace: 'shop', kind: 'cluster', name: 'n', id: 'd/1', event: 'ready' };
    await expect(bus.publishEvent({ ...event, body: {} })).rejects.toThrow();
    for (const before of feed.got) await expect(bus.letterOf(before, 'id')).rejects.toThrow();
    await rig.reconnect();
    expect(bus.connected()).toBe(true);
    await rig.publish(command('after'));
    await until(() => feed.got.some(({ name }) => name === 'after'), 'the feed goes on');
    await bus.publishEvent({ ...event, body: {} });
    await feed.stop();
  });
});
