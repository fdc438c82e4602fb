/** One lease by itself: whether it is ours is decided by when a call was sent, and by our own clock. */
import { expect, it } from 'vitest';
import { Ownership } from '../../../actors/ownership.ts';
import { hosting } from '../../../machines/limits.ts';
import { FakeLeases } from '../../fakes/fake-leases.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

const partition = 7;
const { leaseTtlMs: ttlMs, leaseHoldShare, leaseTicks } = hosting;
const trustedMs = ttlMs * leaseHoldShare;
const tickMs = ttlMs / leaseTicks;

function newLease() {
  const clock = new ManualClock();
  // No time of these tests may be taken for a distance from the beginning.
  clock.freeze(1_000_000);
  const leases = new FakeLeases({ nowMs: () => clock.monotonicMs(), ttlMs });
  const told: string[] = [];
  const ownership = new Ownership({
    ...{ leases, partition, clock },
    telemetry: {
      log: (level, fields, text) => told.push(`${level} ${text} ${JSON.stringify(fields)}`),
      count: () => undefined,
      observe: () => undefined,
    },
    onLost: (cause, why) => told.push(`${cause}: ${why}`),
  });
  return { ownership, leases, clock, told };
}

/** Of every call to it: when it was made, and how to answer it. */
function delayed(leases: FakeLeases, call: 'acquire' | 'renew' | 'release', clock: ManualClock) {
  const calls: { readonly atMs: number; readonly answer: () => void }[] = [];
  const real = leases[call].bind(leases) as (partition: number) => Promise<never>;
  leases[call] = async (asked: number) => {
    await new Promise<void>((resolve) => {
      calls.push({ atMs: clock.monotonicMs(), answer: resolve });
    });
    return real(asked);
  };
  return calls;
}

const unanswered = (text: string): string =>
  `warn ${text} ${JSON.stringify({ partition, reason: 'fake leases: disconnected' })}`;

it('is nobody’s before it was asked for', () => {
  expect(newLease().ownership.held()).toBe(false);
});

it('is held from the moment it was asked for, for the trusted share of its time', async () => {
  const { ownership, leases, clock, told } = newLease();
  const calls = delayed(leases, 'acquire', clock);
  const acquired = ownership.acquire();
  await clock.advance(1_000);
  calls[0]?.answer();
  expect(await acquired).toBe(leases.takenAt(partition));
  leases.connected = false;
  await clock.advance(trustedMs - 1_001);
  expect(ownership.held()).toBe(true);
  await clock.advance(1);
  expect(ownership.held()).toBe(false);
  expect(told.at(-1)).toBe('late: the lease could not be renewed in time');
  expect(clock.pending()).toBe(0);
});

it('leaves alone what somebody else holds', async () => {
  const { ownership, leases, clock, told } = newLease();
  await leases.secondClient('h2').acquire(partition);
  expect(await ownership.acquire()).toBeUndefined();
  expect([ownership.held(), clock.pending(), told]).toEqual([false, 0, []]);
});

it('does not act on an answer that took longer than the lease is trusted', async () => {
  const { ownership, leases, clock, told } = newLease();
  const calls = delayed(leases, 'acquire', clock);
  const acquired = ownership.acquire();
  clock.freeze(trustedMs);
  calls[0]?.answer();
  expect(await acquired).toBeUndefined();
  expect([ownership.held(), clock.pending(), told]).toEqual([false, 0, []]);
});

it('says that it could not be asked for, and holds nothing', async () => {
  const { ownership, leases, told } = newLease();
  leases.connected = false;
  expect(await ownership.acquire()).toBeUndefined();
  expect(ownership.held()).toBe(false);
  expect(told).toEqual([unanswered('the lease could not be asked for')]);
});

it('is renewed every tick, one call at a time, however long one takes', async () => {
  const { ownership, leases, clock } = newLease();
  await ownership.acquire();
  const beganMs = clock.monotonicMs();
  const calls = delayed(leases, 'renew', clock);
  await clock.advance(3 * tickMs);
  expect(calls.map(({ atMs }) => atMs - beganMs)).toEqual([tickMs]);
  calls[0]?.answer();
  await clock.advance(tickMs);
  expect(calls.map(({ atMs }) => atMs - beganMs)).toEqual([tickMs, 4 * tickMs]);
});

it('counts a renewal from when it was sent', async () => {
  const { ownership, leases, clock, told } = newLease();
  await ownership.acquire();
  const calls = delayed(leases, 'renew', clock);
  await clock.advance(2 * tickMs);
  calls[0]?.answer();
  await clock.advance(trustedMs - tickMs - 1);
  expect([ownership.held(), told]).toEqual([true, []]);
  await clock.advance(1);
  expect(told).toEqual(['late: the lease could not be renewed in time']);
});

it('goes on after a renewal without an answer, and says so', async () => {
  const { ownership, leases, clock, told } = newLease();
  await ownership.acquire();
  leases.connected = false;
  await clock.advance(tickMs);
  leases.connected = true;
  await clock.advance(10 * ttlMs);
  expect(ownership.held()).toBe(true);
  expect(told).toEqual([unanswered('the lease was not renewed')]);
});

it('is lost when a renewal comes back after its time, though the lease is ours again', async () => {
  const { ownership, leases, clock, told } = newLease();
  await ownership.acquire();
  const calls = delayed(leases, 'renew', clock);
  await clock.advance(tickMs);
  clock.freeze(trustedMs - tickMs);
  calls[0]?.answer();
  await settle();
  expect(leases.holder(partition)).toBe('h1');
  expect(told).toEqual(['late: the lease could not be renewed in time']);
  expect([ownership.held(), clock.pending()]).toEqual([false, 0]);
});

it('is lost when somebody else has taken it', async () => {
  const { ownership, leases, clock, told } = newLease();
  await ownership.acquire();
  leases.expire();
  await leases.secondClient('h2').acquire(partition);
  await clock.advance(tickMs);
  expect(told).toEqual(['taken: the lease is no longer ours']);
  expect([ownership.held(), clock.pending()]).toEqual([false, 0]);
});

it('is lost once, for the first reason', async () => {
  const { ownership, clock, told } = newLease();
  await ownership.acquire();
  ownership.lose('contested', 'somebody else keeps writing');
  ownership.lose('replaced', 'a later process runs');
  expect(told).toEqual(['contested: somebody else keeps writing']);
  expect([ownership.held(), clock.pending()]).toEqual([false, 0]);
});

it('is given back, and nobody is told of a loss', async () => {
  const { ownership, leases, clock, told } = newLease();
  await ownership.acquire();
  await ownership.release();
  expect(leases.holder(partition)).toBeUndefined();
  expect([ownership.held(), clock.pending(), told]).toEqual([false, 0, []]);
});

it('is not given back by who no longer holds it', async () => {
  const { ownership, leases, clock } = newLease();
  const calls = delayed(leases, 'release', clock);
  await ownership.acquire();
  ownership.lose('contested', '');
  await ownership.release();
  expect(calls).toEqual([]);
});

it('ends by itself where it cannot be given back', async () => {
  const { ownership, leases, told } = newLease();
  await ownership.acquire();
  leases.connected = false;
  await ownership.release();
  expect(ownership.held()).toBe(false);
  expect(told).toEqual([unanswered('the lease was not released; it ends by itself')]);
});
