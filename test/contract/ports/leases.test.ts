// Leases: the same cases on the fake, the simulated ones and JetStream KV.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Leases, Presence } from '../../../actors/ports.ts';
import { createLeases } from '../../../src/nats/leases.ts';
import { FakeLeases } from '../../fakes/fake-leases.ts';
import { SimLeases } from '../../simulation/leases.ts';
import { LEASE_TTL_MS, lossy, startRig, until } from './nats-rig.ts';
import type { NatsRig } from './nats-rig.ts';
import { SimulatedWorld } from './simulated.ts';

interface Rig {
  readonly ttlMs: number;
  /** Of host `one`. */
  readonly one: Leases;
  /** Of host `two`. */
  readonly two: Leases;
  /** Another process of host `one`, started later. */
  readonly again: Leases;
  /** Of host `one`'s first process. */
  loseNextAnswer(): void;
  /** Lets the time to live pass without a renewal. */
  expire(): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRig(): Promise<Rig> {
  let nowMs = 0;
  const one = new FakeLeases({ host: 'one', nowMs: () => nowMs, ttlMs: LEASE_TTL_MS });
  return {
    ttlMs: LEASE_TTL_MS,
    one,
    two: one.secondClient('two'),
    again: one.secondClient('one'),
    loseNextAnswer: () => (one.loseNextAnswer = true),
    expire: async () => void (nowMs += LEASE_TTL_MS),
    stop: async () => {},
  };
}

/** Longer than the wait for an answer that was lost. */
const SIMULATED_TTL_MS = 6_000;

async function simulatedRig(): Promise<Rig> {
  const world = new SimulatedWorld();
  const leases = new SimLeases(world.wire, SIMULATED_TTL_MS);
  return {
    ttlMs: SIMULATED_TTL_MS,
    one: leases.client(world.life('one')),
    two: leases.client(world.life('two')),
    again: leases.client(world.life('one', 2)),
    loseNextAnswer: () => world.strikeNow('lease', 'replyLost'),
    expire: () => world.pass(SIMULATED_TTL_MS),
    stop: () => world.stop(),
  };
}

async function natsRig(): Promise<Rig> {
  const rig: NatsRig = await startRig();
  const { connection, loseNext } = lossy(rig.connection);
  const other = await rig.connect();
  const isFree = async (): Promise<boolean> => {
    const { state } = await rig.connection.jsm.streams.info('KV_FAIRLEAD_LEASE');
    return state.messages === 0;
  };
  const one = await createLeases(connection, 'one');
  // Instances sort by the millisecond of their making.
  await new Promise((resolve) => setTimeout(resolve, 2));
  return {
    ttlMs: LEASE_TTL_MS,
    one,
    two: await createLeases(other, 'two'),
    again: await createLeases(other, 'one'),
    loseNextAnswer: loseNext,
    expire: () => until(isFree, 'everything expires'),
    stop: () => rig.stop(),
  };
}

const presence = (more: Partial<Presence> = {}): Presence => ({
  ...{ isDraining: false, owned: 0, version: '1.2.3', startedAtMs: 1 },
  ...more,
});

describe.each([
  ['fake', fakeRig],
  ['simulation', simulatedRig],
  ['JetStream', natsRig],
])('leases on %s', (_name, start) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await start();
  });
  beforeEach(async () => {
    for (const each of [rig.one, rig.again, rig.two]) {
      await each.withdraw();
      for (const partition of [7, 8]) await each.release(partition);
    }
  });
  afterAll(() => rig.stop());

  it('tell how long they live', () => {
    expect(rig.one.ttlMs).toBe(rig.ttlMs);
  });

  it('belong to one host at a time, each partition by itself', async () => {
    expect(await rig.one.acquire(7)).toEqual({ revision: expect.any(Number) });
    expect(await rig.two.acquire(7)).toBeUndefined();
    expect(await rig.two.acquire(8)).toBeDefined();
    expect(await rig.one.renew(7)).toBe(true);
    expect(await rig.two.renew(7)).toBe(false);
    expect(await rig.two.renew(8)).toBe(true);
  });

  it('show who holds what and who is alive', async () => {
    expect(await rig.two.survey()).toEqual({ hosts: [], partitions: new Map() });
    await rig.one.announce(presence({ owned: 1 }));
    await rig.two.announce(presence({ isDraining: true }));
    await rig.one.acquire(7);
    await rig.two.acquire(8);
    const { hosts, partitions } = await rig.two.survey(true);
    expect(Object.fromEntries(partitions)).toEqual({ 7: 'one', 8: 'two' });
    expect([...hosts].sort((left, right) => left.host.localeCompare(right.host))).toEqual([
      { host: 'one', ...presence({ owned: 1 }) },
      { host: 'two', ...presence({ isDraining: true }) },
    ]);
  });

  it('no longer show what was given back or has expired', async () => {
    await rig.one.announce(presence());
    await rig.one.acquire(7);
    await rig.two.announce(presence());
    await rig.two.acquire(8);
    await rig.one.withdraw();
    await rig.one.release(7);
    const left = await rig.two.survey();
    expect(left.hosts.map(({ host }) => host)).toEqual(['two']);
    expect([...left.partitions.keys()]).toEqual([8]);
    await rig.expire();
    expect(await rig.two.survey()).toEqual({ hosts: [], partitions: new Map() });
  });

  it('live on while renewed and cannot be renewed once expired, even if nobody took them', async () => {
    await rig.one.acquire(7);
    expect(await rig.one.renew(7)).toBe(true);
    await rig.expire();
    expect(await rig.one.renew(7)).toBe(false);
    expect(await rig.one.renew(7)).toBe(false);
  });

  it('go to another host at a higher revision after they have expired', async () => {
    const first = await rig.one.acquire(7);
    await rig.expire();
    const next = await rig.two.acquire(7);
    expect(next?.revision).toBeGreaterThan(first?.revision ?? Infinity);
    expect(await rig.one.renew(7)).toBe(false);
    expect(await rig.one.acquire(7)).toBeUndefined();
  });

  it('are free at once after they were released, and the others are told', async () => {
    let told = 0;
    const stop = rig.two.onFreed(() => (told += 1));
    const first = await rig.one.acquire(7);
    await rig.two.announce(presence()); // its subscription is known to the server by then
    await rig.one.release(7);
    const next = await rig.two.acquire(7);
    expect(next?.revision).toBeGreaterThan(first?.revision ?? Infinity);
    await until(() => told > 0, 'the other host hears of it');
    stop();
  });

  it('are taken at once by another process of the same host, which ends the older one', async () => {
    await rig.one.acquire(7);
    expect(await rig.again.acquire(7)).toBeDefined();
    expect(await rig.one.renew(7)).toBe(false);
    expect(await rig.again.renew(7)).toBe(true);
  });

  it('leave the name of a host to the process that started last', async () => {
    expect(await rig.one.announce(presence())).toBe(true);
    expect(await rig.one.announce(presence())).toBe(true);
    expect(await rig.again.announce(presence())).toBe(true);
    expect(await rig.one.announce(presence())).toBe(false);
    await rig.one.withdraw();
    expect((await rig.two.survey()).hosts.map(({ host }) => host)).toEqual(['one']);
    await rig.again.withdraw();
    expect(await rig.one.announce(presence())).toBe(true);
  });

  it('are not released by somebody who does not hold them', async () => {
    await rig.one.acquire(7);
    await rig.again.release(7);
    await rig.two.release(7);
    expect(await rig.one.renew(7)).toBe(true);
  });

  it('are still ours after a renewal whose answer was lost', async () => {
    await rig.one.acquire(7);
    rig.loseNextAnswer();
    // JetStream finds out by itself; the others leave it open. None may say that it is gone.
    const told: unknown = await rig.one.renew(7).catch(String);
    expect(String(told)).toMatch(/^true$|answer lost|gave no answer/);
    expect(await rig.one.renew(7)).toBe(true);
  });
});

describe('leases of the simulation only', () => {
  it('stay with the process that took them when a call of the one before it lands late', async () => {
    const world = new SimulatedWorld();
    const leases = new SimLeases(world.wire, SIMULATED_TTL_MS);
    const before = world.life('one');
    world.strikeNow('lease', 'late');
    void leases.client(before).acquire(7);
    before.kill();
    await world.pass(100);
    const after = leases.client(world.life('one', 2));
    expect(await after.acquire(7)).toBeDefined();
    await world.pass(SIMULATED_TTL_MS / 2);
    expect(await after.renew(7)).toBe(true);
    await world.stop();
  });
});

describe('leases on JetStream only', () => {
  it('are looked at by everybody while keys among them cannot be read, which is told once', async () => {
    const rig = await startRig();
    try {
      const { connection, log, logged } = rig;
      const leases = await createLeases(connection, 'one', log);
      const told = (key: string) => logged.filter((line) => line.includes(`"key":"${key}"`));
      const write = (key: string, text: string) =>
        connection.js.publish(`$KV.FAIRLEAD_LEASE.${key}`, text);
      await write('p7', 'held by nobody');
      await write('p8', '{"holder":7}');
      await write('n.two', '{');
      await write('n.three', '{"holder":"three","instance":"a","presence":{"owned":"all"}}');
      await write('notes', 'a line');
      await leases.announce(presence());
      for (let look = 0; look < 2; look += 1) {
        const { hosts, partitions } = await leases.survey(true);
        expect([...partitions.keys()].sort()).toEqual([7, 8]);
        expect([...partitions.values()]).not.toContain('one');
        expect(hosts.map(({ host }) => host)).toEqual(['one']);
      }
      expect(await leases.acquire(7)).toBeUndefined();
      for (const key of ['p7', 'p8', 'n.two', 'n.three', 'notes'])
        expect(told(key)).toHaveLength(1);
      // They end as every lease does.
      await until(async () => (await leases.acquire(7)) !== undefined, 'it can be taken');
    } finally {
      await rig.stop();
    }
  });

  it('reject a renewal while the server is away, and the holder takes them again afterwards', async () => {
    const rig = await startRig();
    try {
      const leases = await createLeases(rig.connection, 'one');
      await leases.acquire(7);
      await rig.server.kill('SIGKILL');
      await expect(leases.renew(7)).rejects.toThrow();
      await rig.server.restart();
      await until(() => rig.connection.connected(), 'connected again');
      expect(await leases.acquire(7)).toBeDefined();
      expect(await leases.renew(7)).toBe(true);
    } finally {
      await rig.stop();
    }
  });
});
