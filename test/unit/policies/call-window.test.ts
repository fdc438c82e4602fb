import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CallWindow } from '../../../actors/policies/call-window.ts';
import type { CallOutcome } from '../../../actors/policies/call-window.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const outcomes: CallOutcome[] = ['ok', 'failed', 'slow'];

it(`counts what a list of the last 100 calls of 60 s counts, also after idle times (seed ${seed}) [R-36]`, () => {
  const call = fc.record({
    // Gaps that a six-bit clock would mistake for short ones are the interesting ones.
    gapMs: fc.oneof(fc.nat(2_000), fc.nat(90_000), fc.constant(64_000)),
    outcome: fc.constantFrom(...outcomes),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 300 }), (calls) => {
      const window = new CallWindow();
      let nowMs = 1_000_000;
      const list: { second: number; outcome: CallOutcome }[] = [];
      for (const { gapMs, outcome } of calls) {
        nowMs += gapMs;
        window.add(outcome, nowMs);
        list.push({ second: Math.floor(nowMs / 1_000), outcome });
        const recent = list
          .slice(-100)
          .filter(({ second }) => Math.floor(nowMs / 1_000) - second <= 60);
        const count = (wanted: CallOutcome) =>
          recent.filter((each) => each.outcome === wanted).length;
        expect(window.read(nowMs)).toEqual({
          calls: recent.length,
          failed: count('failed'),
          slow: count('slow'),
        });
      }
    }),
    { seed, numRuns: 60 },
  );
});
