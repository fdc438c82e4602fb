/** Actors that do nothing leave memory, and come back by a command, an observation or their time. */
import { expect, it } from 'vitest';
import { bounds, hosting } from '../../../machines/limits.ts';
import { partitionOf } from '../../../machines/ids.ts';
import { settle, World } from './world.ts';
import type { WorldOptions } from './world.ts';

const restAfterMs = 60_000;
const days = 86_400_000;
const key = (name = 'a') => ({ kind: 'job', namespace: 'shop', name });

const inMemory = (world: World): string[] =>
  world.host
    .residents()
    .filter(({ isLoaded }) => isLoaded)
    .map(({ key: { name } }) => name);
const count = (world: World, what: 'rests' | 'wakes', cause: string): number =>
  world.telemetry.counts.get(`fairlead_actor_${what}_total ${cause}`) ?? 0;

const started = (options: WorldOptions = {}): Promise<World> =>
  new World({ restAfterMs, idleMs: 30 * days, ...options }).start();

/** One that was created and left memory; its next deadline is `idleMs` after its creation. */
async function rested(options: WorldOptions = {}): Promise<World> {
  const world = await started(options);
  await world.ask('create');
  await world.clock.advance(restAfterMs + 10_000);
  expect(inMemory(world)).toEqual([]);
  return world;
}

it('leaves memory after five minutes without a message, unless told otherwise', async () => {
  const world = await new World({ idleMs: 30 * days }).start();
  await world.ask('create');
  await world.clock.advance(hosting.tidyAfterMs + 1_000); // the write of the emptied outbox counts too
  await world.ask('note', { text: 'x' });
  await world.clock.advance(hosting.restAfterMs - 1);
  expect(inMemory(world)).toEqual(['a']);
  await world.clock.advance(hosting.tidyAfterMs + 1);
  expect(inMemory(world)).toEqual([]);
  expect(count(world, 'rests', 'idle')).toBe(1);
  await world.stop();
});

it('writes nothing when it leaves or after', async () => {
  const world = await rested();
  const before = world.record();
  const writes = world.store.writes.length;
  expect(before.snapshot).toMatchObject({ status: 'active' });
  expect(before).toMatchObject({ outbox: [], wakeAtMs: before.timers[0]?.atMs });
  await world.clock.advance(10 * restAfterMs);
  await world.stop();
  expect(world.store.writes.length).toBe(writes);
  expect(world.record()).toEqual(before);
});

it('comes back for a command', async () => {
  const world = await rested();
  expect((await world.ask('note', { text: 'x' })).body).toMatchObject({ accepted: true });
  expect(inMemory(world)).toEqual(['a']);
  expect(count(world, 'wakes', 'command')).toBe(1);
  expect(world.events()).toEqual(['created', 'noted']);
  await world.stop();
});

it('is not written again when it comes back and nothing has changed', async () => {
  const world = await started();
  await world.ask('create', {}, { 'Nats-Msg-Id': 'first' });
  await world.clock.advance(restAfterMs + 10_000);
  const writes = world.store.writes.length;
  world.bus.forget('first');
  const repeat = await world.ask('create', {}, { 'Nats-Msg-Id': 'first' });
  expect(repeat.body).toMatchObject({ accepted: true, repeated: true });
  expect(inMemory(world)).toEqual(['a']);
  expect(world.store.writes.length).toBe(writes);
  await world.stop();
});

it('comes back for an observation', async () => {
  const world = await rested();
  world.host.observe(key(), { type: 'seen.tick', text: 'seen' } as { type: string });
  await world.clock.advance(10);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['seen'] } });
  expect(count(world, 'wakes', 'observation')).toBe(1);
  await world.stop();
});

it('comes back at its deadline, to the millisecond, and rests again', async () => {
  const world = await started({ idleMs: 10 * restAfterMs });
  await world.ask('create');
  const dueAtMs = world.record().wakeAtMs ?? 0;
  const { clock } = world;
  expect(world.record().timers).toMatchObject([{ atMs: clock.nowMs() + 10 * restAfterMs }]);
  await clock.advance(restAfterMs + 10_000);
  expect([inMemory(world), dueAtMs]).toEqual([[], 0]); // 0: its first event was still to be published
  const untilMs = (world.record().wakeAtMs ?? 0) - clock.nowMs();
  await clock.advance(untilMs - 1);
  expect(world.events()).not.toContain('idled');
  await clock.advance(2);
  expect(world.events()).toContain('idled');
  expect(count(world, 'wakes', 'timer')).toBe(1);
  await clock.advance(restAfterMs + 10_000);
  expect([inMemory(world), world.record().wakeAtMs]).toEqual([[], null]);
  await world.stop();
});

it('keeps its first deadline, however often it rests and comes back', async () => {
  const world = await started({ idleMs: 10 * restAfterMs });
  await world.ask('create');
  const [timer] = world.record().timers;
  for (let round = 0; round < 4; round += 1) {
    await world.clock.advance(restAfterMs + 10_000);
    expect(inMemory(world)).toEqual([]);
    await world.ask('note', { text: String(round) });
    expect(world.record().timers).toEqual([timer]);
  }
  await world.clock.advance((timer?.atMs ?? 0) - world.clock.nowMs() + 1);
  expect(world.events().filter((event) => event === 'idled')).toHaveLength(1);
  await world.stop();
});

it('stays when its deadline is nearer than the time after which it would rest', async () => {
  const world = await started({ idleMs: restAfterMs + 30_000 });
  await world.ask('create');
  await world.clock.advance(restAfterMs + 20_000);
  expect([inMemory(world), count(world, 'rests', 'idle')]).toEqual([['a'], 0]);
  await world.clock.advance(10_001);
  expect(world.events()).toContain('idled');
  expect(count(world, 'wakes', 'timer')).toBe(0);
  await world.stop();
});

it('never rests while a call is in flight', async () => {
  let end: (value: string) => void = () => undefined;
  const world = await started({
    perform: () => new Promise<string>((resolve) => (end = resolve)),
    limitMs: 30 * days,
  });
  await world.ask('create');
  await world.ask('run');
  await world.clock.advance(20 * restAfterMs);
  expect(inMemory(world)).toEqual(['a']);
  end('late');
  await world.clock.advance(10);
  expect(world.events()).toContain('finished');
  await world.clock.advance(restAfterMs + 10_000);
  expect(inMemory(world)).toEqual([]);
  await world.stop();
});

it('never rests before its events are published', async () => {
  const world = await started();
  const release = world.bus.holdPublishes();
  await world.ask('create');
  await world.clock.advance(5 * restAfterMs);
  expect(inMemory(world)).toEqual(['a']);
  release();
  await world.clock.advance(2 * restAfterMs);
  expect([inMemory(world), world.events()]).toEqual([[], ['created']]);
  await world.stop();
});

it('is shown and listened to while it rests: only a partition that goes is forgotten', async () => {
  const world = await started();
  const known = new Set<string>();
  world.host.onCommitted(({ name }) => known.add(name));
  world.host.onForgotten(({ name }) => known.delete(name));
  await world.ask('create');
  await world.clock.advance(2 * restAfterMs);
  expect([inMemory(world), [...known]]).toEqual([[], ['a']]);
  const { body } = await world.bus.query({ ...key(), verb: 'get' });
  expect(body).toMatchObject({ metadata: { name: 'a' } });
  expect(inMemory(world)).toEqual([]); // the answer came from the store
  await world.stop();
  expect([...known]).toEqual([]);
});

it('takes a command that comes while it leaves', async () => {
  const world = await started();
  await world.ask('create');
  await world.clock.advance(hosting.tidyAfterMs);
  await world.ask('note', { text: '1' });
  const release = world.store.hold(); // the write before it leaves
  await world.clock.advance(restAfterMs + 6_000);
  const id = world.send('note', { text: '2' });
  await settle();
  release();
  await world.clock.advance(10);
  expect(world.reply(id).body).toMatchObject({ accepted: true });
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['1', '2'] } });
  await world.stop();
});

it.each([0, 1, 5, 100])(
  'is whole after a crash %i ms from the moment it was asked to leave',
  async (afterMs) => {
    const world = await started({ idleMs: 3 * restAfterMs });
    await world.ask('create');
    await world.clock.advance(hosting.tidyAfterMs);
    await world.clock.advance(restAfterMs);
    await world.clock.advance(afterMs);
    world.crash();
    await world.clock.advance(4 * restAfterMs);
    const next = await new World({ restAfterMs, idleMs: 3 * restAfterMs }, world).start();
    await next.clock.advance(10);
    expect(next.events()).toEqual(['created', 'idled']);
    expect((await next.ask('note', { text: 'x' })).body).toMatchObject({ accepted: true });
    await next.stop();
  },
);

it('awakens what another host left asleep, at its own time, and by its commands', async () => {
  const first = await started({ idleMs: 10 * restAfterMs });
  const names = Array.from({ length: 40 }, (_, each) => `a${each}`);
  for (const name of names) await first.ask('create', {}, {}, name);
  await first.clock.advance(2 * restAfterMs);
  expect(inMemory(first)).toEqual([]);
  first.crash();
  await first.clock.advance(10_000);
  const second = new World({ restAfterMs, idleMs: 10 * restAfterMs, hostId: 'h2' }, first);
  await second.start();
  await second.clock.advance(1_000);
  expect(inMemory(second)).toEqual([]);
  expect(
    (await second.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'n' }, 'a7')).body,
  ).toMatchObject({
    accepted: true,
  });
  expect(inMemory(second)).toEqual(['a7']);
  await second.clock.advance(10 * restAfterMs);
  expect(second.events().filter((event) => event === 'idled')).toHaveLength(names.length);
  await second.stop();
});

it('awakens many overdue actors of one partition a few at a time', async () => {
  const home = partitionOf(key('a0'));
  const names = Array.from({ length: 20_000 }, (_, each) => `a${each}`)
    .filter((name) => partitionOf(key(name)) === home)
    .slice(0, 200);
  const first = await started({ idleMs: 2 * restAfterMs, intake: { burst: 1_000 } });
  for (const name of names) first.send('create', {}, {}, name);
  await first.clock.advance(restAfterMs);
  first.crash();
  await first.clock.advance(4 * restAfterMs);
  const second = new World({ restAfterMs, idleMs: 2 * restAfterMs, hostId: 'h2' }, first);
  let mostLoads = 0;
  let loads = 0;
  const { store } = second;
  const load = store.load.bind(store);
  store.load = async (name) => {
    loads += 1;
    mostLoads = Math.max(mostLoads, loads);
    await settle();
    loads -= 1;
    return load(name);
  };
  await second.start();
  await second.clock.advance(1_000);
  expect(second.events().filter((event) => event === 'idled')).toHaveLength(names.length);
  expect(mostLoads).toBe(hosting.awakenedAtOnceMax);
  expect(hosting.awakenedAtOnceMax).toBeLessThan(bounds.turnsPerKindMax);
  await second.stop();
});

it('has no timer left for a partition that went', async () => {
  const first = await rested({ idleMs: 10 * restAfterMs });
  const second = new World({ restAfterMs, idleMs: 10 * restAfterMs, hostId: 'h2' }, first);
  await second.start();
  await first.stop();
  await second.clock.advance(20 * restAfterMs);
  expect(count(first, 'wakes', 'timer')).toBe(0);
  expect(second.events().filter((event) => event === 'idled')).toHaveLength(1);
  await second.stop();
  expect(second.clock.pending()).toBe(0);
});

it('asks a hundred at a time to leave', async () => {
  const world = await started({ intake: { burst: 1_000 } });
  const names = Array.from({ length: 250 }, (_, each) => `a${each}`);
  for (const name of names) world.send('create', {}, {}, name);
  await world.clock.advance(hosting.tidyAfterMs);
  for (const name of names)
    world.host.observe(key(name), { type: 'seen.tick', text: 'x' } as { type: string });
  await world.clock.advance(restAfterMs - hosting.tidyAfterMs);
  expect(inMemory(world)).toHaveLength(250);
  const rests: number[] = [];
  for (let look = 0; look < 200 && inMemory(world).length > 0; look += 1) {
    const before = inMemory(world).length;
    await world.clock.advance(hosting.restGapMs);
    rests.push(before - inMemory(world).length);
  }
  expect(Math.max(...rests)).toBe(hosting.restedAtOnceMax);
  expect(inMemory(world)).toEqual([]);
  await world.stop();
});

it('keeps nothing of creations that were refused', async () => {
  const world = await started({ residentsMax: 5 });
  for (let n = 0; n < 20; n += 1)
    await world.ask('create', {}, { 'Fairlead-If-Revision': '7' }, `n${n}`);
  await world.clock.advance(restAfterMs);
  expect(world.host.residents()).toEqual([]);
  await world.stop();
});
