import { describe, expect, it } from 'vitest';
import { resilience } from '../../../machines/limits.ts';
import { faultTypes } from '../../../machines/messages.ts';
import type { EffectFault, Priority } from '../../../machines/messages.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { Fault, guarded, key, openMs, refuserOf } from './guarded.ts';

describe('what a circuit counts', () => {
  it.each(faultTypes)('%s counts only when the service is to blame [R-12] [P-33]', async (type) => {
    const { fail, state } = guarded();
    for (let failure = 0; failure < 5; failure += 1) await fail(type);
    const isService = ['Retryable', 'Unavailable', 'Timeout'].includes(type);
    expect(state()).toBe(isService ? 'open' : 'closed');
  });

  it('a rejected call is no failure and never reaches the service [R-36] [G-02]', async () => {
    const { trip, call, guard, state } = guarded();
    await trip();
    let isMade = false;
    const refused = await call(() => Promise.resolve((isMade = true))).catch((e: unknown) => e);
    expect(refused).toMatchObject({ fault: { type: 'CircuitOpen', rejectedBy: 'circuit', key } });
    expect([isMade, state()]).toEqual([false, 'open']);
    expect(guard.breakers()[0]?.calls).toMatchObject({ failed: 3, rejected: 1 });
  });

  it('a late failure neither reopens nor prolongs [R-04]', async () => {
    const { trip, call, clock, guard, state } = guarded();
    let failLate: () => void = () => undefined;
    const late = call(
      () => new Promise((_, reject) => (failLate = () => reject(new Fault('Timeout')))),
    );
    await settle();
    await trip();
    await clock.advance(openMs);
    for (let probe = 0; probe < 2; probe += 1) await call(() => Promise.resolve());
    failLate();
    await expect(late).rejects.toThrow('Timeout');
    expect([state(), guard.breakers()[0]?.consecutive]).toEqual(['closed', 0]);
  });

  it('a call that its caller cuts short says nothing about the service [R-36]', async () => {
    const { call, state } = guarded();
    for (let turn = 0; turn < 5; turn += 1) {
      const abort = new AbortController();
      const asked = call(
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Fault('Timeout')));
          }),
        { signal: abort.signal },
      );
      await settle();
      abort.abort(new Error('left'));
      await expect(asked).rejects.toThrow('Timeout');
    }
    expect(state()).toBe('closed');
  });
});

describe('a circuit that is probed', () => {
  it('lets through exactly as many as may probe, however many ask [R-03] [V-08]', async () => {
    const { trip, call, clock } = guarded();
    await trip();
    await clock.advance(openMs);
    let made = 0;
    const refusers: string[] = [];
    for (let each = 0; each < 20; each += 1)
      void call(() => {
        made += 1;
        return new Promise(() => undefined);
      }).catch((thrown: unknown) => refusers.push(refuserOf(thrown)));
    await settle();
    expect(made).toBe(1);
    expect(refusers).toEqual(Array.from({ length: 19 }, () => 'circuit'));
  });

  it('closes on answers, not on admissions, and a probe that hangs opens it again [R-05]', async () => {
    const { trip, call, clock, state } = guarded();
    await trip();
    await clock.advance(openMs);
    const cut = expect(call(() => new Promise(() => undefined))).rejects.toThrow('45000 ms');
    await clock.advance(44_999);
    expect(state()).toBe('halfOpen');
    await clock.advance(1);
    expect(state()).toBe('open');
    await cut;
  });

  it('a probe that hangs opens the circuit once, and gives its place back [R-05]', async () => {
    const { trip, call, clock, state, telemetry } = guarded();
    await trip();
    await clock.advance(openMs);
    const cut = expect(call(() => new Promise(() => undefined))).rejects.toThrow('45000 ms');
    await clock.advance(45_000 * resilience.probeLeaseShare + 25_000);
    await clock.advance(2 * openMs);
    await cut;
    expect(await call(() => Promise.resolve('probed'))).toBe('probed');
    expect(state()).toBe('halfOpen');
    expect(telemetry.counts.get(`fairlead_breaker_transitions_total ${key} halfOpen open`)).toBe(1);
  });

  it('notices by itself that its time is over when a timer is late', async () => {
    const { trip, call, clock, state } = guarded();
    await trip();
    clock.freeze(openMs);
    await call(() => Promise.resolve());
    expect(state()).toBe('halfOpen');
  });

  it('lets one fencing call through while open', async () => {
    const { trip, call, state } = guarded();
    await trip();
    expect(await call(() => Promise.resolve('fenced'), { priority: 'failover' })).toBe('fenced');
    expect(state()).toBe('halfOpen');
  });
});

describe('those who wait', () => {
  it("are not let through once their actor may be another host's, and count for nothing", async () => {
    const { call, guard, clock } = guarded({ provider: { ratePerSecond: 1, burst: 1 } });
    await call(() => Promise.resolve());
    const owner = { isOurs: true };
    let isMade = false;
    const waiting = call(() => Promise.resolve((isMade = true)), { mayAct: () => owner.isOurs });
    const end = waiting.catch((thrown: unknown) => thrown);
    // As in a process that slept: nothing has told the call so far, its signal least of all.
    owner.isOurs = false;
    await clock.advance(2_000);
    expect(await end).toMatchObject({ fault: { type: 'Cancelled', mayHaveHappened: false } });
    expect(isMade).toBe(false);
    expect(guard.breakers()[0]).toMatchObject({ state: 'closed' });
    await call(() => Promise.resolve());
  });

  it('are released few at a time, teardown first, after the probes [R-37] [G-61] [G-22] [U-15]', async () => {
    const { trip, call, clock, guard, state } = guarded();
    await trip();
    const { signal } = new AbortController();
    const order: Priority[] = [];
    const wait = (priority: Priority) =>
      guard.untilReleased(key, priority, signal).then(async () => {
        order.push(priority);
        await call(() => Promise.resolve());
      });
    for (let waiter = 0; waiter < 100; waiter += 1)
      void wait(waiter % 10 === 0 ? 'teardown' : 'user');
    await settle();
    expect(guard.breakers()[0]?.waiting).toBe(100);
    await clock.advance(openMs - 1);
    expect(order).toEqual([]);
    await clock.advance(1);
    expect(state()).toBe('closed');
    // Two probes, then a tenth of those that waited a second, or as many as the limiter lets through: five.
    for (let second = 0; second < 5; second += 1) {
      const before = order.length;
      await clock.advance(1_000);
      expect(order.length - before).toBeLessThanOrEqual(5);
    }
    await clock.advance(20_000);
    expect(guard.breakers()[0]?.waiting).toBe(0);
    expect(order.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'teardown'));
  });

  it('leave at once with their signal, and wait no more', async () => {
    const { trip, guard } = guarded();
    await trip();
    const abort = new AbortController();
    const waiting = guard.untilReleased(key, 'user', abort.signal).catch(String);
    abort.abort(new Error('left'));
    expect(await waiting).toBe('Error: left');
    expect(guard.breakers()[0]?.waiting).toBe(0);
  });
});

describe('the other limits', () => {
  it('throttling slows the calls and never opens the circuit [P-33]', async () => {
    const { fail, guard, state } = guarded();
    await fail('RateLimit', { retryAfterMs: 100 });
    expect([state(), guard.limits()[0]?.ratePerSecond]).toEqual(['closed', 2.5]);
  });

  it('a call beyond its time is aborted, and leaves no timer and no place taken [R-13]', async () => {
    const { call, clock, guard } = guarded();
    const before = clock.pending();
    let reason: unknown;
    const asked = call(({ signal }) => {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          reject(new Fault('Timeout'));
        });
      });
    }).catch((thrown: unknown) => thrown);
    await clock.advance(45_000);
    expect(String(await asked)).toMatch(/Timeout/);
    expect(String(reason)).toContain('no answer within 45000 ms');
    expect([guard.limits()[0]?.inFlight, clock.pending()]).toEqual([0, before]);
  });

  it('refuses retries beyond their share, before a call is made [G-22] [G-62]', async () => {
    const { call, guard, clock } = guarded();
    let refused = 0;
    for (let retry = 0; retry < 200; retry += 1) {
      clock.freeze(250);
      await call(() => Promise.resolve(), { number: 2 }).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ fault: { rejectedBy: 'budget' } });
        refused += 1;
      });
    }
    expect(refused).toBeGreaterThan(0);
    expect(guard.breakers()[0]?.state).toBe('closed');
  });
});

describe('orders and views', () => {
  const order = (verb: 'isolate' | 'reset' | 'set' | 'release', more: object = {}) => ({
    ...{ orderId: `${verb}-1`, verb, key: 'main/eu-central-1/ec2', reason: 'a test' },
    ...{ untilMs: Number.MAX_SAFE_INTEGER, allowTeardown: false, policy: {}, ...more },
  });

  it('isolate a service with all its classes, also those first called later', async () => {
    const { guard, call, state } = guarded();
    guard.lines.apply(order('isolate'));
    await expect(call(() => Promise.resolve())).rejects.toMatchObject({
      fault: { type: 'CircuitOpen', message: expect.stringContaining('a test') },
    });
    guard.lines.apply(order('reset'));
    expect([await call(() => Promise.resolve(1)), state()]).toEqual([1, 'closed']);
  });

  it('merge a partial policy, and keep what is in flight [R-30] [G-44]', async () => {
    const { guard, call } = guarded();
    await call(() => Promise.resolve());
    guard.lines.apply(order('set', { policy: { concurrentMax: 20 } }));
    const { policy } = guard.breakers()[0] ?? {};
    expect(policy).toMatchObject({ concurrentMax: 20, failuresMax: 3, openBaseMs: openMs });
    expect(guard.limits()[0]?.concurrentMax).toBe(20);
    guard.lines.apply({ ...order('set', { policy: { failuresMax: 7 } }), orderId: 'set-2' });
    expect(guard.breakers()[0]?.policy).toMatchObject({ concurrentMax: 20, failuresMax: 7 });
  });

  it('exactly one state of a breaker is 1, and every count moves [R-22]', async () => {
    const { guard, trip, call, telemetry } = guarded();
    await call(() => Promise.resolve());
    await trip();
    const states = guard
      .readings()
      .filter(({ metric, value }) => metric === 'fairlead_breaker_in_state' && value === 1);
    expect(states.map(({ labels }) => labels?.['state'])).toEqual(['open']);
    expect(telemetry.counts.get(`fairlead_breaker_calls_total ${key} failed`)).toBe(3);
    expect(telemetry.counts.get(`fairlead_breaker_calls_total ${key} ok`)).toBe(1);
    expect(telemetry.counts.get(`fairlead_breaker_transitions_total ${key} closed open`)).toBe(1);
  });

  it('tells of an opening in the words that runbooks look for [R-38]', async () => {
    const { trip, telemetry } = guarded();
    await trip();
    const line = telemetry.lines.find(({ text }) => text.startsWith('[CIRCUIT]'));
    expect(line?.text).toBe('[CIRCUIT] EC2 circuit breaker opened due to 3 consecutive failures');
    expect(line?.fields).toMatchObject({ title: 'Circuit breaker opened', from: 'closed' });
  });

  it('evicts the breaker that rested longest when all slots are taken, and its series with it [R-21]', async () => {
    const { guard, clock } = guarded();
    const { signal } = new AbortController();
    const classify = (): EffectFault => ({ type: 'InternalError', code: '', message: '' });
    const ask = (name: string) =>
      guard.call({ key: name, attempt: { signal, correlationId: '' }, classify }, () =>
        Promise.resolve(),
      );
    for (let index = 0; index < resilience.breakersMax + 2; index += 1) {
      clock.freeze(1);
      await ask(`main/r${index}/ssm`);
    }
    await ask('main/again/ssm');
    const keys = guard.breakers().map((each) => each.key);
    expect(keys.length).toBeLessThanOrEqual(resilience.breakersMax);
    expect(keys).not.toContain('main/r0/ssm');
    expect(keys).toContain('main/again/ssm');
    const named = guard.readings().flatMap(({ labels = {} }) => Object.values(labels));
    expect(named).not.toContain('main/r0/ssm');
    expect(named).toContain('main/again/ssm');
  });
});
