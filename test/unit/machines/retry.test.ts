import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resilience, retryPresets } from '../../../machines/limits.ts';
import type { Jitter, RetryPreset, RetryPresetName } from '../../../machines/limits.ts';
import { faultTypes } from '../../../machines/messages.ts';
import type { EffectFault, EffectName, FaultType } from '../../../machines/messages.ts';
import {
  builtInRetries,
  canRetry,
  delayMs,
  isLongWait,
  paced,
  policyIn,
  retryDelayMs,
} from '../../../machines/retry.ts';

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

  it.each<[Jitter, number, number, number]>([
    ['none', 4_000, 4_000, 4_000],
    ['proportional', 3_000, 4_000, 5_000],
    ['equal', 2_000, 3_000, 4_000],
    ['full', 0, 2_000, 4_000],
    ['decorrelated', 1_000, 5_000, 9_000],
  ])('with jitter %s lie from %i over %i to %i ms', (jitter, ...wanted) => {
    const numbers = { baseMs: 1_000, capMs: 10_000, multiplier: 2, jitterShare: 0.25 };
    const policy = { ...retryPresets.aws, ...numbers, jitter };
    expect([0, 0.5, 1].map((roll) => delayMs(policy, 3, roll, 3_000))).toEqual(wanted);
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
    const { policy } = throttled;
    expect(retryDelayMs(throttled, 0.5, fault('Timeout'))).toBe(delayMs(policy, 3, 0.5, 2_000));
    expect(delayMs(policy, 3, 0.5, 2_000)).not.toBe(500 + 0.5 * 5_500);
    const even = { ...throttled, policy: plain('aws') };
    expect(retryDelayMs(even, 0.5, fault('RateLimit'))).toBe(2_000);
  });
});

describe('whether to try again', () => {
  const retried: readonly FaultType[] = ['Retryable', 'Unavailable', 'RateLimit', 'Timeout'];

  it.each(faultTypes)('is decided by the type %s alone [R-09]', (type) => {
    expect(canRetry(state('aws', 1), fault(type), 0, 0)).toBe(retried.includes(type));
  });

  it('ends with the last try and with the deadline [G-21]', () => {
    expect(canRetry(state('aws', 6), fault('Timeout'), 0, 0)).toBe(false);
    expect(canRetry(state('aws', 1), fault('Timeout'), 299_000, 1_000)).toBe(false);
    expect(canRetry(state('aws', 1), fault('Timeout'), 299_000, 999)).toBe(true);
  });

  it('does not count what we refused ourselves', () => {
    const ours = fault('Unavailable', { rejectedBy: 'bulkhead' });
    expect(canRetry(state('aws', 6), ours, 0, 0)).toBe(true);
  });
});

it('parks what waits for longer than the bound, and what has no budget left', () => {
  const waits = (ms: number, more: Partial<EffectFault> = {}) =>
    isLongWait(fault('Unavailable', more), ms);
  expect(waits(resilience.parkAfterMs)).toBe(false);
  expect(waits(resilience.parkAfterMs + 1)).toBe(true);
  expect(waits(0, { rejectedBy: 'budget' })).toBe(true);
  expect(waits(0, { rejectedBy: 'circuit' })).toBe(false);
});

describe('the policy of an operation', () => {
  it('is critical for what makes or unmakes something, and production for the rest of it', () => {
    const making: readonly EffectName[] = [
      ...(['network.ensure', 'secrets.ensure', 'node.launch', 'node.resolve'] as const),
      ...(['node.script', 'node.terminate', 'cluster.sweep', 'network.delete'] as const),
      'secrets.delete',
    ];
    for (const effect of making)
      expect(builtInRetries.nameFor('critical', effect), effect).toBe('critical');
    expect(builtInRetries.nameFor('critical', 'cluster.plan')).toBe('production');
    expect(builtInRetries.nameFor('conservative', 'cluster.plan')).toBe('conservative');
    expect(builtInRetries.nameFor('conservative', 'node.launch')).toBe('conservative');
  });

  it('is that of its name, or the default for a name that is configured no more', () => {
    expect(builtInRetries.policyOf('critical')).toBe(retryPresets.critical);
    expect(builtInRetries.policyOf('toString')).toBe(retryPresets.default);
    expect(policyIn({ own: retryPresets.aws }, 'own')).toBe(retryPresets.aws);
    expect(policyIn({ own: retryPresets.aws }, 'other')).toBe(retryPresets.default);
  });

  it('waits a share as long in a faster world, and has as long for all of it', () => {
    const faster = paced(builtInRetries, 10);
    const { baseMs, capMs, ...rest } = faster.policyOf('aws');
    const { baseMs: slowMs, capMs: slowCapMs, ...slow } = retryPresets.aws;
    expect([baseMs, capMs]).toEqual([slowMs / 10, slowCapMs / 10]);
    expect(rest).toEqual(slow);
    expect(faster.nameFor).toBe(builtInRetries.nameFor);
  });
});
