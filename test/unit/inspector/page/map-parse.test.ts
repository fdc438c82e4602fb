/** The binary map: what the server writes is what the page reads, cell by cell. */
import { expect, it } from 'vitest';
import { severities } from '../../../../actors/steps/step.ts';
import { FleetIndex } from '../../../../src/inspector/index/fleet-index.ts';
import { mapBytes, mapOf } from '../../../../src/inspector/index/map.ts';
import { parseMap, tallies } from '../../../../src/inspector/page/views/map/parse.ts';
import { ManualClock } from '../../../fakes/manual-clock.ts';
import { randomSteps, rollsOf, seed } from '../made-fleet.ts';

const made = () => {
  const index = new FleetIndex(new ManualClock());
  for (const step of randomSteps(rollsOf(seed), 900, 300)) index.take(step);
  return index;
};

it(`tells of every cell which actor it is: row n of its group's query (seed ${seed})`, () => {
  const index = made();
  const map = parseMap(mapBytes(mapOf(index, ['region', 'kind'])));
  expect(map.total).toBeGreaterThan(100);
  let first = 0;
  for (const { q, count } of map.groups) {
    for (let at = 0; at < count; at += 1) {
      const page = index.page({ q, sort: 'name', offset: at, limit: 1 });
      expect(page.total).toBe(count);
      expect(page.rows[0]?.severity).toBe(severities[(map.cells[first + at] ?? 9) & 3]);
    }
    first += count;
  }
  expect(first).toBe(map.cells.length);
});

it(`counts as many of each severity as the index does (seed ${seed})`, () => {
  const index = made();
  const rows = tallies(parseMap(mapBytes(mapOf(index, ['kind']))));
  const sums = severities.map((_, code) => rows.reduce((sum, row) => sum + (row[code] ?? 0), 0));
  const { facets } = index.page({ q: '', sort: 'name', offset: 0, limit: 1 });
  expect(sums).toEqual(severities.map((severity) => facets.severity[severity] ?? 0));
});

it('refuses cells that are not of its head, and says what to do', () => {
  const head = JSON.stringify({ groups: [], total: 3, asOfMs: 1 });
  const bytes = new TextEncoder().encode(`${head}\nxx`);
  expect(() => parseMap(bytes)).toThrow(/2 cells for 3 actors.*Load the page again/);
});
