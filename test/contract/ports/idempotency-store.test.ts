// IdempotencyStore: the same cases on the fake, the simulated one and JetStream KV.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IdempotencyStore } from '../../../actors/ports.ts';
import { createIdempotencyStore } from '../../../src/nats/idempotency.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { SimBucket } from '../../simulation/store.ts';
import { lossy, startRig } from './nats-rig.ts';
import { SimulatedWorld } from './simulated.ts';

interface Rig {
  readonly store: IdempotencyStore;
  /** Of another process. */
  readonly second: IdempotencyStore;
  loseNextAnswer(): void;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRig(): Promise<Rig> {
  const store = new FakeStore();
  return {
    ...{ store, second: store.secondClient() },
    loseNextAnswer: () => store.failNext('lostAnswer'),
    disconnect: async () => void (store.connected = false),
    reconnect: async () => void (store.connected = true),
    stop: async () => {},
  };
}

async function simulatedRig(): Promise<Rig> {
  const world = new SimulatedWorld();
  const bucket = new SimBucket('results', world.wire);
  return {
    store: bucket.results(world.life('one')),
    second: bucket.results(world.life('two')),
    loseNextAnswer: () => world.strikeNow('results', 'replyLost'),
    disconnect: async () => world.cutOff('one'),
    reconnect: async () => world.weather.clear(),
    stop: () => world.stop(),
  };
}

async function natsRig(): Promise<Rig> {
  const rig = await startRig();
  const { connection, loseNext } = lossy(rig.connection);
  return {
    store: await createIdempotencyStore(connection),
    second: await createIdempotencyStore(await rig.connect()),
    loseNextAnswer: loseNext,
    ...{ disconnect: rig.disconnect, reconnect: rig.reconnect, stop: rig.stop },
  };
}

describe.each([
  ['fake', fakeRig],
  ['simulation', simulatedRig],
  ['JetStream', natsRig],
])('idempotency store on %s', (_name, start) => {
  let rig: Rig;
  let store: IdempotencyStore;
  beforeAll(async () => {
    rig = await start();
    ({ store } = rig);
  });
  afterAll(() => rig.stop());

  /** As digests are: 64 hex digits. */
  const key = (letter: string): string => letter.repeat(64);

  it('loads what another process wrote, with its revision', async () => {
    expect(await store.load(key('0'))).toBeUndefined();
    const written = await store.write(key('a'), '{"n":1}', 0);
    if (written.kind !== 'written') throw new Error(written.kind);
    const { revision } = written;
    expect(await rig.second.load(key('a'))).toEqual({ key: key('a'), bytes: '{"n":1}', revision });
  });

  it('refuses to create what is there, and a revision that is over', async () => {
    const written = await store.write(key('b'), 'first', 0);
    if (written.kind !== 'written') throw new Error(written.kind);
    expect(await rig.second.write(key('b'), 'second', 0)).toEqual({ kind: 'stale' });
    expect(await rig.second.write(key('b'), 'next', written.revision)).toMatchObject({
      kind: 'written',
    });
    expect(await store.write(key('b'), 'late', written.revision)).toEqual({ kind: 'stale' });
    expect((await store.load(key('b')))?.bytes).toBe('next');
  });

  it('lets one of many writers win', async () => {
    const attempts = Array.from({ length: 12 }, (_, n) =>
      (n % 2 === 0 ? store : rig.second).write(key('c'), `${n}`, 0),
    );
    const kinds = (await Promise.all(attempts)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'written')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'stale')).toHaveLength(11);
  });

  it('says unknown when the answer is lost, and a read shows that it was stored', async () => {
    rig.loseNextAnswer();
    expect(await store.write(key('d'), 'stored', 0)).toMatchObject({ kind: 'unknown' });
    expect((await store.load(key('d')))?.bytes).toBe('stored');
  });

  it('scans each entry once, with its latest bytes', async () => {
    const found: { readonly key: string; readonly bytes: string }[] = [];
    for await (const each of store.scan()) found.push(each);
    expect(found.map((each) => each.key).sort()).toEqual(['a', 'b', 'c', 'd'].map(key));
    expect(found.find((each) => each.key === key('b'))?.bytes).toBe('next');
  });

  it('neither stores nor throws while disconnected, and goes on afterwards', async () => {
    await rig.disconnect();
    expect(await store.write(key('e'), 'lost', 0)).toMatchObject({ kind: 'unknown' });
    await expect(store.load(key('e'))).rejects.toThrow();
    await rig.reconnect();
    expect(await store.load(key('e'))).toBeUndefined();
    expect(await store.write(key('e'), 'back', 0)).toMatchObject({ kind: 'written' });
  });
});
