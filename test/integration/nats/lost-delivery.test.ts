// A delivery that is lost on its way to a host, against a real server.
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { consumeCommands } from '../../../src/nats/commands.ts';
import { connectNats } from '../../../src/nats/connection.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { setUpStreams } from '../../../src/nats/setup.ts';
import { commandSubject, streams } from '../../../src/nats/subjects.ts';
import { partitionOf } from '../../../machines/ids.ts';
import { Link } from '../../chaos/run/link.ts';
import { startNats } from '../../servers/nats.ts';
import type { NatsServer } from '../../servers/nats.ts';

const key = { namespace: 'test', kind: 'cluster', name: 'c1' };

let server: NatsServer;
let link: Link;
let host: Connection;
let caller: Connection;

beforeAll(async () => {
  server = await startNats();
  link = await Link.open(() => ({ port: Number(new URL(server.url).port) }));
  const { nkeySeedFile } = server;
  caller = await connectNats({ url: server.url, nkeySeedFile, name: 'caller' });
  await setUpStreams(caller, { holder: 'h1', binding: { mode: 'simulator' } });
  const url = `nats://127.0.0.1:${link.port}`;
  host = await connectNats({ url, nkeySeedFile, name: 'host' });
});
afterAll(async () => {
  await host.close();
  await caller.close();
  await link.close();
  await server.stop();
});

const send = (verb: string) => caller.js.publish(commandSubject({ ...key, verb }), '{}');

it('comes back before its successors when the connection is another', async () => {
  const taken: string[] = [];
  const turf = { partition: partitionOf(key), epoch: 1 };
  const feed = await consumeCommands(
    host,
    () => undefined,
    turf,
    (delivery) => {
      taken.push(delivery.verb);
      delivery.ack();
    },
  );
  await send('first');
  await vi.waitUntil(() => taken.length === 1);
  link.silence();
  await send('second');
  const isUnderWay = async () =>
    (await caller.jsm.consumers.info(streams.commands, 'p' + String(turf.partition) + '-e1'))
      .num_ack_pending > 0;
  await vi.waitUntil(isUnderWay, { timeout: 5_000, interval: 20 });
  // What was on the line is gone with it; the lease is not.
  link.cut();
  await vi.waitUntil(() => !host.connected(), { timeout: 5_000 });
  link.heal();
  await host.untilConnected(5_000);
  await send('third');
  await vi.waitUntil(() => taken.length >= 3, { timeout: 20_000, interval: 20 });
  expect(taken).toEqual(['first', 'second', 'third']);
  await feed.stop();
});
