// The command feed and the query service under trouble: a killed server, a lost durable, a newer owner.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Bus, CommandDelivery } from '../../../actors/ports.ts';
import { commandSubject } from '../../../src/nats/subjects.ts';
import { startRig, until } from '../../contract/ports/nats-rig.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';
import { partitionOf } from '../../../machines/ids.ts';
import { consumeAll } from '../../servers/all-partitions.ts';

let rig: NatsRig;
let bus: Bus;
beforeAll(async () => {
  rig = await startRig();
  ({ bus } = rig);
});
afterAll(() => rig.stop());

const to = (name: string) => ({ namespace: 'shop', kind: 'cluster', name, verb: 'pause' });
const send = (name: string, id: string) =>
  rig.connection.ask(() =>
    rig.connection.js.publish(commandSubject(to(name)), '{}', { msgID: id }),
  );

describe('command feed', () => {
  it('loses no command when the server is killed under load, and keeps the order of each actor [D-28]', async () => {
    const seen = new Map<string, number[]>();
    const feed = await consumeAll(bus, 1, (delivery: CommandDelivery) => {
      const numbers = seen.get(delivery.name) ?? [];
      const n = Number(delivery.headers['Nats-Msg-Id']?.split('-')[1]);
      if (!numbers.includes(n)) numbers.push(n);
      seen.set(delivery.name, numbers);
      delivery.ack();
    });
    const producer = async (name: string): Promise<void> => {
      for (let n = 0; n < 120;) {
        try {
          await send(name, `${name}-${n}`);
          n += 1;
        } catch {
          // Unknown or full: the same id again folds if it was stored.
          await rig.connection.untilConnected(10_000);
        }
      }
    };
    const names = ['a', 'b', 'c', 'd'];
    const producing = Promise.all(names.map(producer));
    const count = (): number => [...seen.values()].reduce((sum, { length }) => sum + length, 0);
    for (const share of [80, 240]) {
      await until(() => count() > share, 'commands flow');
      await rig.server.restart();
    }
    await producing;
    await until(() => count() === names.length * 120, 'every command is delivered', 30_000);
    const inOrder = Array.from({ length: 120 }, (_, n) => n);
    for (const name of names) expect(seen.get(name)).toEqual(inOrder);
    await feed.stop();
  });

  it('comes back when its durable was deleted', async () => {
    const got: string[] = [];
    const partition = partitionOf(to('healed'));
    const feed = await bus.consumeCommands(partition, 2, (delivery) => {
      got.push(delivery.name);
      delivery.ack();
    });
    await rig.connection.jsm.consumers.delete('FAIRLEAD_CMD', `p${partition}-e2`);
    await send('healed', 'healed-1');
    await until(() => got.includes('healed'), 'delivered after healing');
    await feed.stop();
  });

  it('stays away when a newer owner consumes, and refuses to start behind it', async () => {
    const old = await bus.consumeCommands(7, 3, () => {});
    const next = await bus.consumeCommands(7, 4, (delivery) => delivery.ack());
    await until(
      () => rig.logged.some((line) => line.startsWith('a newer owner consumes')),
      'the old owner gives up',
    );
    await expect(bus.consumeCommands(7, 3, () => {})).rejects.toThrow(/newer owner than epoch 3/);
    const consumers: string[] = [];
    for await (const { name } of rig.connection.jsm.consumers.list('FAIRLEAD_CMD'))
      consumers.push(name);
    expect(consumers.filter((name) => name.startsWith('p7-'))).toEqual(['p7-e4']);
    await old.stop();
    await next.stop();
  });

  it('hands a command that is still being worked on over once, whatever the server redelivers', async () => {
    const got: CommandDelivery[] = [];
    const partition = partitionOf(to('slow'));
    const durable = `p${partition}-e5`;
    const feed = await bus.consumeCommands(partition, 5, (delivery) => got.push(delivery));
    await rig.connection.jsm.consumers.update('FAIRLEAD_CMD', durable, {
      ...{ ack_wait: 300_000_000, max_ack_pending: 500 },
      filter_subject: `fairlead.v1.pcmd.${partition}.>`,
    });
    await send('slow', 'slow-1');
    const redelivered = async () =>
      (await rig.connection.jsm.consumers.info('FAIRLEAD_CMD', durable)).num_redelivered > 0;
    await until(redelivered, 'the server redelivers');
    expect(got).toHaveLength(1);
    got[0]?.ack();
    const isEmpty = async () =>
      (await rig.connection.jsm.streams.info('FAIRLEAD_CMD')).state.messages === 0;
    await until(isEmpty, 'removed');
    await feed.stop();
  });

  it('hands a command over once, whatever the server sends again while the feed is paused', async () => {
    const got: string[] = [];
    const to = Array.from({ length: 6 }, (_, n) => `held-${n}`);
    const partition = partitionOf({ namespace: 'shop', kind: 'cluster', name: 'held' });
    const durable = `p${partition}-e9`;
    const feed = await bus.consumeCommands(partition, 9, (delivery) => {
      got.push(delivery.headers['Nats-Msg-Id'] ?? '');
      feed.pause(); // as a host does at its bound
      void delivery.ackConfirmed().then(() => feed.resume());
    });
    feed.pause();
    await rig.connection.jsm.consumers.update('FAIRLEAD_CMD', durable, {
      ...{ ack_wait: 200_000_000, max_ack_pending: 500 },
      filter_subject: `fairlead.v1.pcmd.${partition}.>`,
    });
    for (const id of to) await send('held', id);
    const info = () => rig.connection.jsm.consumers.info('FAIRLEAD_CMD', durable);
    const copies = async () => (await info()).delivered.consumer_seq >= 3 * to.length;
    await until(copies, 'each was sent three times');
    feed.resume();
    await send('held', 'held-last');
    await until(() => got.includes('held-last'), 'the last one is handed over');
    await until(async () => (await info()).num_ack_pending === 0, 'every copy is settled');
    expect(got).toEqual([...to, 'held-last']);
    await feed.stop();
  });
});

describe('query service', () => {
  it('shows itself as a NATS micro service', async () => {
    const service = await bus.serveQueries(async () => ({ body: {} }));
    const { nc } = rig.connection;
    const ask = async (subject: string) =>
      (await nc.request(subject, '', { timeout: 2_000 })).json<Record<string, unknown>>();
    const ping = await ask('$SRV.PING');
    expect(ping).toMatchObject({
      ...{ type: 'io.nats.micro.v1.ping_response', name: 'fairlead', version: '0.1.0' },
    });
    expect(await ask('$SRV.INFO.fairlead')).toMatchObject({
      type: 'io.nats.micro.v1.info_response',
      endpoints: [{ name: 'query', subject: 'fairlead.v1.qry.*.*.*.*', queue_group: 'q' }],
    });
    await ask('fairlead.v1.qry.shop.cluster.eu.get');
    expect(await ask(`$SRV.STATS.fairlead.${String(ping['id'])}`)).toMatchObject({
      type: 'io.nats.micro.v1.stats_response',
      endpoints: [{ num_requests: 1, num_errors: 0, processing_time: expect.any(Number) }],
    });
    await service.stop();
    await expect(ask('$SRV.PING.fairlead')).rejects.toThrow();
  });

  it('answers 500 when the handler fails, and nothing to a reply subject that is no inbox', async () => {
    const service = await bus.serveQueries(async () => {
      throw new Error('boom');
    });
    const { nc, jsm } = rig.connection;
    const answer = await nc.request('fairlead.v1.qry.shop.cluster.eu.get', '', { timeout: 2_000 });
    expect(answer.headers?.get('Nats-Service-Error-Code')).toBe('500');
    const before = (await jsm.streams.info('FAIRLEAD_CMD')).state.last_seq;
    const reply = commandSubject({ ...to('forged'), verb: 'delete' });
    nc.publish('fairlead.v1.qry.shop.cluster.eu.get', '', { reply });
    await until(
      () => rig.logged.some((line) => line.startsWith('query without an inbox')),
      'dropped',
    );
    expect((await jsm.streams.info('FAIRLEAD_CMD')).state.last_seq).toBe(before);
    await service.stop();
  });
});
