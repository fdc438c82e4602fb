/** One picture of `top`: exactly as many lines as the terminal has, none wider than it. */
import { cut, plain, widthOf, wrap } from './cells.ts';
import { headerLines, headerOf } from './header.ts';
import { paneOf } from './pane.ts';
import { endOf } from './pen.ts';
import type { Pen, Size } from './pen.ts';
import { rowLines } from './rows.ts';
import { selectedRow } from './state.ts';
import type { TopState } from './state.ts';
import { topLimits } from '../../../machines/limits-top.ts';

/** Lines that rows can have; for keys that go by pages. */
export const pageRowsOf = ({ rows }: Size): number => Math.max(1, rows - headerLines - 4);

export function frame(state: TopState, size: Size, pen: Pen): readonly string[] {
  const head = [...headerOf(state, size, pen), ''];
  const foot = footOf(state, size, pen);
  const middle = { ...size, rows: Math.max(0, size.rows - head.length - foot.length) };
  const body = bodyOf(state, middle, pen);
  const blank = Array.from({ length: Math.max(0, middle.rows - body.length) }, () => '');
  const lines = [...head, ...body, ...blank, ...foot];
  // Of a terminal too low for all of it the end stays: the line that is typed in.
  return lines.slice(Math.max(0, lines.length - size.rows));
}

function bodyOf(state: TopState, size: Size, pen: Pen): readonly string[] {
  if (state.view !== 'list') return paneOf(state, size, pen);
  if (state.board.entries.length > 0) return rowLines(state, size, pen);
  return [cut(`  ${emptyText(state)}`, size.columns, endOf(pen))].slice(0, size.rows);
}

function emptyText({ board, query }: TopState): string {
  if (board.feed.status !== 'live') return 'the steps are being read';
  if (query !== '' && board.total > 0) return 'nothing matches the filter; / changes it';
  return 'nothing is here yet; fairlead apply -f <file> makes a cluster';
}

/** The reason of the selected row, or what is wrong with what is typed; then the line that is typed in, or the keys. */
function footOf(state: TopState, { columns }: Size, pen: Pen): readonly string[] {
  const end = endOf(pen);
  const { typed, problem } = state;
  const row = state.view === 'list' ? selectedRow(state) : undefined;
  const said = problem === '' ? plain(row?.reason ?? '') : plain(problem);
  const lines = wrap(said, columns, topLimits.reasonLinesMax, end);
  const shown = problem === '' ? lines : lines.map((line) => pen.style.paint('red', line));
  return [...shown, typed === undefined ? cut(keysText(state, pen), columns, end) : prompt(typed)];

  /** What is typed last stays in sight. */
  function prompt(text: string): string {
    const letters = Array.from(plain(text));
    while (widthOf(letters.join('')) > columns - 2 && letters.length > 0) letters.shift();
    return cut(`/${letters.join('')}_`, columns, end);
  }
}

const keysText = ({ view }: TopState, { style }: Pen): string =>
  style.paint(
    'dim',
    view === 'list'
      ? 'up/down select   Enter chart   / filter   s sort   p pause   ? help   q end'
      : 'up/down scroll   Esc list   p pause   ? help   q end',
  );
