/** Who may act: the leases decide who tries, our own clock decides when to stop. */
import { expect, it } from 'vitest';
import { partitionOf } from '../../../machines/ids.ts';
import { hosting } from '../../../machines/limits.ts';
import { World } from './world.ts';

/** Where the actor of these tests is. */
const home = partitionOf({ kind: 'job', namespace: 'shop', name: 'a' });

it('fences itself before the lease can be taken, and cuts what it hosts', async () => {
  let aborted = 0;
  const world = new World({
    perform: (_input, { signal }) =>
      new Promise(() => {
        signal.addEventListener('abort', () => (aborted += 1));
      }),
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  world.leases.connected = false;
  await world.clock.advance(3_000);
  expect(world.host.status()).toMatchObject({ owner: true, loaded: true });
  await world.clock.advance(700);
  expect(world.host.status()).toMatchObject({ owner: false, loaded: false });
  expect(world.host.residents()).toEqual([]);
  expect(aborted).toBe(1);
  world.send('note', { text: 'x' });
  await world.clock.advance(100);
  expect(world.bus.waiting()).toHaveLength(1);
  world.leases.connected = true;
  await world.clock.advance(2_000);
  expect(world.host.status().owner).toBe(true);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['x'] } });
  expect(world.record().fence).toBeGreaterThan(1);
  await world.stop();
});

it('survives one renewal that is not answered', async () => {
  const world = await new World().start();
  world.leases.connected = false;
  await world.clock.advance(1_100);
  world.leases.connected = true;
  await world.clock.advance(10_000);
  expect(world.host.status().owner).toBe(true);
  expect(world.host.status().partitions).toBe(64);
  expect(world.telemetry.texts()).not.toContain('a partition is not ours');
  await world.stop();
});

it('stops at once when a renewal says that another host holds the lease', async () => {
  const world = await new World().start();
  await world.ask('create');
  world.leases.expire();
  const rival = await new World({ hostId: 'h2' }, world).start();
  expect(world.host.status().partitions).toBe(64);
  expect(rival.host.status().partitions).toBe(64);
  await world.clock.advance(1_001);
  expect(world.telemetry.counts.get('fairlead_leases_lost_total taken')).toBe(64);
  expect(world.leases.holder(home)).toBe('h2');
  const reply = await rival.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'n' });
  expect(reply.body).toMatchObject({ accepted: true });
  expect(rival.record()).toMatchObject({ host: 'h2' });
  await rival.stop();
  await world.stop();
});

it('shares with a second host, which takes over the rest when the first one stops', async () => {
  const world = await new World().start();
  await world.ask('create');
  const second = await new World({ hostId: 'h2' }, world).start();
  // All is held: a host that has nothing to take is up all the same.
  expect(second.host.status()).toMatchObject({ owner: false, partitions: 0, loaded: true });
  await world.clock.advance(10_000);
  expect(world.leases.counts()).toEqual({ h1: 32, h2: 32 });
  await world.stop();
  await second.clock.advance(100);
  expect(second.host.status()).toMatchObject({ owner: true, partitions: 64, loaded: true });
  await second.stop();
});

it('never goes back below the fences in the records, even when the lease was lost', async () => {
  const world = await new World().start();
  await world.ask('create');
  const { fence } = world.record();
  world.crash();
  const next = new World({ hostId: 'h2' }, world);
  // A re-created lease bucket counts from the beginning.
  next.leases.recreate();
  next.leases.acquire = () => Promise.resolve({ revision: 1 });
  next.leases.renew = () => Promise.resolve(true);
  await next.start();
  await next.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'n' });
  expect(next.record().fence).toBe(fence + 1);
  await next.stop();
});

it('drains on stop: nothing new is taken, what waits is decided, the lease is free [D-28]', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.store.hold();
  const id = world.send('note', { text: 'x' });
  await world.clock.advance(0);
  const stopped = world.host.stop();
  expect(world.host.status().draining).toBe(true);
  await world.clock.advance(50);
  release();
  await world.clock.advance(1_000);
  await stopped;
  expect(world.reply(id).body).toMatchObject({ accepted: true });
  expect(world.leases.counts()).toEqual({});
  expect(world.clock.pending()).toBe(0);
});

it('leaves no lease behind when a renewal arrives while it is being given back', async () => {
  const world = await new World().start();
  const { leases } = world;
  const { renew, release } = {
    renew: leases.renew.bind(leases),
    release: leases.release.bind(leases),
  };
  const held: (() => void)[] = [];
  leases.renew = async (partition) => {
    await new Promise<void>((resolve) => held.push(resolve));
    return renew(partition);
  };
  const early: number[] = [];
  leases.release = async (partition) => {
    early.push(partition);
    await release(partition);
  };
  await world.clock.advance(1_000);
  expect(held).toHaveLength(64);
  const stopped = world.host.stop();
  await world.clock.advance(50);
  expect(early).toEqual([]);
  for (const answer of held) answer();
  await world.clock.advance(50);
  await stopped;
  expect(leases.counts()).toEqual({});
});

it('gives back what it has when it is stopped while it starts, and starts nothing after', async () => {
  const world = new World();
  const goOn = world.store.holdScans();
  const started = world.host.start();
  await world.clock.advance(0);
  expect(world.leases.counts()).toEqual({ h1: hosting.takenAtOnceMax });
  const stopped = world.host.stop();
  await started;
  goOn();
  await world.clock.advance(0);
  await stopped;
  expect(world.leases.counts()).toEqual({});
  const second = new World({ hostId: 'h2' }, world);
  const early = second.host.start();
  await second.host.stop();
  await world.clock.advance(20_000);
  await early;
  expect(second.leases.counts()).toEqual({});
  expect(second.clock.pending()).toBe(0);
});

it('does not wait for ever for a store that is away when it stops', async () => {
  const world = await new World().start();
  await world.ask('create');
  world.store.connected = false;
  world.send('note', { text: 'x' });
  await world.clock.advance(0);
  const stopped = world.host.stop();
  await world.clock.advance(11_000);
  await stopped;
  expect(world.bus.waiting()).toHaveLength(1);
});

it('answers busy when a mailbox is full, pauses the consumer at its bound, and goes on', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.store.hold();
  for (let count = 0; count < 8; count += 1) world.send('note', { text: `${count}` });
  await world.clock.advance(0);
  for (let round = 0; round < 8; round += 1) world.bus.redeliver();
  await world.clock.advance(0);
  const busy = world.bus.replies.filter(({ error }) => error?.status === 429);
  expect(busy[0]?.body).toMatchObject({ code: 'mailbox.full', retryAfterMs: 1_000 });
  expect(world.host.status().mailboxOldestMs).toBeGreaterThanOrEqual(0);
  release();
  await world.clock.advance(1_000);
  expect(world.bus.waiting()).toEqual([]);
  await world.stop();
});

it('tells gauges and status in plain numbers', async () => {
  const world = await new World().start();
  await world.ask('create');
  const readings = new Map(world.host.readings().map(({ metric, value }) => [metric, value]));
  expect(Object.fromEntries(readings)).toMatchObject({
    fairlead_residents: 1,
    fairlead_quarantined: 0,
    fairlead_outbox_pending: 0,
    fairlead_mailbox_waiting: 0,
    fairlead_lease_held: 1,
  });
  expect(world.host.status()).toMatchObject({ connected: true, quarantined: [] });
  await world.stop();
});
