import { expect, it } from 'vitest';
import { toPattern } from '../../../src/simulator/ec2/filters.ts';

it.each([
  ['a*', 'abc', true],
  ['*c', 'abc', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['*b*', 'abc', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-b-b', false],
  ['', '', true],
  ['*', '', true],
  ['?', '', false],
  ['a.c', 'abc', false],
  ['(a', '(a', true],
])('matches %j against %j: %s', (glob, value, is) => {
  expect(toPattern(glob).test(value)).toBe(is);
});

it('outlives a value that no regular expression could be made of', () => {
  expect(toPattern('x'.repeat(100_000)).test('x')).toBe(false);
  expect(toPattern('*a'.repeat(5_000)).test('a'.repeat(4_000))).toBe(false);
});
