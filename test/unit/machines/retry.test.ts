import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryPresets } from '../../../machines/limits.ts';
import type { Jitter, RetryPreset, RetryPresetName } from '../../../machines/limits.ts';
import { faultTypes } from '../../../machines/messages.ts';
import type { EffectFault, FaultType } from '../../../machines/messages.ts';
import { canRetry, delayMs, retryDelayMs } from '../../../machines/retry.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const fault = (type: FaultType, more: Partial<EffectFault> = {}): EffectFault => ({
  ...{ type, code: type, message: '' },
  ...more,
});
const plain = (preset: RetryPresetName): RetryPreset => ({
  ...retryPresets[preset],
  jitter: 'none',
});
const waits = (preset: RetryPresetName): number[] =>
  Array.from({ length: retryPresets[preset].maxAttempts - 1 }, (_, index) =>
    delayMs(plain(preset), index + 1, 0.5, 0),
  );
const state = (preset: RetryPresetName, attempt: number) => ({
  ...{
    policy: retryPresets[preset],
    attempt,
    deadlineAtMs: retryPresets[preset].deadlineMs,
    previousDelayMs: 0,
  },
});

it('a fault that says so itself is tried again, or is not, whatever its type [R-08] [V-05]', () => {
  const may = (each: EffectFault) => canRetry(state('aws', 1), each, 0, 0);
  expect(may(fault('Retryable', { retryable: false }))).toBe(false);
  expect(may(fault('ProviderError', { retryable: true }))).toBe(true);
  expect(may(fault('ProviderError'))).toBe(false);
});

describe('waits between tries', () => {
  it('follow the table, with none after the last try [R-10] [V-12] [U-09] [U-11] [U-35] [G-21]', () => {
    expect(waits('default')).toEqual([1_000, 2_000, 4_000]);
    expect(waits('aws')).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    expect(waits('critical').reduce((sum, each) => sum + each)).toBe(246_000);
    expect(waits('highFrequency')).toEqual([100, 150]);
    expect(waits('reconcile').reduce((sum, each) => sum + each)).toBe(15_000);
    expect(waits('conservative')).toEqual([1_000, 3_000]);
    expect(waits('none')).toEqual([]);
  });

  it(`never pass the cap, whatever the jitter (seed ${seed}) [R-19] [R-34] [V-11]`, () => {
    const kinds: Jitter[] = ['none', 'proportional', 'equal', 'full', 'decorrelated'];
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(retryPresets) as RetryPresetName[])),
        fc.constantFrom(...kinds),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        fc.nat(1_000_000),
        (preset, jitter, attempt, roll, previousMs) => {
          const policy = { ...retryPresets[preset], jitter, jitterShare: 0.25 };
          const ms = delayMs(policy, attempt, roll, previousMs);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(policy.capMs);
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it('spread a herd of a thousand callers [R-19]', () => {
    const policy = retryPresets.aws;
    const bins = new Map<number, number>();
    for (let caller = 0; caller < 1_000; caller += 1) {
      const bin = Math.floor(delayMs(policy, 1, caller / 1_000, 0) / 50);
      bins.set(bin, (bins.get(bin) ?? 0) + 1);
    }
    expect(Math.max(...bins.values())).toBeLessThanOrEqual(115);
  });

  it('obey a hint, which alone may exceed the cap', () => {
    const hinted = fault('RateLimit', { retryAfterMs: 90_000 });
    expect(retryDelayMs(state('aws', 1), 0.5, hinted)).toBe(90_000);
  });

  it('are decorrelated after throttling', () => {
    const throttled = { ...state('aws', 3), previousDelayMs: 2_000 };
    expect(retryDelayMs(throttled, 0.5, fault('RateLimit'))).toBe(500 + 0.5 * 5_500);
  });
});

describe('whether to try again', () => {
  const retried: readonly FaultType[] = ['Retryable', 'Unavailable', 'RateLimit', 'Timeout'];

  it.each(faultTypes)('is decided by the type %s alone [R-09]', (type) => {
    expect(canRetry(state('aws', 1), fault(type), 0, 0)).toBe(retried.includes(type));
  });

  it('ends with the last try and with the deadline [G-21]', () => {
    expect(canRetry(state('aws', 6), fault('Timeout'), 0, 0)).toBe(false);
    expect(canRetry(state('aws', 1), fault('Timeout'), 299_000, 2_000)).toBe(false);
  });

  it('does not count what we refused ourselves', () => {
    const ours = fault('Unavailable', { rejectedBy: 'bulkhead' });
    expect(canRetry(state('aws', 6), ours, 0, 0)).toBe(true);
  });
});
