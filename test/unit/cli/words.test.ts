import { describe, expect, it } from 'vitest';
import { completed, verbFirst, wantsJson } from '../../../src/cli/words.ts';
import { parseDuration, span, stopwatch } from '../../../src/cli/duration.ts';
import { nearest } from '../../../actors/nearest.ts';
import { cut, tableText } from '../../../src/cli/table.ts';

const words = (line: string): string[] => line.split(' ');

describe('the order of words', () => {
  it.each([
    ['cluster delete web', 'delete cluster web'],
    ['clusters get -A', 'get clusters -A'],
    ['cl describe web', 'describe cl web'],
    ['-o json cluster get web', '-o json get cluster web'],
    ['-n shop cluster -o yaml get web', '-n shop get -o yaml cluster web'],
    ['cluster wait web --for running', 'wait cluster web --for running'],
    ['get cluster web', 'get cluster web'],
    ['apply -f x.yaml', 'apply -f x.yaml'],
  ])('%s is %s', (line, verbLine) => {
    expect(verbFirst(words(line))).toEqual(words(verbLine));
  });

  it('never lets a flag without value swallow the next word', () => {
    expect(completed(words('delete --wait cluster web'))).toEqual(
      words('delete --wait=done cluster web'),
    );
    expect(completed(words('apply --dry-run -f x --wait=stopped'))).toEqual(
      words('apply --dry-run=turn -f x --wait=stopped'),
    );
    expect(completed(words('get -- --wait'))).toEqual(words('get -- --wait'));
  });

  it('finds the wish for JSON in any spelling', () => {
    expect(
      ['-o json', '-ojson', '--output=json', '--output jsonl'].map((line) =>
        wantsJson(words(line)),
      ),
    ).toEqual([true, true, true, true]);
    expect(wantsJson(words('get clusters -o yaml'))).toBe(false);
  });
});

describe('did you mean', () => {
  it.each([
    ['gte', 'get'],
    ['aply', 'apply'],
    ['desc', 'describe'],
    ['evnets', 'events'],
    ['xyzzy', undefined],
    ['g', undefined],
  ])('%s → %s', (word, near) => {
    expect(nearest(word, ['apply', 'get', 'describe', 'events', 'delete'])).toBe(near);
  });
});

describe('spans of time', () => {
  it.each([
    ['90s', 90_000],
    ['20m', 1_200_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['45', 45_000],
    ['', undefined],
    ['soon', undefined],
    ['-5s', undefined],
    ['5 m', undefined],
  ])('%s is %s ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it('read well', () => {
    const ms = [
      0,
      38_000,
      95_000,
      23 * 60_000,
      125 * 60_000,
      7_200_000,
      98 * 3_600_000,
      40 * 86_400_000,
    ];
    expect(ms.map(span)).toEqual(['0s', '38s', '1m35s', '23m', '2h5m', '2h', '4d2h', '40d']);
    expect([372_000, 3_723_000].map(stopwatch)).toEqual(['06:12', '1:02:03']);
  });
});

describe('tables', () => {
  it('align by what is seen, not by escape codes', () => {
    const green = '\u001b[32mok\u001b[0m';
    const text = tableText(
      [
        { head: 'A', cell: (row: string[]) => row[0] ?? '' },
        { head: 'B', cell: (row: string[]) => row[1] ?? '' },
      ],
      [
        [green, 'x'],
        ['long', ''],
      ],
      { headers: true },
    );
    expect(text.split('\n')).toEqual(['A     B', `${green}    x`, 'long  -', '']);
  });

  it('cut a line without breaking an escape code', () => {
    expect(cut('\u001b[32mabcdef\u001b[0m gh', 4)).toBe('\u001b[32mabc\u001b[0m…');
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', undefined)).toBe('abc');
  });
});
