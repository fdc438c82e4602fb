/** The gate and the write: what a call, a late answer and a second owner may and may not do. */
import { expect, it } from 'vitest';
import type { Call } from '../../../actors/effect.ts';
import { recordKey } from '../../../machines/ids.ts';
import { settle, World } from './world.ts';

const key = recordKey({ kind: 'job', namespace: 'shop', name: 'a' });

it('does not call when the state is left while its intent is being written', async () => {
  let calls = 0;
  const world = new World({ perform: async () => `${++calls}`, limitMs: 500 });
  await world.start();
  await world.ask('create');
  const release = world.store.hold();
  world.send('run');
  await settle();
  await world.clock.advance(600); // the limit's timer leaves the state meanwhile
  release();
  await world.clock.advance(0);
  expect(world.record().snapshot).toMatchObject({ value: { alive: { work: 'idle' } } });
  expect(calls).toBe(0);
  await world.stop();
});

it('aborts the call when its state is left, and drops the late result', async () => {
  const calls: Call[] = [];
  let finish: (value: string) => void = () => undefined;
  const world = new World({
    perform: (_input, call) => {
      calls.push(call);
      return new Promise((resolve) => (finish = resolve));
    },
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  expect(calls[0]?.signal.aborted).toBe(false);
  await world.ask('cancel');
  expect(calls[0]?.signal.aborted).toBe(true);
  finish('too late');
  await world.clock.advance(0);
  expect(world.record().snapshot).toMatchObject({ context: { result: '' } });
  await world.stop();
});

it('aborts calls and gives no sign of life after another owner has written', async () => {
  const calls: Call[] = [];
  const world = new World({
    perform: (_input, call) => {
      calls.push(call);
      return new Promise(() => undefined);
    },
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  const stored = world.store.peek(key);
  world.store.plant(key, `${stored?.bytes ?? ''} `);
  const id = world.send('note', { text: 'x' });
  await world.clock.advance(0);
  expect(calls[0]?.signal.aborted).toBe(true);
  // The lease is still ours: it reads again, repeats the call with the stored input, applies the command once.
  expect(calls).toHaveLength(2);
  expect(world.reply(id).body).toMatchObject({ accepted: true });
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['x'] } });
  expect(world.telemetry.counts.get('fairlead_stale_total job')).toBe(1);
  await world.stop();
});

it('never writes again after a stale answer without reading first', async () => {
  const world = await new World().start();
  await world.ask('create');
  const rival = world.store.secondClient();
  const before = world.store.peek(key);
  const release = world.store.hold();
  world.send('note', { text: 'mine' });
  await settle();
  const theirs = (before?.bytes ?? '').replace('"notes":[]', '"notes":["theirs"]');
  await rival.write(key, theirs, before?.revision ?? 0);
  release();
  await world.clock.advance(0);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['theirs', 'mine'] } });
  await world.stop();
});

it('gives the partition up when somebody else keeps writing', async () => {
  const world = await new World().start();
  await world.ask('create');
  world.store.failNext('stale', 'stale', 'stale', 'stale', 'stale');
  world.send('note', { text: 'x' });
  await settle();
  expect(world.telemetry.texts()).toContain('a partition is not ours');
  await world.clock.advance(2_000);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['x'] } });
  await world.stop();
});

it.each(['lostAnswer', 'lostRequest'] as const)(
  'reads back after a %s and commits the turn exactly once',
  async (fault) => {
    const world = await new World().start();
    await world.ask('create');
    world.store.failNext(fault);
    const id = world.send('note', { text: 'x' });
    await world.clock.advance(1_000);
    const stored = world.store.peek(key);
    expect(world.reply(id).body).toMatchObject({ accepted: true });
    expect(world.record().snapshot).toMatchObject({ context: { notes: ['x'] } });
    expect(stored?.revision).toBeGreaterThan(1);
    expect(world.events()).toEqual(['created', 'noted']);
    await world.stop();
  },
);

it('takes its own late write for what it is', async () => {
  const world = await new World().start();
  await world.ask('create');
  const { store } = world;
  const write = store.write.bind(store);
  let late: (() => void) | undefined;
  store.write = async (name, bytes, revision) => {
    if (late === undefined) {
      late = () => void store.plant(name, bytes);
      return { kind: 'unknown', cause: 'still on its way' };
    }
    late(); // it arrives after it was looked for, and before it is sent again
    return write(name, bytes, revision);
  };
  const id = world.send('note', { text: 'x' });
  await world.clock.advance(2_000);
  expect(world.reply(id).body).toMatchObject({ accepted: true, revision: 2 });
  expect(world.telemetry.counts.get('fairlead_stale_total job')).toBeUndefined();
  await world.stop();
});

it('neither calls nor answers when it overslept its lease during the write', async () => {
  let calls = 0;
  const world = new World({ perform: async () => `${++calls}` });
  await world.start();
  await world.ask('create');
  const release = world.store.hold('beforeAnswer');
  const id = world.send('run');
  await settle();
  world.clock.freeze(4_000);
  release();
  await settle();
  expect(calls).toBe(0);
  expect(() => world.reply(id)).toThrow('no reply');
  await world.clock.advance(2_000);
  expect(calls).toBe(1);
  expect(world.reply(id).body).toMatchObject({ accepted: true, repeated: true });
  await world.stop();
});

it('waits in place while the store is away, with gates shut', async () => {
  let calls = 0;
  const world = new World({ perform: async () => `${++calls}` });
  await world.start();
  await world.ask('create');
  world.store.connected = false;
  const id = world.send('run');
  await world.clock.advance(20_000);
  expect(calls).toBe(0);
  expect(() => world.reply(id)).toThrow('no reply');
  expect(world.telemetry.texts()).toContain('the record store does not answer');
  world.store.connected = true;
  await world.clock.advance(3_000);
  expect(calls).toBe(1);
  expect(world.reply(id).body).toMatchObject({ accepted: true });
  await world.stop();
});

it('publishes an unconfirmed event again under the same id', async () => {
  const world = await new World().start();
  world.bus.failNextPublishes('lostAnswer', 'lostRequest');
  await world.ask('create');
  await world.clock.advance(1_000);
  expect(world.bus.publishAttempts).toBe(3);
  expect(world.events()).toEqual(['created']);
  const body = world.bus.events[0]?.body;
  expect(body).toMatchObject({
    specversion: '1.0',
    source: '/fairlead/test/job/shop/a',
    type: 'fairlead.job.created.v1',
    time: '2023-11-14T22:13:20.000Z',
    actorrev: 1,
    correlationid: 'c1',
    causationid: 'c1',
  });
  await world.stop();
});

it('publishes what was stored but not published before a crash, under the same ids', async () => {
  const world = await new World().start();
  const release = world.bus.holdPublishes();
  await world.ask('create');
  await world.ask('note', { text: 'x' });
  expect(world.events()).toEqual([]);
  world.crash();
  release();
  world.bus.events.length = 0; // what the dead process had on its way never arrived
  const next = await new World({ hostId: 'h1' }, world).start();
  await next.clock.advance(0);
  expect(next.events()).toEqual(['created', 'noted']);
  expect(next.bus.events.map(({ id }) => id.split('/')[1])).toEqual(['1', '2']);
  expect(next.record().outboxNext).toBe(3);
  await next.clock.advance(10_000);
  expect(next.record().outbox).toEqual([]);
  await next.stop();
});
