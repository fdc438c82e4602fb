// RecordStore: the same cases on the fake, the simulated one and JetStream KV.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RecordStore, StoredRecord } from '../../../actors/ports.ts';
import { createRecordStore } from '../../../src/nats/records.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { SimBucket } from '../../simulation/store.ts';
import { lossy, startRig, until } from './nats-rig.ts';
import type { NatsRig } from './nats-rig.ts';
import { SimulatedWorld } from './simulated.ts';

interface Rig {
  readonly store: RecordStore;
  readonly second: RecordStore;
  loseNextAnswer(): void;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRig(): Promise<Rig> {
  const store = new FakeStore();
  return {
    store,
    second: store.secondClient(),
    loseNextAnswer: () => store.failNext('lostAnswer'),
    disconnect: async () => void (store.connected = false),
    reconnect: async () => void (store.connected = true),
    stop: async () => {},
  };
}

async function simulatedRig(): Promise<Rig> {
  const world = new SimulatedWorld();
  const bucket = new SimBucket('store', world.wire);
  return {
    store: bucket.records(world.life('one')),
    second: bucket.records(world.life('two')),
    loseNextAnswer: () => world.strikeNow('store', 'replyLost'),
    disconnect: async () => world.cutOff('one'),
    reconnect: async () => world.weather.clear(),
    stop: () => world.stop(),
  };
}

async function natsRig(): Promise<Rig> {
  const rig = await startRig();
  const { connection, loseNext } = lossy(rig.connection);
  const other = await rig.connect();
  return {
    store: await createRecordStore(connection),
    second: await createRecordStore(other),
    loseNextAnswer: loseNext,
    ...{ disconnect: rig.disconnect, reconnect: rig.reconnect, stop: rig.stop },
  };
}

describe.each([
  ['fake', fakeRig],
  ['simulation', simulatedRig],
  ['JetStream', natsRig],
])('record store on %s', (_name, start) => {
  let rig: Rig;
  let store: RecordStore;
  beforeAll(async () => {
    rig = await start();
    ({ store } = rig);
  });
  afterAll(() => rig.stop());

  const create = async (key: string, bytes: string): Promise<number> => {
    const outcome = await store.write(key, bytes, 0);
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    return outcome.revision;
  };

  it('loads nothing for a key that was never written', async () => {
    expect(await store.load('1.a.cluster.never')).toBeUndefined();
  });

  it('loads what was written, with its revision', async () => {
    const key = '1.a.cluster.created';
    const revision = await create(key, '{"n":"ä"}');
    expect(await store.load(key)).toEqual({ key, bytes: '{"n":"ä"}', revision });
    expect(await rig.second.load(key)).toEqual({ key, bytes: '{"n":"ä"}', revision });
  });

  it('refuses to create a key that exists', async () => {
    const key = '1.a.cluster.twice';
    await create(key, 'first');
    expect(await store.write(key, 'second', 0)).toEqual({ kind: 'stale' });
    expect((await store.load(key))?.bytes).toBe('first');
  });

  it('refuses a revision that is not the current one and writes nothing', async () => {
    const key = '1.a.cluster.stale';
    const old = await create(key, 'old');
    const next = await rig.second.write(key, 'new', old);
    expect(next.kind === 'written' && next.revision > old).toBe(true);
    expect(await store.write(key, 'late', old)).toEqual({ kind: 'stale' });
    expect((await store.load(key))?.bytes).toBe('new');
  });

  it('lets exactly one of many writers with one expected revision win', async () => {
    const key = '1.a.cluster.race';
    const revision = await create(key, 'start');
    const attempts = Array.from({ length: 24 }, (_, n) =>
      (n % 2 === 0 ? store : rig.second).write(key, `writer ${n}`, revision),
    );
    const kinds = (await Promise.all(attempts)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'written')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'stale')).toHaveLength(23);
  });

  it('says unknown when the answer is lost, and a read shows that it was stored', async () => {
    const key = '1.a.cluster.lost';
    rig.loseNextAnswer();
    expect(await store.write(key, 'stored', 0)).toMatchObject({ kind: 'unknown' });
    expect((await store.load(key))?.bytes).toBe('stored');
  });

  it('scans each record once with its latest revision, of all or of the given partitions', async () => {
    const first = await create('7.scan.cluster.a', 'a1');
    await store.write('7.scan.cluster.a', 'a2', first);
    await create('8.scan.cluster.b', 'b');
    await create('9.scan.cluster.c', 'c');
    const bytes = async (partitions?: number[]): Promise<string[]> => {
      const found: StoredRecord[] = [];
      for await (const each of store.scan(partitions)) found.push(each);
      return found
        .filter(({ key }) => key.includes('.scan.'))
        .map((each) => each.bytes)
        .sort();
    };
    expect(await bytes()).toEqual(['a2', 'b', 'c']);
    expect(await bytes([7, 9])).toEqual(['a2', 'c']);
    expect(await bytes([63])).toEqual([]);
    expect(await bytes([])).toEqual([]);
  });

  it('stores nothing while disconnected, says so without throwing, and goes on afterwards', async () => {
    const key = '1.a.cluster.away';
    await rig.disconnect();
    expect(await store.write(key, 'lost', 0)).toMatchObject({ kind: 'unknown' });
    await expect(store.load(key)).rejects.toThrow();
    await rig.reconnect();
    expect(await store.load(key)).toBeUndefined();
    await create(key, 'back');
  });
});

describe('record store on JetStream only', () => {
  let rig: NatsRig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  it('loses no acknowledged write when the server is killed under load', async () => {
    const store = await createRecordStore(rig.connection);
    const acknowledged = new Map<string, { n: number; revision: number }>();
    let isWriting = true;
    const writer = async (w: number): Promise<void> => {
      const key = `${w}.kill.cluster.w${w}`;
      for (let n = 1; isWriting; n += 1) {
        const expected = acknowledged.get(key)?.revision ?? 0;
        const outcome = await store.write(key, String(n), expected);
        if (outcome.kind === 'written') acknowledged.set(key, { n, revision: outcome.revision });
        else if (outcome.kind === 'stale') throw new Error(`${key} has a second writer`);
        else {
          await rig.connection.untilConnected(10_000);
          const stored = await store.load(key);
          if (stored && stored.revision > expected)
            acknowledged.set(key, { n: Number(stored.bytes), revision: stored.revision });
        }
      }
    };
    const writers = Array.from({ length: 16 }, (_, w) => writer(w));
    for (let kills = 0; kills < 2; kills += 1) {
      const before = total(acknowledged);
      await until(() => total(acknowledged) > before + 200, 'writes go on');
      await rig.server.restart();
    }
    await until(() => rig.connection.connected(), 'connected again');
    isWriting = false;
    await Promise.all(writers);
    for (const [key, { n, revision }] of acknowledged)
      expect(await store.load(key)).toEqual({ key, bytes: String(n), revision });
  });

  it('scans more records than one batch holds', async () => {
    const store = await createRecordStore(rig.connection);
    const names = Array.from({ length: 1_200 }, (_, n) => `50.big.cluster.n${n}`);
    await Promise.all(names.map((key) => store.write(key, key, 0)));
    const found = new Set<string>();
    for await (const { key } of store.scan([50])) found.add(key);
    expect(found).toEqual(new Set(names));
  });

  it('writes in place once the server is back, when it was away for less than two seconds', async () => {
    const store = await createRecordStore(rig.connection);
    await rig.server.kill('SIGKILL');
    await until(() => !rig.connection.connected(), 'disconnected');
    const writing = store.write('1.away.cluster.short', 'kept', 0);
    await rig.server.restart();
    expect(await writing).toMatchObject({ kind: 'written' });
  });
});

const total = (acknowledged: Map<string, { n: number }>): number =>
  [...acknowledged.values()].reduce((sum, { n }) => sum + n, 0);
