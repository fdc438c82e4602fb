/**
 * The crash table of replications as tests. By default a sample of boundaries, spread over each step; all of them, each
 * once and twice in a row, with FAIRLEAD_CRASH_TABLE=all, which `npm run crash-table` sets.
 */
import { describe, expect, it } from 'vitest';
import { crashed, uncrashed } from './crashes.ts';
import type { Uncrashed } from './crashes.ts';
import { scenarios } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';

const isWhole = process.env['FAIRLEAD_CRASH_TABLE'] === 'all';
/** Prime, so that a sample does not keep to one kind of boundary. */
const stride = isWhole ? 1 : 97;
const rowMs = 20_000;

export function crashTable(...names: readonly string[]): void {
  for (const scenario of scenarios.filter(({ name }) => names.includes(name)))
    describe(`a crash at any boundary of ${scenario.name}`, () => {
      table(scenario);
    });
}

function table(scenario: Scenario): void {
  const base: { found?: Uncrashed } = {};
  const without = async (): Promise<Uncrashed> => (base.found ??= await uncrashed(scenario));

  it(
    'has a life without deaths to be compared with',
    async () => {
      const { problems, boundaries } = await without();
      expect(problems).toEqual([]);
      expect(boundaries).toBeGreaterThan(0);
    },
    rowMs,
  );

  it.each([
    ['ends as if nobody had died', false],
    ['ends as if nobody had died twice in a row', true],
  ])(
    '%s',
    async (_title, twice) => {
      const { boundaries, end } = await without();
      const found: string[] = [];
      let count = 0;
      // The sample of double deaths lies between that of single ones.
      const first = twice ? Math.floor(Math.min(stride, boundaries) / 2) : 0;
      for (let at = isWhole ? 0 : first; at < boundaries; at += stride) {
        const { boundary, problems } = await crashed({ scenario, at, twice }, end);
        if (boundary !== undefined) count += 1;
        for (const problem of problems) found.push(`${at} (${boundary ?? 'alive'}): ${problem}`);
      }
      console.log(
        `${scenario.name}: ${count} of ${boundaries} boundaries${twice ? ', twice' : ''}`,
      );
      expect(found).toEqual([]);
      expect(count).toBeGreaterThan(0);
    },
    isWhole ? 60 * 60_000 : 60_000,
  );
}
