/** Which texts are refused before they are read, as their reader would end the process. */
import { expect, it } from 'vitest';
import { bounds } from '../../machines/limits.ts';
import { isTooDeep } from '../../src/yaml-levels.ts';

const { textLevelsMax: most } = bounds;

it.each([
  ['brackets', `a: ${'['.repeat(most)}${']'.repeat(most)}`],
  ['brackets one after the other', '[]\n'.repeat(10 * most)],
  ['brackets in quotes', `a: "${'['.repeat(10 * most)}"`],
  ['brackets in a block of text', `a: |\n  ${'[\n  '.repeat(10 * most)}\n`],
  ['brackets in a word', `a: b${'['.repeat(10 * most)}`],
  ['items of a list', '- a\n'.repeat(10 * most)],
  ['closings without openings', ']'.repeat(10 * most)],
])('reads %s', (_what, text) => {
  expect(isTooDeep(text)).toBe(false);
});

it.each([
  ['lists', '['.repeat(4_000)],
  ['maps', '{"a":'.repeat(4_000)],
  ['lists in one line', `${'- '.repeat(4_000)}a`],
  ['keys in one line', `${'? '.repeat(4_000)}a`],
])('does not read %s that nest thousands deep', (_what, text) => {
  expect(isTooDeep(text)).toBe(true);
});
