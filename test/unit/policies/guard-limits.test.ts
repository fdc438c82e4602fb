import { describe, expect, it, vi } from 'vitest';
import { callPolicies } from '../../../machines/limits.ts';
import type { CallPolicy } from '../../../machines/limits.ts';
import type { EffectFault } from '../../../machines/messages.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { Fault, guarded, key, openMs, patient, unhurried } from './guarded.ts';

describe('rates', () => {
  const told = (thrown: unknown) => (thrown as { fault: EffectFault }).fault;

  it('all calls to one account and region share a bucket, and the stricter one binds [V-21] [V-22]', async () => {
    const { call, guard, clock } = guarded({ provider: { ratePerSecond: 4, burst: 3 } });
    const made: string[] = [];
    const ask = (to: string) =>
      void call(() => Promise.resolve(made.push(to)), { key: `main/eu-central-1/${to}` });
    for (const to of ['ec2:read', 'ec2:mutate', 'ssm', 'ec2:read', 'ssm']) ask(to);
    void call(() => Promise.resolve(made.push('elsewhere')), { key: 'main/us-east-1/ssm' });
    await settle();
    expect(made).toEqual(['ec2:read', 'ec2:mutate', 'ssm', 'elsewhere']);
    const view = guard.limits().find(({ key: each }) => each.endsWith('eu-central-1/ssm'));
    expect(view).toMatchObject({
      ...{ binds: 'providerRate', ratePerSecond: 20 },
      provider: { key: 'main/eu-central-1', ratePerSecond: 4, burst: 3 },
    });
    await clock.advance(250);
    expect(made.slice(4)).toEqual(['ec2:read']);
    await clock.advance(250);
    expect(made.slice(5)).toEqual(['ssm']);
  });

  it('launches have a rate of their own, by how many instances are asked for [V-21]', async () => {
    const { call, guard, clock } = guarded();
    await call(() => Promise.resolve(), { launches: 500 });
    expect(guard.limits()[0]).toMatchObject({ launches: { tokens: 0, ratePerSecond: 1 } });
    let isMade = false;
    void call(() => Promise.resolve((isMade = true)), { launches: 3 });
    await clock.advance(2_900);
    expect([isMade, guard.limits()[0]?.binds]).toEqual([false, 'launchRate']);
    await clock.advance(200);
    expect(isMade).toBe(true);
  });

  it('refuse at once instead of letting wait, where that is set [V-21] [G-44]', async () => {
    const { call, guard } = guarded();
    await call(() => Promise.resolve());
    const policy = { rateMode: 'reject', ratePerSecond: 2, burst: 1 } as const;
    const meant = { key, reason: 'a test', untilMs: 0, allowTeardown: false, policy };
    guard.lines.apply({ ...meant, orderId: 'o1', verb: 'set' });
    await call(() => Promise.resolve());
    const refused = await call(() => Promise.resolve()).catch(told);
    expect(refused).toMatchObject({ type: 'RateLimit', rejectedBy: 'rateLimit' });
    expect((refused as EffectFault).retryAfterMs).toBe(500);
    expect(guard.limits()[0]).toMatchObject({ rateMode: 'reject', binds: 'rateLimit' });
  });

  it('new numbers hold at once, and what was set by hand stays on top [G-44]', async () => {
    const { call, guard } = guarded();
    await call(() => Promise.resolve());
    const meant = { key, reason: 'a test', untilMs: 0, allowTeardown: false };
    guard.lines.apply({ ...meant, orderId: 'o1', verb: 'set', policy: { failuresMax: 9 } });
    const row = { ...callPolicies['ec2:mutate'], concurrentMax: 8, failuresMax: 5 } as CallPolicy;
    guard.lines.configure({ rows: { other: row }, provider: { ratePerSecond: 20, burst: 50 } });
    expect(guard.breakers()[0]?.policy).toMatchObject({ failuresMax: 9, concurrentMax: 8 });
    expect(guard.limits()[0]).toMatchObject({ concurrentMax: 8, provider: { burst: 50 } });
  });
});

describe('what is off unless asked for', () => {
  it('an attempt time-out follows its operation, and calls cut off count with their limit [R-16] [G-62]', async () => {
    for (const isTimeoutAdaptive of [false, true]) {
      const { call, clock } = guarded({ isTimeoutAdaptive, provider: unhurried, rows: patient });
      const asked = async (operation: string, ms: number) => {
        const signals: AbortSignal[] = [];
        const made = call(
          ({ signal }) => {
            signals.push(signal);
            return new Promise((resolve) => clock.after(ms, () => resolve(undefined)));
          },
          { operation },
        ).catch(String);
        await clock.advance(ms);
        return made;
      };
      for (let each = 0; each < 100; each += 1) await asked('quick', 100);
      // Shrunk by a tenth five times, from 45 s; that of another operation is as it was.
      expect(await asked('quick', 30_000)).toEqual(
        isTimeoutAdaptive ? expect.stringMatching(/^TimeoutError: no answer within/) : undefined,
      );
      expect(await asked('other', 30_000)).toBe(undefined);
      // From here on it is slow: the calls that were cut off let the time-out grow again.
      if (isTimeoutAdaptive) for (let each = 0; each < 40; each += 1) await asked('quick', 30_000);
      expect(await asked('quick', 30_000)).toBe(undefined);
    }
  });

  it('an open circuit is probed early once its service answers another way [G-59]', async () => {
    for (const isProbedEarly of [false, true]) {
      const { call, trip, clock, state } = guarded({ isProbedEarly });
      const read = () => call(() => Promise.resolve(), { key: 'main/eu-central-1/ec2:read' });
      await trip();
      await read();
      expect(state()).toBe('open');
      await clock.advance(openMs / 4);
      await read();
      expect(state()).toBe(isProbedEarly ? 'halfOpen' : 'open');
    }
  });
});

describe('what is left behind', () => {
  it('nothing after a thousand calls that were cut short: no place, timer or listener [V-28] [R-13]', async () => {
    const { call, clock, guard } = guarded({ provider: unhurried, rows: patient });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    for (let each = 0; each < 1_000; each += 1)
      await expect(
        call(
          (within) => Promise.reject(new Fault(within.signal.aborted ? 'Timeout' : 'Conflict')),
          { signal },
        ),
      ).rejects.toThrow('Conflict');
    for (let each = 0; each < 20; each += 1) {
      const abort = new AbortController();
      const cut = call(
        (within) =>
          new Promise((_, reject) => {
            within.signal.addEventListener('abort', () => reject(new Fault('Timeout')));
          }),
        { signal: abort.signal },
      );
      abort.abort(new Error('left'));
      await expect(cut).rejects.toThrow('Timeout');
    }
    expect(added.mock.calls.length).toBe(1_000);
    expect(removed.mock.calls.length).toBe(1_000);
    await clock.advance(1_000);
    // Only the line that tells of all services every five minutes is still to come.
    expect([guard.limits()[0]?.inFlight, clock.pending()]).toEqual([0, 1]);
  });
});
