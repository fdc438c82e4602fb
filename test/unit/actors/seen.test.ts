/** The list of answered commands by itself. */
import { expect, it } from 'vitest';
import { acceptedCode, Seen } from '../../../actors/seen.ts';
import type { SeenEntry } from '../../../actors/seen.ts';
import { bounds } from '../../../machines/limits.ts';

const entry = (id: string, more: Partial<SeenEntry> = {}): SeenEntry => ({
  ...{ id, code: 'ok', correlationId: `of-${id}` },
  ...more,
});

const fill = (seen: Seen, count: number): void => {
  for (let number = 1; number <= count; number += 1) seen.add(entry(`c${number}`));
};

it('calls an accepted command what records of every release call it', () => {
  expect(acceptedCode).toBe('ok');
});

it('finds what was added, and nothing else', () => {
  const seen = new Seen();
  seen.add(entry('a', { state: 'ready' }));
  expect(seen.find('a')).toEqual(entry('a', { state: 'ready' }));
  expect(seen.find('b')).toBeUndefined();
});

it('keeps as many as its bound says, and forgets the oldest first', () => {
  const seen = new Seen();
  fill(seen, bounds.seenMax);
  expect(seen.list()).toHaveLength(bounds.seenMax);
  seen.add(entry('one more'));
  expect(seen.list()).toHaveLength(bounds.seenMax);
  expect(seen.find('c1')).toBeUndefined();
  expect(seen.find('c2')).toBeDefined();
  expect(seen.list().at(-1)?.id).toBe('one more');
});

it('counts an id that is added again as the newest, and once', () => {
  const seen = new Seen();
  fill(seen, 3);
  seen.add(entry('c1', { code: 'late' }));
  expect(seen.list().map(({ id, code }) => `${id} ${code}`)).toEqual(['c2 ok', 'c3 ok', 'c1 late']);
});

it('dates entries of a record by its revision where they have none of their own', () => {
  const seen = new Seen([entry('a'), entry('b', { revision: 3 })], 7);
  expect(seen.list()).toEqual([entry('a', { revision: 7 }), entry('b', { revision: 3 })]);
});

it('dates nothing when no revision is known', () => {
  const seen = new Seen([entry('a'), entry('b', { revision: 3 })]);
  expect(seen.list()).toEqual([entry('a'), entry('b', { revision: 3 })]);
  expect(seen.find('a')).not.toHaveProperty('revision');
});

it('dates a stored entry once, by the write that first held it', () => {
  const seen = new Seen();
  fill(seen, 2);
  seen.stored([entry('c1')], 5);
  expect(seen.list()).toEqual([entry('c1', { revision: 5 }), entry('c2')]);
  seen.stored(seen.list(), 6);
  expect(seen.list()).toEqual([entry('c1', { revision: 5 }), entry('c2', { revision: 6 })]);
});

it('takes in nothing that it has forgotten while the write was under way', () => {
  const seen = new Seen();
  seen.add(entry('a'));
  seen.stored([entry('gone'), entry('a')], 5);
  expect(seen.list()).toEqual([entry('a', { revision: 5 })]);
});
