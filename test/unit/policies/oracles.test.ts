/** Other people's breakers beside ours, where they are known to go wrong: each fault is shown there, and not here. */
import { circuitBreaker, ConsecutiveBreaker, ConstantBackoff, handleAll, retry } from 'cockatiel';
import fc from 'fast-check';
import CircuitBreaker from 'opossum';
import { describe, expect, it } from 'vitest';
import { callPolicies } from '../../../machines/limits.ts';
import type { CallPolicy } from '../../../machines/limits.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { guarded, openMs, refuserOf, unhurried } from './guarded.ts';

/** Of calls that the service fails, the caller leaves, or a policy ends. */
const expectedEnds =
  /^(Error: 503|Error: left|TimeoutError: .*|circuit|rateLimit|bulkhead|budget)$/;

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);

describe('faults of other breakers', () => {
  it('opossum counts its own capacity rejections as failures of the service; ours does not [R-36]', async () => {
    const theirs = new CircuitBreaker(() => new Promise(() => undefined), {
      ...{ timeout: false, capacity: 1, volumeThreshold: 3, errorThresholdPercentage: 50 },
    });
    void theirs.fire();
    for (let each = 0; each < 5; each += 1)
      await expect(theirs.fire()).rejects.toMatchObject({
        code: expect.stringMatching(/^(ESEMLOCKED|EOPENBREAKER)$/),
      });
    expect(theirs.opened).toBe(true);
    theirs.shutdown();

    const rows = { other: { ...callPolicies['ec2:mutate'], ...unhurried } as CallPolicy };
    const { call, guard, state } = guarded({ provider: unhurried, rows });
    // All places and the whole queue taken: the next ones are refused by us.
    for (let each = 0; each < 55; each += 1) void call(() => new Promise(() => undefined));
    await settle();
    for (let each = 0; each < 5; each += 1)
      await expect(call(() => Promise.resolve())).rejects.toMatchObject({
        fault: { rejectedBy: 'bulkhead' },
      });
    expect([state(), guard.breakers()[0]?.calls.failed]).toEqual(['closed', 0]);
  });

  it('cockatiel lets surplus half-open callers queue and run after the probe; ours are refused at once [R-36] [R-03]', async () => {
    const policy = circuitBreaker(handleAll, {
      halfOpenAfter: 1,
      breaker: new ConsecutiveBreaker(1),
    });
    await expect(policy.execute(() => Promise.reject(new Error('503')))).rejects.toThrow('503');
    await new Promise((resolve) => setTimeout(resolve, 5));
    let theirs = 0;
    const asked = Array.from({ length: 10 }, () =>
      policy.execute(() => {
        theirs += 1;
        return Promise.resolve();
      }),
    );
    await Promise.all(asked);
    expect(theirs).toBe(10);

    const { trip, call, clock } = guarded();
    await trip();
    await clock.advance(openMs);
    let ours = 0;
    const answers = Array.from({ length: 10 }, () =>
      call(() => {
        ours += 1;
        return Promise.resolve();
      }).catch(refuserOf),
    );
    const told = await Promise.all(answers);
    expect([ours, told.filter((each) => each === 'circuit').length]).toEqual([1, 9]);
  });

  it('cockatiel sleeps on in a back-off that was aborted; our waits end with their signal [R-36] [D-11]', async () => {
    const abort = new AbortController();
    const policy = retry(handleAll, { maxAttempts: 1, backoff: new ConstantBackoff(200) });
    const sinceMs = performance.now();
    const theirs = policy.execute(() => Promise.reject(new Error('503')), abort.signal);
    setTimeout(() => abort.abort(), 30);
    await expect(theirs).rejects.toThrow('503');
    expect(performance.now() - sinceMs).toBeGreaterThan(150);

    const { call, guard } = guarded({ provider: { ratePerSecond: 1, burst: 1 } });
    await call(() => Promise.resolve());
    const left = new AbortController();
    const ours = call(() => Promise.resolve('made'), { signal: left.signal }).catch(String);
    left.abort(new Error('left'));
    // No time passed on our clock at all.
    expect([await ours, guard.limits()[0]?.inFlight]).toEqual(['Error: left', 0]);
  });
});

it(`permits, places and tokens come back however calls interleave (seed ${seed}) [R-17] [U-14]`, async () => {
  const step = fc.record({
    does: fc.constantFrom('ask', 'ask', 'answer', 'fail', 'abort', 'wait' as const),
    at: fc.nat(20),
    ms: fc.nat(40_000),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { call, clock, guard } = guarded();
      const refusers = new Set<string>();
      const noteRefuser = (thrown: unknown) => refusers.add(refuserOf(thrown));
      const open: { resolve: () => void; reject: (error: Error) => void; abort: () => void }[] = [];
      for (const { does, at, ms } of steps) {
        const [chosen] = does === 'ask' ? [] : open.splice(at % Math.max(1, open.length), 1);
        if (does === 'ask') {
          const abort = new AbortController();
          void call(
            () =>
              new Promise<void>((resolve, reject) => {
                open.push({ resolve, reject, abort: () => abort.abort(new Error('left')) });
              }),
            { signal: abort.signal },
          ).catch(noteRefuser);
        } else if (does === 'answer') chosen?.resolve();
        else if (does === 'fail') chosen?.reject(new Error('503'));
        else if (does === 'abort') chosen?.abort();
        else await clock.advance(ms);
        await settle();
        const [limits] = guard.limits();
        const [breaker] = guard.breakers();
        expect(limits?.inFlight ?? 0).toBeLessThanOrEqual(5);
        if (breaker?.state === 'halfOpen') expect(open.length).toBeLessThanOrEqual(10);
      }
      await clock.advance(400_000);
      for (const each of open) each.resolve();
      await clock.advance(200_000);
      expect(guard.limits()[0]?.inFlight ?? 0).toBe(0);
      expect(guard.limits()[0]?.queued ?? 0).toBe(0);
      // Whatever happened, a service that answers is called again in the end.
      for (let each = 0; each < 3; each += 1) {
        await call(() => Promise.resolve()).catch(noteRefuser);
        await clock.advance(200_000);
      }
      // They end as their caller or the service wished, or by a policy of ours: not by a bug.
      expect([...refusers].filter((each) => !expectedEnds.test(each))).toEqual([]);
      if (guard.breakers().length > 0) expect(guard.breakers()[0]?.state).toBe('closed');
    }),
    { seed, numRuns: 12 },
  );
});
