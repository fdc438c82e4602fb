/** Several hosts over one store, one bus and one table of leases: who runs what, and what a change of owner costs. */
import { expect, it } from 'vitest';
import { hostEntries, partitionEntries } from '../../../actors/host-views.ts';
import { partitionOf } from '../../../machines/ids.ts';
import { settle, World } from './world.ts';
import type { WorldOptions } from './world.ts';

const actor = (name = 'a') => partitionOf({ kind: 'job', namespace: 'shop', name });

/** Two hosts that have shared out the partitions. */
async function two(options: WorldOptions = {}): Promise<[World, World]> {
  const first = await new World(options).start();
  const second = await new World({ ...options, hostId: 'h2' }, first).start();
  await first.clock.advance(10_000);
  expect(first.leases.counts()).toEqual({ h1: 32, h2: 32 });
  return [first, second];
}

const ownerOf = (worlds: readonly World[], name = 'a'): World => {
  const [first] = worlds;
  const holder = first?.leases.holder(actor(name));
  const found = worlds.find(({ hostId }) => hostId === holder);
  if (!found) throw new Error(`nobody holds ${name}`);
  return found;
};

it('has all partitions at once when it is alone', async () => {
  const world = await new World().start();
  expect(world.host.status()).toMatchObject({ partitions: 64, share: 64, loaded: true });
  await world.stop();
});

it('takes over what a killed host held once its leases have ended, not before', async () => {
  const [first, second] = await two();
  await first.ask('create');
  const dead = ownerOf([first, second]);
  const alive = dead === first ? second : first;
  dead.crash();
  const id = first.send('note', { text: 'x' }, { 'Nats-Msg-Id': 'n' });
  await first.clock.advance(3_900);
  expect(alive.host.status().partitions).toBe(32);
  expect(first.bus.waiting()).toHaveLength(1);
  await first.clock.advance(2_200);
  expect(alive.host.status()).toMatchObject({ partitions: 64, loaded: true });
  expect(first.reply(id).body).toMatchObject({ accepted: true });
  expect(first.record()).toMatchObject({ host: alive.hostId });
  await alive.stop();
});

it('does nothing after it has overslept, even while nobody has taken over', async () => {
  const [first, second] = await two();
  await first.ask('create');
  const owner = ownerOf([first, second]);
  first.clock.freeze(3_600);
  const writes = owner.store.writes.length;
  first.send('note', { text: 'x' });
  await settle(); // before any timer has told it
  expect(owner.store.writes.length).toBe(writes);
  expect(owner.host.status().partitions).toBe(0);
  await first.clock.advance(10_000);
  expect(first.leases.counts()).toEqual({ h1: 32, h2: 32 });
  expect(first.record().snapshot).toMatchObject({ context: { notes: ['x'] } });
  await first.stop();
  await second.stop();
});

it('shares with a third host, four partitions a tick', async () => {
  const [first, second] = await two();
  const third = new World({ hostId: 'h3' }, first);
  void third.host.start();
  let before = third.leases.counts();
  for (let tick = 0; tick < 12; tick += 1) {
    await first.clock.advance(1_000);
    const now = third.leases.counts();
    for (const host of ['h1', 'h2'])
      expect((before[host] ?? 0) - (now[host] ?? 0)).toBeLessThanOrEqual(4);
    before = now;
  }
  expect(before).toEqual({ h1: 22, h2: 22, h3: 20 });
  for (const each of [first, second, third]) await each.stop();
});

it('leaves no gap when it stops: the other one runs everything at once', async () => {
  const [first, second] = await two();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  for (const name of names) await first.ask('create', {}, {}, name);
  const stopped = first.host.stop();
  await first.clock.advance(100);
  await stopped;
  expect(second.host.status()).toMatchObject({ partitions: 64, loaded: true });
  for (const name of names)
    expect((await second.ask('note', { text: 'y' }, { 'Nats-Msg-Id': `n-${name}` }, name)).body)
      // One line per actor, so that a failure names it.
      .toMatchObject({ accepted: true });
  await second.stop();
});

it('keeps the order of commands over a change of owner, and decides each once', async () => {
  const [first, second] = await two();
  await first.ask('create');
  const dead = ownerOf([first, second]);
  const alive = dead === first ? second : first;
  const release = dead.store.hold();
  for (const text of ['1', '2', '3']) first.send('note', { text }, { 'Nats-Msg-Id': text });
  await first.clock.advance(0);
  dead.crash();
  release();
  for (const text of ['4', '5']) first.send('note', { text }, { 'Nats-Msg-Id': text });
  await first.clock.advance(7_000);
  const { snapshot } = alive.record();
  expect(snapshot).toMatchObject({ context: { notes: ['1', '2', '3', '4', '5'] } });
  expect(first.bus.waiting()).toEqual([]);
  await alive.stop();
});

it('goes on when the answers of its renewals get lost', async () => {
  const world = await new World().start();
  for (let second = 0; second < 20; second += 1) {
    world.leases.loseNextAnswer = true;
    await world.clock.advance(1_000);
  }
  expect(world.host.status().partitions).toBe(64);
  expect(world.telemetry.counts.get('fairlead_leases_lost_total taken')).toBeUndefined();
  await world.stop();
});

it('writes under growing fences after the leases were lost with their revisions', async () => {
  const world = await new World().start();
  await world.ask('create');
  const fences = [world.record().fence];
  for (const text of ['1', '2', '3']) {
    world.leases.recreate();
    await world.clock.advance(5_000);
    expect(world.host.status()).toMatchObject({ partitions: 64, loaded: true });
    await world.ask('note', { text }, { 'Nats-Msg-Id': text });
    fences.push(world.record().fence);
  }
  expect(new Set(fences).size).toBe(4);
  expect(fences).toEqual([...fences].sort((left, right) => left - right));
  await world.stop();
});

it('gives everything up to a later process under its own name', async () => {
  const first = await new World().start();
  await first.ask('create');
  const second = await new World({}, first).start();
  await first.clock.advance(5_000);
  expect(second.host.status()).toMatchObject({ partitions: 64, loaded: true });
  expect(first.host.status()).toMatchObject({ partitions: 0, loaded: false });
  await second.stop();
});

it('says once that a later process runs under its name, and is replaced until that one is gone', async () => {
  const first = await new World().start();
  const second = await new World({}, first).start();
  const standings = (): unknown[] =>
    [first, second].flatMap(({ host }) =>
      hostEntries({ host, hostId: 'h1', version: '', startedAtMs: 0 }).map(({ status }) => status),
    );
  const complaints = (): number =>
    first.telemetry.texts().filter((text) => text.includes('another hostId')).length;
  await first.clock.advance(30_000);
  expect(standings()).toEqual(['replaced', 'serving']);
  expect(complaints()).toBe(1);
  await second.stop();
  await first.clock.advance(10_000);
  expect(standings()).toEqual(['serving', 'stopping']);
  expect(first.telemetry.texts()).toContain('the name of this host is its own again');
  const third = await new World({}, first).start();
  await first.clock.advance(10_000);
  expect(complaints()).toBe(2);
  await third.stop();
  await first.stop();
});

it('gives its partitions away while it is ordered to, answers queries, and takes them back', async () => {
  const order = { isDrained: false };
  const first = await new World({ isDrained: async () => order.isDrained }).start();
  const second = await new World({ hostId: 'h2' }, first).start();
  await first.clock.advance(10_000);
  order.isDrained = true;
  await first.clock.advance(10_000);
  expect(first.leases.counts()).toEqual({ h2: 64 });
  expect(first.host.status()).toMatchObject({ partitions: 0, isDrained: true, loaded: true });
  await second.ask('create');
  const asked = { namespace: 'shop', kind: 'job', name: 'a', verb: 'get' };
  expect((await first.bus.query(asked)).error).toBeUndefined();
  order.isDrained = false;
  await first.clock.advance(12_000);
  expect(first.leases.counts()).toEqual({ h1: 32, h2: 32 });
  await first.stop();
  await second.stop();
});

it('tells who listens what it no longer follows, and follows what it takes', async () => {
  const first = await new World().start();
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  for (const name of names) await first.ask('create', {}, {}, name);
  const followed = new Map<World, Set<string>>();
  const follow = (world: World, known: readonly string[]): void => {
    const set = new Set(known);
    followed.set(world, set);
    world.host.onCommitted(({ name }) => set.add(name));
    world.host.onForgotten(({ name }) => set.delete(name));
  };
  follow(first, names);
  const second = new World({ hostId: 'h2' }, first);
  follow(second, []);
  await second.start();
  await first.clock.advance(10_000);
  for (const [world, set] of followed)
    expect([...set].sort()).toEqual(
      names.filter((name) => world.leases.holder(actor(name)) === world.hostId),
    );
  expect([...(followed.get(first) ?? [])].length).toBeLessThan(names.length);
  await first.stop();
  await second.stop();
});

it('tells what it runs: itself as one entry, each partition with its fence and its actors', async () => {
  const [first, second] = await two();
  await first.ask('create');
  const told = [first, second].map(({ host, hostId }) => ({
    ...hostEntries({ host, hostId, version: '1.2.3', startedAtMs: 0 })[0],
    entries: partitionEntries(host),
  }));
  expect(told).toMatchObject([
    { name: 'h1', status: 'serving', partitions: 32, share: 32, version: '1.2.3' },
    { name: 'h2', status: 'serving', partitions: 32, share: 32 },
  ]);
  const all = told.flatMap(({ entries }) => entries);
  expect(new Set(all.map(({ name }) => name)).size).toBe(64);
  const home = String(actor()).padStart(2, '0');
  const { fence } = first.record();
  expect(all.find(({ name }) => name === home)).toMatchObject({
    status: 'serving',
    actors: 1,
    fence,
  });
  await first.stop();
  const { host, hostId } = first;
  expect(hostEntries({ host, hostId, version: '', startedAtMs: 0 })[0]).toMatchObject({
    ...{ status: 'stopping', partitions: 0 },
  });
  await second.stop();
});

it('tells of no actor and takes nothing observed of one while its partition is still being read', async () => {
  const world = new World();
  const before = await new World({ hostId: 'h2' }, world).start();
  await before.ask('create');
  await before.stop();
  const key = { kind: 'job', namespace: 'shop', name: 'a' };
  const told: string[] = [];
  world.host.onCommitted(({ name }) => {
    told.push(name);
    world.host.observe(key, { type: 'seen' });
  });
  const goOn = world.store.holdScans();
  const started = world.host.start();
  await world.clock.advance(0);
  world.host.observe(key, { type: 'seen' });
  await world.clock.advance(0);
  expect([...told, ...world.host.residents()]).toEqual([]);
  goOn();
  await world.clock.advance(0);
  await started;
  expect(told).toContain('a');
  expect(world.host.status().quarantined).toEqual([]);
  expect(world.host.residents().map((each) => each.isLoaded)).toEqual([true]);
  await world.stop();
});
