/** nullget: what a bucket acknowledged is there after any end of its server, and nobody can make it anew. */
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectNats } from '../../src/nats/connection.ts';
import type { Connection } from '../../src/nats/connection.ts';
import { hasCode, jetStreamCodes } from '../../src/nats/faults.ts';
import { startNats } from '../servers/nats.ts';
import type { NatsServer } from '../servers/nats.ts';
import { eachOf } from './run/pool.ts';

/** 500 or 2,000 keys do not show what old servers get wrong. */
const keys = Array.from({ length: 10_000 }, (_, index) => `${index % 64}.test.cluster.c${index}`);
const atOnce = 256;
const name = 'NULLGET';

let server: NatsServer;
let nats: Connection;
/** Revision of each key as acknowledged. */
const stored = new Map<string, number>();

beforeAll(async () => {
  server = await startNats();
  const { url, nkeySeedFile } = server;
  nats = await connectNats({ url, nkeySeedFile, name: 'nullget' });
  await new Kvm(nats.js).create(name, { history: 1 });
});
afterAll(async () => {
  await nats.close();
  await server.stop();
});

const valueOf = (key: string, round: number): string => `${key} ${round} ${'x'.repeat(200)}`;

const subjectOf = (key: string): string => `$KV.${name}.${key}`;

/** Writes every key by compare-and-set. */
async function write(round: number): Promise<void> {
  await eachOf(keys, atOnce, async (key) => {
    const expect = { lastSubjectSequence: stored.get(key) ?? 0 };
    const ack = await nats.js.publish(subjectOf(key), valueOf(key, round), { expect });
    stored.set(key, ack.seq);
  });
}

interface Found {
  readonly nulls: number;
  readonly stale: number;
  readonly made: number;
}

/** As the leader answers, and as any replica does. */
async function wrong(round: number): Promise<Record<'leader' | 'direct', Found>> {
  const leader = await new Kvm(nats.js).open(name);
  const direct = await new Kvm(nats.js).create(name, { history: 1 });
  return { leader: await look(leader, round), direct: await look(direct, round) };
}

async function look(from: KV, round: number): Promise<Found> {
  const found = { nulls: 0, stale: 0, made: 0 };
  await eachOf(keys, atOnce, async (key) => {
    const entry = await from.get(key);
    if (entry === null) found.nulls += 1;
    else if (entry.revision !== stored.get(key) || entry.string() !== valueOf(key, round))
      found.stale += 1;
  });
  await eachOf(keys, atOnce, async (key) => {
    try {
      const expect = { lastSubjectSequence: 0 };
      await nats.js.publish(subjectOf(key), 'made anew', { expect });
      found.made += 1;
    } catch (error) {
      if (!hasCode(error, jetStreamCodes.wrongLastSequence)) throw error;
    }
  });
  return found;
}

const nothing = { nulls: 0, stale: 0, made: 0 };

it('every key is there, leader and direct, while the server lives', async () => {
  for (const round of [1, 2, 3]) await write(round);
  expect(await wrong(3)).toEqual({ leader: nothing, direct: nothing });
});

it.each(['SIGTERM', 'SIGKILL'] as const)('every key is there after %s', async (signal) => {
  const round = signal === 'SIGTERM' ? 4 : 5;
  await write(round);
  await server.kill(signal);
  await server.restart();
  await nats.untilConnected(10_000);
  expect(await wrong(round)).toEqual({ leader: nothing, direct: nothing });
});
