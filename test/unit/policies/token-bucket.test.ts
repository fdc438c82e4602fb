import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../actors/policies/token-bucket.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);

describe('token bucket', () => {
  it(`lets through exactly its rate in the long run, however the looks fall (seed ${seed}) [R-18]`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 40, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 2_000, maxLength: 2_000 }),
        (ratePerSecond, gapsMs) => {
          const bucket = new TokenBucket({ ratePerSecond, burst: 1 }, 0);
          let nowMs = 0;
          let taken = 0;
          for (const gapMs of gapsMs) {
            nowMs += gapMs;
            while (bucket.take(nowMs, 0) === 0) taken += 1;
          }
          const due = (nowMs / 1_000) * ratePerSecond;
          // A look may come late for a token, and the bucket holds no more than one meanwhile.
          expect(taken).toBeLessThanOrEqual(due + 1.001);
          if (ratePerSecond < 20) expect(taken).toBeGreaterThan(due * 0.6 - 1);
        },
      ),
      { seed, numRuns: 30 },
    );
  });

  it('reserves later tokens in turn and refuses those too far away', () => {
    const bucket = new TokenBucket({ ratePerSecond: 10, burst: 1 }, 0);
    expect([bucket.take(0, 500), bucket.take(0, 500), bucket.take(0, 500)]).toEqual([0, 100, 200]);
    expect(bucket.take(0, 250)).toBeUndefined();
    expect(bucket.waitMs(0)).toBe(300);
  });

  it('halves on throttling, pauses for the hint, and comes back by a twentieth a second [G-61]', () => {
    const bucket = new TokenBucket({ ratePerSecond: 20, burst: 5 }, 0);
    bucket.throttled(0, 3_000);
    bucket.throttled(0, 0);
    expect(bucket.rate).toBe(5);
    expect(bucket.take(1_000, 500)).toBeUndefined();
    expect(bucket.take(3_000, 0)).toBe(0);
    expect(bucket.rate).toBe(8);
    bucket.tokens(60_000);
    expect(bucket.rate).toBe(20);
  });
});
