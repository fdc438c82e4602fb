import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openJournal } from '../../../src/simulator/state/journal.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-journal-'));
  file = join(folder, 'journal.ndjson');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function reopened() {
  return [...openJournal(file).table<{ n: number }>('rows').all()];
}

it('holds the last row per id for the next process, without having been closed', () => {
  const rows = openJournal(file).table<{ n: number }>('rows');
  rows.put('a', { n: 1 });
  rows.put('a', { n: 2 });
  rows.put('b', { n: 3 });
  rows.remove('b');
  expect(reopened()).toEqual([{ n: 2 }]);
});

it('ignores a last line that the end of the process cut off', () => {
  openJournal(file).table<{ n: number }>('rows').put('a', { n: 1 });
  appendFileSync(file, '{"t":"rows","id":"a","row":{"n":');
  expect(reopened()).toEqual([{ n: 1 }]);
});

it('refuses a file that is damaged in the middle instead of forgetting what follows', () => {
  openJournal(file).table<{ n: number }>('rows').put('a', { n: 1 });
  appendFileSync(file, 'garbage\n{"t":"rows","id":"b","row":{"n":2}}\n');
  expect(() => openJournal(file)).toThrow(SyntaxError);
});

it('keeps the file bounded while the same row changes over and over', () => {
  const rows = openJournal(file, 10_000).table<{ n: number }>('rows');
  for (let n = 0; n < 2_000; n += 1) rows.put('a', { n });
  expect(statSync(file).size).toBeLessThan(11_000);
  expect(reopened()).toEqual([{ n: 1_999 }]);
});

it('is empty after clear, for the next process too', () => {
  const journal = openJournal(file);
  journal.table<{ n: number }>('rows').put('a', { n: 1 });
  journal.clear();
  expect(readFileSync(file, 'utf8')).toBe('');
  journal.table<{ n: number }>('rows').put('b', { n: 2 });
  expect(reopened()).toEqual([{ n: 2 }]);
});
