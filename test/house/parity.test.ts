/** The parity page and the tests tell the same: every promise kept names its test, every id in a title has its row. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parityPage, rowsOf, shownIds, updated } from './parity.mjs';

const page = readFileSync(parityPage, 'utf8');
const rows = rowsOf(page);
const shown = shownIds();

describe('docs/parity.md', () => {
  it('has a row for every id in a test title, and no id twice', () => {
    const ids = rows.map(({ id }) => id);
    expect([...shown.keys()].filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids).toEqual([...new Set(ids)]);
  });

  it('names the tests of every row, or says why it is left out', () => {
    const bare = rows.filter((row) => !shown.has(row.id) && !/^left out: .{20,}/.test(row.shown));
    expect(bare.map(({ id }) => id)).toEqual([]);
  });

  it('calls nothing left out that a test shows', () => {
    const both = rows.filter((row) => shown.has(row.id) && row.shown.startsWith('left out'));
    expect(both.map(({ id }) => id)).toEqual([]);
  });

  it('is up to date; node test/house/parity.mjs --write makes it so', () => {
    expect(updated(page)).toBe(page);
  });
});
