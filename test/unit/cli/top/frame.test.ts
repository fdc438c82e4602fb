/** Pictures of `fairlead top`: as many lines as the terminal has, none wider, and nothing said by colour alone. */
import { performance } from 'node:perf_hooks';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cut, fill, plain, widthOf, wrap } from '../../../../src/cli/top/cells.ts';
import { frame } from '../../../../src/cli/top/frame.ts';
import type { Pen } from '../../../../src/cli/top/pen.ts';
import type { Detail, TopState } from '../../../../src/cli/top/state.ts';
import { problemOf } from '../../../../src/cli/top/state.ts';
import { randomSteps, rollsOf, rowOf, seed } from '../../inspector/made-fleet.ts';
import { asciiPen, colourPen, fleet, nowMs, plainPen, shown } from './made-top.ts';

const size = { columns: 120, rows: 20 };
const detail: Detail = {
  ...{ actor: 'cluster/prod/shop', seq: 2, problems: [] },
  outline: [
    '◉ cluster',
    '└─ ● upgrading',
    ...Array.from({ length: 40 }, (_, at) => `   line ${at}`),
  ],
  commands: [
    {
      ...{ command: 'pause', allowed: 'yes', unchanged: false, code: '', reason: '', needs: [] },
    },
    {
      ...{ command: 'start', allowed: 'no', unchanged: false, code: 'x', reason: 'not stopped' },
      needs: [],
    },
  ],
};

describe('the list', () => {
  it('shows counts, freshness and rows, those first that need a look', () => {
    const lines = frame(shown(), size, plainPen);
    expect(lines[0]).toBe(
      'fairlead top   ● live, newest change 3s ago   nats://127.0.0.1:4222 test 2.12.0',
    );
    expect(lines[1]).toBe(
      '4 in all namespaces   ✖ 1 failing   ◐ 1 changing   ● 1 healthy   ○ 1 unknown',
    );
    expect(lines[2]).toBe('by severity   3 cluster   1 replication');
    expect(lines[4]).toMatch(/^ {4}NAME +KIND +STATE +SINCE +REASON$/);
    const rows = lines.slice(5, 9).map((line) => line.trimEnd());
    expect(rows[0]).toMatch(/^> ✖ test\/c-9 +cluster +failed\.retryable +2h +QuotaExceeded, att/);
    expect(rows[0]?.endsWith('…')).toBe(true);
    expect(rows[1]).toMatch(/^ {2}○ prod\/db-1 +replication +replica\.following +1h$/);
    expect(rows[2]).toMatch(
      /^ {2}◐ prod\/shop +cluster +running\.upgrading\.agents +1m0s +agents 4\/5$/,
    );
    expect(rows[3]).toMatch(/^ {2}● prod\/web +cluster +running\.healthy +4d$/);
  });

  it('tells the reason of the selected row whole', () => {
    const narrow = frame(shown(), { columns: 60, rows: 20 }, plainPen);
    expect(narrow.slice(-3)).toEqual([
      'QuotaExceeded, attempt 3/6, next 12:04:10; vCPU limit of the',
      'account is 32, needed 40',
      'up/down select   Enter chart   / filter   s sort   p pause …',
    ]);
  });

  it('speaks letters only where the terminal knows no others', () => {
    const text = frame(shown(), { columns: 60, rows: 20 }, asciiPen).join('\n');
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toMatch(/^> x test\/c-9/m);
    expect(text).toMatch(/^ {2}o prod\/db-1/m);
    expect(text).toMatch(/^ {2}~ prod\/shop/m);
    expect(text).toMatch(/^ {2}\* prod\/web/m);
  });

  it('is the same text with and without colour', () => {
    const coloured = frame(shown(), size, colourPen).map(stripVTControlCharacters);
    expect(coloured.map((line) => line.trimEnd())).toEqual(
      frame(shown(), size, plainPen).map((line) => line.trimEnd()),
    );
    expect(frame(shown(), size, colourPen).join('')).toContain('\u001b[7m');
  });

  it('keeps names whole on 60 columns and cuts states instead', () => {
    const long = 'a-name-as-long-as-labels-may-be';
    const rows = [
      rowOf(`replicationgroup/prod/${long}`, 1, {
        state: 'failingOver.promoting.waitingForMembers',
      }),
    ];
    const lines = frame(shown(rows), { columns: 60, rows: 12 }, plainPen);
    expect(lines[5]).toContain(`prod/${long}`);
    expect(lines[5]).toContain('…');
  });

  it('says how a usual time compares, what is stuck, and what is not known', () => {
    const rows = [
      rowOf('cluster/a/stuck', 1, {
        ...{ severity: 'changing', sinceMs: nowMs - 1_380_000, expectedMs: 240_000 },
      }),
      rowOf('cluster/a/young', 2, {
        ...{ severity: 'changing', sinceMs: nowMs - 1_000, expectedMs: 240_000 },
      }),
    ];
    const text = frame(shown(rows), size, plainPen).join('\n');
    expect(text).toMatch(/a\/stuck.* takes more than twice its usual 4m0s/);
    expect(text).toMatch(/a\/young.* usual 4m/);
  });

  it('says why it is empty, and since when it is old', () => {
    const none = shown([]);
    expect(frame(none, size, plainPen).join('\n')).toContain('nothing is here yet');
    const filtered = frame(shown(fleet, { query: 'kind:nothing' }), size, plainPen).join('\n');
    expect(filtered).toContain('nothing matches the filter');
    expect(filtered).toContain('filter kind:nothing   0 of 4');
    const feed = { status: 'reconnecting', sinceMs: nowMs - 5_000, lag: 12 } as const;
    const old = { ...none, board: { ...none.board, feed, trouble: 'stream not found' } };
    const text = frame(old, size, plainPen).join('\n');
    expect(text).toContain('◐ reconnecting for 5s, 12 steps behind');
    expect(text).toContain('(stream not found)');
    expect(text).toContain('the steps are being read');
    const paused = frame({ ...shown(), isPaused: true }, size, plainPen).join('\n');
    expect(paused).toMatch(/○ paused at \d\d:\d\d:\d\dZ, p goes on/);
  });

  it('shows where a query goes wrong, in red as well', () => {
    const problem = problemOf('', 'kid:cluster');
    const state = shown(fleet, { typed: 'kid:cluster', problem });
    const lines = frame(state, size, plainPen);
    expect(lines.at(-1)).toBe('/kid:cluster_');
    expect(lines.slice(-4).join('\n')).toContain('column 1: got the key "kid"');
  });

  it('lets no control character of a reason through', () => {
    const reason = 'bad\u001b[2J\u0007\nword \u202etxet';
    const text = frame(shown([rowOf('cluster/a/b', 1, { reason })]), size, plainPen).join('');
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('bad [2J word txet');
  });
});

describe('panes', () => {
  const open: Partial<TopState> = { view: 'detail', chosen: 'cluster/prod/shop' };

  it('show chart and commands of one resource, and scroll', () => {
    const state = shown(fleet, { ...open, detail });
    const text = frame(state, { columns: 100, rows: 60 }, plainPen).join('\n');
    expect(text).toContain('◐ cluster/prod/shop   running.upgrading.agents');
    expect(text).toContain(
      'since 1m0s   usual 4m0s   eu-central-1   host host-a   revision 2   step 2',
    );
    expect(text).toContain('└─ ● upgrading');
    expect(text).toMatch(/● pause +yes/);
    expect(text).toMatch(/✖ start +no +not stopped/);
    const end = frame({ ...state, scrolled: 99 }, size, plainPen).join('\n');
    expect(end).toMatch(/✖ start +no/);
    expect(end).not.toContain('cluster/prod/shop');
  });

  it('say that a resource is gone, what could not be read, and which keys there are', () => {
    const gone = shown([], open);
    expect(frame(gone, size, plainPen).join('\n')).toContain('cluster/prod/shop   is gone');
    const refused = { ...detail, problems: ['no host answers'] };
    expect(frame(shown(fleet, { ...open, detail: refused }), size, plainPen).join('\n')).toContain(
      'no host answers',
    );
    const help = frame(shown(fleet, { view: 'help' }), size, asciiPen).join('\n');
    expect(help).toContain('Ctrl-C');
    expect(help).toContain('* healthy');
  });
});

describe(`every picture (seed ${seed})`, () => {
  const roll = rollsOf(seed);
  const texts = ['', 'plain', 'größer → 80 %', '漢字漢字 🚀', 'ab\u0301c', 'x'.repeat(300)];
  const rows = randomSteps(roll, 60, 40).map(({ row }) => ({
    ...row,
    isGone: false,
    reason: texts[Math.floor(roll() * texts.length)] ?? '',
  }));
  const states: readonly TopState[] = [
    ...[shown(rows), shown([]), shown(rows, { query: 'kind:cluster', sort: 'name' })],
    shown(rows, { typed: '漢'.repeat(70), problem: 'column 7: got "漢字", expected '.repeat(9) }),
    ...[shown(rows, { view: 'help' }), shown(rows, { at: 30, chosen: 'x/y/z' })],
    shown(rows, { view: 'detail', chosen: rows[0]?.actor ?? '', detail }),
  ];

  it.each([
    [60, 20],
    [20, 5],
    [1, 1],
    [200, 60],
    [80, 3],
  ])('fits %i columns and %i lines', (columns, rowsShown) => {
    const pens: readonly Pen[] = [plainPen, asciiPen, colourPen];
    for (const pen of pens)
      for (const state of states) {
        const lines = frame(state, { columns, rows: rowsShown }, pen);
        expect(lines).toHaveLength(rowsShown);
        expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(columns);
      }
  });

  it('takes moments with 12,000 rows', () => {
    const many = Array.from({ length: 12_000 }, (_, at) => rowOf(`cluster/ns${at % 9}/c${at}`, 1));
    const state = shown(many, { at: 6_000, chosen: many[6_000]?.actor ?? '' });
    const times = Array.from({ length: 50 }, () => {
      const startMs = performance.now();
      frame(state, { columns: 200, rows: 60 }, colourPen);
      return performance.now() - startMs;
    }).sort((left, right) => left - right);
    const [median, worst] = [times[25] ?? 0, times[49] ?? 0];
    console.info(
      `frame of 12,000 rows: median ${median.toFixed(2)} ms, worst ${worst.toFixed(2)} ms`,
    );
    expect(state.board.entries.length).toBe(12_000);
  });
});

describe('cells', () => {
  it('counts what a terminal counts', () => {
    expect(['abc', 'größe', '漢字', '🚀', 'e\u0301', '\u001b[1mab\u001b[0m'].map(widthOf)).toEqual([
      3, 5, 4, 2, 1, 2,
    ]);
  });

  it('never cuts inside a paint or a wide letter, and ends the paint', () => {
    expect(cut('漢字漢字', 4, '…')).toBe('漢…');
    expect(cut('\u001b[31mabcdef\u001b[0m', 4, '>')).toBe('\u001b[31mabc\u001b[0m>');
    expect(cut('abcd', 4, '…')).toBe('abcd');
    expect(cut('abcd', 0, '…')).toBe('');
    expect(fill('漢', 4, '…')).toBe('漢  ');
    expect(plain('a\tb\u200bc')).toBe('a bc');
  });

  it('wraps between words and says when there is more', () => {
    expect(wrap('one two three', 8, 3, '…')).toEqual(['one two', 'three']);
    expect(wrap('one two three four', 8, 2, '…')).toEqual(['one two', 'three f…']);
    expect(wrap('', 8, 2, '…')).toEqual(['']);
  });
});
