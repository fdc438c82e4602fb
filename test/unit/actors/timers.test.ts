/** Durable timers: absolute deadlines that no crash, rest or clock step moves. */
import { expect, it } from 'vitest';
import { createHeapClock } from '../../../actors/heap-clock.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { World } from './world.ts';

const idled = (world: World): boolean => world.events().includes('idled');

it('keeps the deadline over crashes instead of counting anew [R-27]', async () => {
  let world = await new World({ idleMs: 10_000 }).start();
  await world.ask('create');
  const [timer] = world.record().timers;
  expect(timer).toMatchObject({ from: '', to: '', atMs: world.clock.nowMs() + 10_000 });
  for (let crash = 0; crash < 3; crash += 1) {
    await world.clock.advance(3_000);
    world.crash();
    world = await new World({ idleMs: 10_000 }, world).start();
    await world.ask('note', { text: `${crash}` }, { 'Nats-Msg-Id': `n${crash}` });
    expect(world.record().timers[0]).toEqual(timer);
  }
  await world.clock.advance(990);
  expect(idled(world)).toBe(false);
  await world.clock.advance(20);
  expect(idled(world)).toBe(true);
  expect(world.record().timers).toEqual([]);
  expect(world.record().wakeAtMs).toBe(0);
  await world.clock.advance(6_000);
  expect(world.record().wakeAtMs).toBeNull();
  await world.stop();
});

it('counts from the turn, not from the end of a slow write', async () => {
  const world = await new World({ idleMs: 10_000 }).start();
  const startMs = world.clock.nowMs();
  const release = world.store.hold();
  world.send('create');
  await world.clock.advance(2_000);
  release();
  await world.clock.advance(0);
  expect(world.record().timers[0]?.atMs).toBe(startMs + 10_000);
  await world.stop();
});

it('counts from the turn also when an earlier write is still under way', async () => {
  const world = await new World({ idleMs: 1_000 }).start();
  await world.ask('create');
  const release = world.store.hold();
  world.send('note', { text: 'x' });
  await world.clock.advance(1_500); // idles meanwhile, in memory
  const askedAtMs = world.clock.nowMs();
  world.host.observe({ kind: 'job', namespace: 'shop', name: 'a' }, { type: 'seen.tick' });
  world.send('ask');
  await world.clock.advance(1_000);
  release();
  await world.clock.advance(0);
  // The mailbox handed the command over only after the write, so its turn began then.
  expect(world.record().timers).toMatchObject([{ id: 'ask', atMs: askedAtMs + 1_000 + 5_000 }]);
  await world.stop();
});

it('fires what fell due while nobody ran, and wakes a resting actor for it', async () => {
  const world = await new World({ idleMs: 10_000 }).start();
  await world.ask('create');
  world.crash();
  await world.clock.advance(60_000);
  const next = await new World({ idleMs: 10_000 }, world).start();
  await next.clock.advance(10);
  expect(idled(next)).toBe(true);
  await next.stop();
});

it('wakes an actor that left memory when its deadline comes', async () => {
  const world = await new World({ idleMs: 30_000, residentsMax: 1 }).start();
  await world.ask('create');
  await world.clock.advance(6_000);
  await world.ask('create', {}, {}, 'b');
  await world.clock.advance(6_000);
  await world.ask('note', { text: 'x' }, {}, 'b');
  expect(world.host.residents().map(({ key }) => key.name)).toEqual(['b']);
  await world.clock.advance(20_000);
  expect(world.events().filter((event) => event === 'idled')).toHaveLength(1);
  await world.stop();
});

it('cancels a restored timer when its state is left', async () => {
  let fails = true;
  const perform = async (): Promise<string> => {
    if (fails) throw Object.assign(new Error(), { fault: { type: 'Retryable', code: 'x' } });
    return 'ok';
  };
  const world = await new World({ perform }).start();
  await world.ask('create');
  await world.ask('run');
  expect(
    world
      .record()
      .timers.map(({ from }) => from)
      .sort(),
  ).toEqual(['', '', 'try']);
  world.crash();
  fails = false;
  const next = await new World({ perform }, world).start();
  await next.ask('cancel', {}, { 'Nats-Msg-Id': 'cancel' });
  expect(next.record().timers.map(({ from }) => from)).toEqual(['']);
  await next.clock.advance(2_000);
  expect(next.record().snapshot).toMatchObject({ context: { attempts: 0 } });
  await next.stop();
});

it('sleeps long delays in pieces Node can keep', async () => {
  const clock = new ManualClock();
  const heap = createHeapClock(clock);
  const days = 86_400_000;
  let firedAtMs = 0;
  heap.after(60 * days, () => (firedAtMs = clock.monotonicMs()));
  await clock.advance(61 * days);
  expect(firedAtMs).toBe(60 * days);
  expect(Math.max(...clock.asked)).toBeLessThanOrEqual(2 ** 31 - 1);
  expect(clock.asked.length).toBe(3);
});

it('fires timers in deadline order, equal ones in arming order, and never a cancelled one', async () => {
  const clock = new ManualClock();
  const heap = createHeapClock(clock);
  const fired: string[] = [];
  const arm = (name: string, ms: number) => heap.after(ms, () => fired.push(name));
  arm('late', 30);
  arm('first', 10);
  const gone = arm('gone', 5);
  arm('second', 10);
  arm('at once', -5);
  gone();
  gone();
  await clock.advance(100);
  expect(fired).toEqual(['at once', 'first', 'second', 'late']);
  expect(heap.pending()).toBe(0);
});

it('keeps hundreds of random timers in order', async () => {
  const seed = 20_251;
  let state = seed;
  const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  const clock = new ManualClock();
  const heap = createHeapClock(clock);
  const fired: number[] = [];
  const cancels = Array.from({ length: 400 }, () => {
    const dueMs = Math.floor(random() * 1_000);
    return { dueMs, cancel: heap.after(dueMs, () => fired.push(dueMs)) };
  });
  const gone = cancels.filter(() => random() < 0.4);
  for (const { cancel } of gone) cancel();
  await clock.advance(1_000);
  expect(fired, `seed ${seed}`).toEqual([...fired].sort((left, right) => left - right));
  expect(fired.length, `seed ${seed}`).toBe(400 - gone.length);
});

it('is not moved by a step of the wall clock', async () => {
  const clock = new ManualClock();
  const heap = createHeapClock(clock);
  let isFired = false;
  heap.after(1_000, () => (isFired = true));
  clock.stepWall(-3_600_000);
  await clock.advance(1_001);
  expect(isFired).toBe(true);
});
