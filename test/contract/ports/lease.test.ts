// Lease: the same cases on the fake and on JetStream KV.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Lease } from '../../../actors/ports.ts';
import { createLease } from '../../../src/nats/lease.ts';
import { FakeLease } from '../../fakes/fake-lease.ts';
import { LEASE_TTL_MS, lossy, startRig, until } from './nats-rig.ts';
import type { NatsRig } from './nats-rig.ts';

interface Rig {
  readonly lease: Lease;
  /** Another process that wants the same lease. */
  readonly second: Lease;
  loseNextAnswer(): void;
  /** Lets the time to live pass without a renewal. */
  expire(): Promise<void>;
  stop(): Promise<void>;
}

async function fakeRig(): Promise<Rig> {
  let nowMs = 0;
  const lease = new FakeLease({ nowMs: () => nowMs, ttlMs: LEASE_TTL_MS });
  return {
    lease,
    second: lease.secondClient(),
    loseNextAnswer: () => (lease.loseNextAnswer = true),
    expire: async () => void (nowMs += LEASE_TTL_MS),
    stop: async () => {},
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
  return {
    lease: await createLease(connection),
    second: await createLease(other),
    loseNextAnswer: loseNext,
    expire: () => until(isFree, 'the lease expires'),
    stop: () => rig.stop(),
  };
}

describe.each([
  ['fake', fakeRig],
  ['JetStream', natsRig],
])('lease on %s', (_name, start) => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await start();
  });
  beforeEach(async () => {
    await rig.lease.release('one');
    await rig.second.release('one');
    await rig.second.release('two');
  });
  afterAll(() => rig.stop());

  it('belongs to one holder at a time', async () => {
    expect(await rig.lease.acquire('one')).toEqual({ revision: expect.any(Number) });
    expect(await rig.second.acquire('two')).toBeUndefined();
    expect(await rig.lease.renew('one')).toBe(true);
    expect(await rig.second.renew('two')).toBe(false);
  });

  it('lives on while renewed and cannot be renewed once it has expired, even if nobody took it', async () => {
    await rig.lease.acquire('one');
    expect(await rig.lease.renew('one')).toBe(true);
    await rig.expire();
    expect(await rig.lease.renew('one')).toBe(false);
    expect(await rig.lease.renew('one')).toBe(false);
  });

  it('goes to another holder at a higher revision after it has expired', async () => {
    const first = await rig.lease.acquire('one');
    await rig.expire();
    const next = await rig.second.acquire('two');
    expect(next?.revision).toBeGreaterThan(first?.revision ?? Infinity);
    expect(await rig.lease.renew('one')).toBe(false);
    expect(await rig.lease.acquire('one')).toBeUndefined();
  });

  it('is free at once after it was released', async () => {
    const first = await rig.lease.acquire('one');
    await rig.lease.release('one');
    const next = await rig.second.acquire('two');
    expect(next?.revision).toBeGreaterThan(first?.revision ?? Infinity);
  });

  it('is taken at once by another process of the same holder, which ends the older one', async () => {
    await rig.lease.acquire('one');
    expect(await rig.second.acquire('one')).toBeDefined();
    expect(await rig.lease.renew('one')).toBe(false);
    expect(await rig.second.renew('one')).toBe(true);
  });

  it('is not released by somebody who does not hold it', async () => {
    await rig.lease.acquire('one');
    await rig.second.release('one');
    await rig.second.release('two');
    expect(await rig.lease.renew('one')).toBe(true);
  });

  it('is still ours after a renewal whose answer was lost', async () => {
    await rig.lease.acquire('one');
    rig.loseNextAnswer();
    // JetStream finds out by itself; the fake leaves it open. Neither may say that it is gone.
    const told: unknown = await rig.lease.renew('one').catch(String);
    expect(String(told)).toMatch(/^true$|answer lost/);
    expect(await rig.lease.renew('one')).toBe(true);
  });
});

describe('lease on JetStream only', () => {
  it('rejects a renewal while the server is away, and the holder takes it again afterwards', async () => {
    const rig = await startRig();
    try {
      const lease = await createLease(rig.connection);
      await lease.acquire('one');
      await rig.server.kill('SIGKILL');
      await expect(lease.renew('one')).rejects.toThrow();
      await rig.server.restart();
      await until(() => rig.connection.connected(), 'connected again');
      expect(await lease.acquire('one')).toBeDefined();
      expect(await lease.renew('one')).toBe(true);
    } finally {
      await rig.stop();
    }
  });
});
