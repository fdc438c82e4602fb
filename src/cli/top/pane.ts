/** Panes of `top`: one resource with its chart and commands, and the keys. */
import type { CommandHead } from '../../../actors/explain/shape.ts';
import type { Row } from '../../../actors/steps/step.ts';
import { span } from '../duration.ts';
import type { Mood } from '../style.ts';
import { cut, plain } from './cells.ts';
import { endOf, joined, moods } from './pen.ts';
import type { Pen, Size } from './pen.ts';
import type { TopState } from './state.ts';

/** At most `size.rows` lines, from the one that was scrolled to. */
export function paneOf(state: TopState, size: Size, pen: Pen): readonly string[] {
  const lines = state.view === 'help' ? helpLines(pen) : detailLines(state, size, pen);
  const from = Math.max(0, Math.min(state.scrolled, lines.length - size.rows));
  return lines
    .slice(from, from + size.rows)
    .map((line) => cut(line.trimEnd(), size.columns, endOf(pen)));
}

/** As many lines besides the three lists as `paneHeads` says. */
function detailLines(state: TopState, { columns }: Size, pen: Pen): readonly string[] {
  const { chosen, detail, board } = state;
  const { focus: row } = board;
  const { style } = pen;
  const sign = row === undefined ? '' : `${style.symbol(moods[row.severity])} `;
  const title = `${sign}${style.paint('bold', plain(chosen))}   ${plain(row?.state ?? 'is gone')}`;
  const about = row === undefined ? '' : joined(aboutOf(row, board.nowMs), columns, pen);
  if (detail === undefined)
    return [title, about, '', row === undefined ? '' : 'asking a host for it'];
  const problems = detail.problems.map((problem) => style.paint('red', plain(problem)));
  return [
    ...[title, about, '', ...problems, ...detail.outline],
    ...['', style.paint('bold', 'Commands')],
    ...detail.commands.map((head) => commandLine(head, pen)),
  ];
}

function aboutOf(row: Row, nowMs: number): readonly string[] {
  const { sinceMs, expectedMs, region, host, revision, seq } = row;
  return [
    sinceMs === 0 ? '' : `since ${span(nowMs - sinceMs)}`,
    expectedMs === 0 ? '' : `usual ${span(expectedMs)}`,
    plain(region),
    host === '' ? '' : `host ${plain(host)}`,
    `revision ${revision}`,
    `step ${seq}`,
  ];
}

const moodOf: Readonly<Record<CommandHead['allowed'], Mood>> = {
  ...{ yes: 'good', no: 'bad', unknown: 'idle' },
};

function commandLine(
  { command, allowed, unchanged, reason, needs }: CommandHead,
  pen: Pen,
): string {
  const word = unchanged ? 'no change' : allowed;
  const needed = needs.length === 0 ? '' : `needs ${needs.join(', ')}`;
  const why = plain([reason, needed].filter((part) => part !== '').join('; '));
  return `${pen.style.symbol(moodOf[allowed])} ${command.padEnd(16)} ${word.padEnd(9)} ${why}`;
}

const help: readonly (readonly [string, string])[] = [
  ['up down, j k', 'select; PageUp, PageDown, Home, End, g, G'],
  ['Enter', 'chart and commands of the selected one'],
  ['/', 'filter: kind:cluster state:failed since:>20m is:stuck -region:eu-* words'],
  ['s', 'sort by severity, since, name, state'],
  ['p', 'pause what is shown, and go on'],
  ['?', 'this'],
  ['Esc', 'leave what is open; in the list the same as q'],
  ['q, Ctrl-C', 'end; nothing is cancelled'],
];

function helpLines({ style }: Pen): readonly string[] {
  const signs = [
    `${style.symbol('bad')} failing`,
    `${style.symbol('idle')} unknown`,
    `${style.symbol('changing')} changing`,
    `${style.symbol('good')} healthy`,
  ].join('   ');
  return [
    style.paint('bold', 'Keys'),
    ...help.map(([keys, what]) => `${keys.padEnd(14)} ${what}`),
    '',
    signs,
    'The first are those that need a look, and among them the newest.',
  ];
}
