/** One write by itself: repeated and read back until its outcome is certain. */
import { expect, it } from 'vitest';
import { commit, loadRecord } from '../../../actors/commit.ts';
import type { CommitOptions } from '../../../actors/commit.ts';
import type { WriteOutcome } from '../../../actors/ports.ts';
import { hosting } from '../../../machines/limits.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

function newWorld() {
  const store = new FakeStore();
  const clock = new ManualClock();
  clock.freeze(7_000); // so that a time is not its own distance from the start
  const told = { logs: [] as unknown[][], counts: [] as unknown[][], observed: [] as unknown[][] };
  const ours = { is: true };
  const options: CommitOptions = {
    ...{ store, clock, owned: () => ours.is },
    telemetry: {
      log: (...line) => told.logs.push(line),
      count: (...line) => told.counts.push(line),
      observe: (...line) => told.observed.push(line),
    },
  };
  return { store, clock, told, ours, options };
}

const outcomes = (store: FakeStore): string[] => store.writes.map(({ outcome }) => outcome.kind);

it('tells the revision of what it wrote', async () => {
  const { options, store, told } = newWorld();
  expect(await commit(options, 'k', 'b', 0)).toEqual({ kind: 'written', revision: 1 });
  expect(store.peek('k')).toEqual({ key: 'k', bytes: 'b', revision: 1 });
  expect(told.counts).toEqual([['fairlead_store_writes_total', { outcome: 'written' }]]);
  expect(told.logs).toEqual([]);
});

it('never writes again after a stale answer, nor reads', async () => {
  const { options, store } = newWorld();
  store.plant('k', 'b');
  let loads = 0;
  const counted = counting(store, () => (loads += 1));
  expect(await commit({ ...options, store: counted }, 'k', 'b', 0)).toEqual({ kind: 'stale' });
  expect([outcomes(store), loads]).toEqual([['stale'], 0]);
});

it('does not read back what the store says it has written', async () => {
  const { options, store } = newWorld();
  let loads = 0;
  const counted = counting(store, () => (loads += 1));
  await commit({ ...options, store: counted }, 'k', 'b', 0);
  expect(loads).toBe(0);
});

it('takes its own bytes for its own write when the answer was lost', async () => {
  const { options, store, clock } = newWorld();
  store.failNext('lostAnswer');
  const done = commit(options, 'k', 'b', 0);
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'written', revision: 1 });
  expect(outcomes(store)).toEqual(['unknown']);
});

it('writes again when the request was lost', async () => {
  const { options, store, clock } = newWorld();
  store.failNext('lostRequest', 'lostRequest');
  const done = commit(options, 'k', 'b', 0);
  await clock.advance(10_000);
  expect(await done).toEqual({ kind: 'written', revision: 1 });
  expect(outcomes(store)).toEqual(['unknown', 'unknown', 'written']);
  const { storeRetryFirstMs: first } = hosting;
  expect(clock.asked).toEqual([first, first * 2]);
});

it('writes over a former record again when the request was lost', async () => {
  const { options, store, clock } = newWorld();
  const { revision } = store.plant('k', 'former');
  store.failNext('lostRequest');
  const done = commit(options, 'k', 'b', revision);
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'written', revision: 2 });
});

it('gives up when another write is found after a lost answer', async () => {
  const { options, store, clock } = newWorld();
  store.failNext('lostRequest');
  const done = commit(options, 'k', 'b', 0);
  await settle();
  store.plant('k', 'another');
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'stale' });
  expect(store.peek('k')?.bytes).toBe('another');
});

it('takes a stale answer after a lost one for its own late write', async () => {
  const { options, store, clock } = newWorld();
  store.failNext('lostRequest');
  const load = store.load.bind(store);
  // The first write lands between the look at the key and the second write.
  const late = {
    ...portOf(store),
    load: async (key: string) => {
      const found = await load(key);
      if (store.writes.length === 1) store.plant(key, 'b');
      return found;
    },
  };
  const done = commit({ ...options, store: late }, 'k', 'b', 0);
  await clock.advance(10_000);
  expect(await done).toEqual({ kind: 'written', revision: 1 });
  expect(outcomes(store)).toEqual(['unknown', 'stale']);
  // It waited after the lost answer only.
  expect(clock.asked).toEqual([hosting.storeRetryFirstMs]);
});

it('does nothing for a record that is not ours', async () => {
  const { options, store, ours } = newWorld();
  ours.is = false;
  expect(await commit(options, 'k', 'b', 0)).toEqual({ kind: 'unowned' });
  expect(await loadRecord(options, 'k')).toBe('unowned');
  expect(store.writes).toEqual([]);
});

it('stops when ownership goes while it waits', async () => {
  const { options, store, clock, ours } = newWorld();
  store.connected = false;
  const done = commit(options, 'k', 'b', 0);
  await settle();
  ours.is = false;
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'unowned' });
  expect(store.writes).toHaveLength(1);
});

it('tells of no other writer when ownership goes while it waits to look', async () => {
  const { options, store, clock, ours } = newWorld();
  const { revision } = store.plant('k', 'former');
  store.connected = false;
  const done = commit(options, 'k', 'b', revision);
  await settle();
  ours.is = false;
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'unowned' });
});

it('treats a store that throws like one that does not answer', async () => {
  const { options, store, clock, told } = newWorld();
  let tries = 0;
  const throwing = {
    ...portOf(store),
    write: (...words: Parameters<FakeStore['write']>): Promise<WriteOutcome> => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('broken')) : store.write(...words);
    },
  };
  const done = commit({ ...options, store: throwing }, 'k', 'b', 0);
  await clock.advance(1_000);
  expect(await done).toEqual({ kind: 'written', revision: 1 });
  expect(told.counts.map(([, labels]) => labels)).toEqual([
    { outcome: 'unknown' },
    { outcome: 'written' },
  ]);
});

it('tells how many seconds the store took', async () => {
  const { options, store, clock, told } = newWorld();
  const release = store.hold();
  const done = commit(options, 'k', 'b', 0);
  await clock.advance(1_500);
  release();
  await done;
  expect(told.observed).toEqual([['fairlead_store_write_seconds', 1.5]]);
});

it('says once that the store does not answer, after the bound, with the last cause', async () => {
  const { options, store, clock, told, ours } = newWorld();
  store.connected = false;
  const loading = loadRecord(options, 'k');
  await clock.advance(hosting.storeAlarmMs);
  expect(told.logs).toEqual([]);
  await clock.advance(30_000);
  expect(told.logs).toHaveLength(1);
  const [level, fields, text] = told.logs[0] ?? [];
  expect([level, text]).toEqual(['error', 'the record store does not answer']);
  expect(fields).toMatchObject({ key: 'k', cause: 'fake store: disconnected' });
  expect((fields as { waitedMs: number }).waitedMs).toBeGreaterThan(hosting.storeAlarmMs);
  expect((fields as { waitedMs: number }).waitedMs).toBeLessThan(hosting.storeAlarmMs + 2_001);
  expect(Math.max(...clock.asked)).toBe(hosting.storeRetryMaxMs);
  ours.is = false;
  await clock.advance(5_000);
  expect(await loading).toBe('unowned');
});

it('says nothing when the store answers right at the bound', async () => {
  const { options, clock, told, ours } = newWorld();
  const store = {
    ...portOf(new FakeStore()),
    load: async () => {
      await Promise.resolve();
      clock.freeze(hosting.storeAlarmMs / 3);
      throw new Error('slow');
    },
  };
  const loading = loadRecord({ ...options, store }, 'k');
  await settle();
  expect(told.logs).toEqual([]);
  ours.is = false;
  await clock.advance(1_000);
  await loading;
});

it('loads what is stored, and nothing where nothing is', async () => {
  const { options, store } = newWorld();
  expect(await loadRecord(options, 'k')).toBeUndefined();
  store.plant('k', 'b');
  expect(await loadRecord(options, 'k')).toMatchObject({ bytes: 'b', revision: 1 });
});

/** The port of a fake store, to be changed in part. */
const portOf = (store: FakeStore): CommitOptions['store'] => ({
  load: (key) => store.load(key),
  write: (key, bytes, revision) => store.write(key, bytes, revision),
  scan: (partitions) => store.scan(partitions),
});

const counting = (store: FakeStore, count: () => void): CommitOptions['store'] => ({
  ...portOf(store),
  load: (key) => {
    count();
    return store.load(key);
  },
});

it('takes no answer that came when the record was no longer ours', async () => {
  const { options, store, ours } = newWorld();
  store.plant('k', 'b');
  const slow = {
    ...portOf(store),
    load: async (key: string) => {
      const found = await store.load(key);
      ours.is = false; // it was long on its way
      return found;
    },
  };
  expect(await loadRecord({ ...options, store: slow }, 'k')).toBe('unowned');
});
