/** A partition that does not load: tried again with growing waits, while all the others are served. */
import { expect, it } from 'vitest';
import { hostEntries, partitionEntries } from '../../../actors/host-views.ts';
import { hosting } from '../../../machines/limits.ts';
import { readyChecks } from '../../../src/readiness.ts';
import { World } from './world.ts';

const complaint = 'a partition did not load';
const failures = (world: World): number =>
  world.telemetry.texts().filter((text) => text === complaint).length;

/** From now on no consumer of these partitions can be made by anybody; `tries` are the times of asking, monotonic. */
function unmakeable(world: World, partitions: readonly number[]) {
  const real = world.bus.consumeCommands.bind(world.bus);
  const tries: number[] = [];
  world.bus.consumeCommands = async (partition, epoch, handle) => {
    if (!partitions.includes(partition)) return real(partition, epoch, handle);
    tries.push(world.clock.monotonicMs());
    throw new Error('no consumer can be added');
  };
  return { tries, mend: () => (world.bus.consumeCommands = real) };
}

/** Between one and the next, seconds. */
const waitsOf = (timesMs: readonly number[]): number[] =>
  timesMs.slice(1).map((atMs, each) => Math.round((atMs - (timesMs[each] ?? 0)) / 1_000));

const readiness = (world: World) =>
  readyChecks({
    ...{ status: world.host.status(), isMarked: true },
    ...{ adapters: ['nats'], isStoreAnswering: true },
  });

it('is tried again after a tick, then after twice as long each time, up to a cap', async () => {
  const world = new World();
  const { tries, mend } = unmakeable(world, [5]);
  const started = world.host.start();
  await world.clock.advance(150_000);
  await started;
  expect(waitsOf(tries)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  expect(failures(world)).toBe(tries.length);
  mend();
  await world.clock.advance(hosting.loadRetryMaxMs + 1_000);
  expect(world.host.status()).toMatchObject({ partitions: 64, loaded: true, unloaded: [] });
  // Forgotten once it was served: the waits begin anew.
  const again = unmakeable(world, [5]);
  world.leases.expire();
  await world.clock.advance(10_000);
  expect(waitsOf(again.tries)).toEqual([1, 2, 4]);
  await world.stop();
});

it('is not passed round between hosts that miss one of their share', async () => {
  const first = new World();
  const { tries } = unmakeable(first, [5]);
  const hosts = [first, new World({ hostId: 'h2' }, first), new World({ hostId: 'h3' }, first)];
  const started = hosts.map(({ host }) => host.start());
  await first.clock.advance(30_000);
  await Promise.all(started);
  const before = tries.length;
  await first.clock.advance(30_000);
  expect(tries.length - before).toBeLessThanOrEqual(2 * hosts.length);
  const served = hosts.map(({ host }) => host.status().partitions);
  expect(served.reduce((sum, each) => sum + each, 0)).toBe(63);
  for (const { host } of hosts) expect(host.status().loaded).toBe(true);
  for (const each of hosts) await each.stop();
});

it('leaves the host ready, which says which one it is and why', async () => {
  const world = new World();
  unmakeable(world, [5]);
  await world.start();
  expect(world.host.status()).toMatchObject({
    ...{ partitions: 63, loaded: true },
    unloaded: [{ partition: 5, reason: 'no consumer can be added' }],
  });
  for (let second = 0; second < 20; second += 1) {
    expect(readiness(world).filter(({ ok }) => !ok)).toEqual([]);
    await world.clock.advance(1_000);
  }
  const check = readiness(world).find(({ name }) => name === 'loaded');
  expect(check?.detail).toContain('partition 5 (no consumer can be added)');
  const entries = partitionEntries(world.host);
  expect(entries).toHaveLength(64);
  expect(entries.find(({ name }) => name === '05')).toMatchObject({
    ...{ status: 'failed', reason: 'no consumer can be added' },
  });
  const [entry] = hostEntries({ host: world.host, hostId: 'h1', version: '', startedAtMs: 0 });
  expect(entry).toMatchObject({ status: 'serving' });
  await world.stop();
});

it('is no longer told of by a host once another one holds it', async () => {
  const world = new World();
  const { mend } = unmakeable(world, [5]);
  await world.start();
  await world.leases.secondClient('h2').acquire(5);
  await world.clock.advance(2_000);
  expect(world.host.status()).toMatchObject({ loaded: true, unloaded: [] });
  mend();
  await world.stop();
});

it('is one of too many: the host is not ready, and is as soon as they load', async () => {
  const world = new World();
  const failing = Array.from({ length: hosting.unloadedMax + 1 }, (_, at) => at);
  const { mend } = unmakeable(world, failing);
  const started = world.host.start();
  await world.clock.advance(10_000);
  expect(world.host.status()).toMatchObject({ partitions: 59, loaded: false });
  const check = readiness(world).find(({ name }) => name === 'loaded');
  expect(check).toMatchObject({ ok: false });
  expect(check?.detail).toContain('partition 0, 1, 2, 3, 4 (');
  mend();
  await world.clock.advance(hosting.loadRetryMaxMs + 1_000);
  await started;
  expect(world.host.status()).toMatchObject({ partitions: 64, loaded: true });
  await world.stop();
});

it('is no failure when the partition was lost or given back while it was being loaded', async () => {
  const world = new World();
  let failing: ((error: Error) => void)[] = [];
  const fail = async (): Promise<void> => {
    for (const each of failing) each(new Error('connection closed'));
    failing = [];
    await world.clock.advance(0);
  };
  world.bus.consumeCommands = () => new Promise((_resolve, reject) => failing.push(reject));
  void world.host.start();
  await world.clock.advance(0);
  world.leases.connected = false;
  await world.clock.advance(4_000);
  expect(world.telemetry.counts.get('fairlead_leases_lost_total late')).toBe(failing.length);
  await fail();
  world.leases.connected = true;
  await world.clock.advance(10_000);
  expect(failing).toHaveLength(hosting.takenAtOnceMax);
  const stopped = world.host.stop();
  await world.clock.advance(0);
  await fail();
  await stopped;
  expect(failures(world)).toBe(0);
  expect(world.leases.counts()).toEqual({});
});
