/** The list of `top`: columns as wide as their content, cut from the right where the terminal is narrow. */
import { stripVTControlCharacters } from 'node:util';
import type { Row } from '../../../actors/steps/step.ts';
import { shownRow } from '../../inspector/index/entry.ts';
import { span } from '../duration.ts';
import { cut, fill, plain, widthOf } from './cells.ts';
import { endOf, moods } from './pen.ts';
import type { Pen, Size } from './pen.ts';
import type { TopState } from './state.ts';

interface Line {
  readonly row: Row;
  readonly cells: readonly string[];
}

/** Of two blanks each. */
const gap = 2;
/** Before the name: the mark of the selection and the sign. */
const lead = 4;
/** Below this a reason says nothing; it is on the line of the selected row anyway. */
const reasonMin = 10;
const heads = ['NAME', 'KIND', 'STATE', 'SINCE', 'REASON'];

/** The names of the columns, then the rows around the selected one; `size.rows` lines or less. */
export function rowLines(state: TopState, size: Size, pen: Pen): readonly string[] {
  const { entries, nowMs } = state.board;
  const height = Math.max(0, size.rows - 1);
  const from = Math.max(0, Math.min(state.at - Math.floor(height / 2), entries.length - height));
  const lines = entries.slice(from, from + height).map((entry): Line => {
    const row = shownRow(entry, nowMs);
    const name = state.scopeQuery === '' ? `${entry.namespace}/${entry.name}` : entry.name;
    const since = row.sinceMs === 0 ? '-' : span(nowMs - row.sinceMs);
    const reason = plain(row.reason) || usual(row);
    return { row, cells: [plain(name), plain(entry.kind), plain(row.state), since, reason] };
  });
  const widths = widthsOf(lines, size.columns - lead, pen);
  const text = (cells: readonly string[]): string =>
    cells
      .flatMap((cell, at) => (widths[at] === 0 ? [] : [fill(cell, widths[at] ?? 0, endOf(pen))]))
      .join(' '.repeat(gap));
  const line = ({ row, cells }: Line, index: number): string => {
    const isSelected = from + index === state.at;
    const sign = pen.style.symbol(moods[row.severity]);
    const whole = `${isSelected ? '>' : ' '} ${sign} ${text(cells)}`;
    if (!isSelected) return cut(whole.trimEnd(), size.columns, endOf(pen));
    // A sign's own paint would end the inverse.
    const bare = fill(stripVTControlCharacters(whole), size.columns, endOf(pen));
    return pen.style.paint('inverse', bare);
  };
  const head = cut(`${' '.repeat(lead)}${text(heads)}`.trimEnd(), size.columns, endOf(pen));
  return [pen.style.paint('bold', head), ...lines.map(line)].slice(0, size.rows);
}

const usual = ({ expectedMs }: Row): string => (expectedMs > 0 ? `usual ${span(expectedMs)}` : '');

/** Names stay whole as long as they can; 0 leaves a column out. */
function widthsOf(lines: readonly Line[], columns: number, pen: Pen): readonly number[] {
  const wanted = heads.map((head, at) =>
    Math.max(head.length, ...lines.map(({ cells }) => widthOf(cells[at] ?? ''))),
  );
  const [name = 0, kind = 0, state = 0, since = 0, reason = 0] = wanted;
  const left = columns - name - kind - state - since - gap * 4;
  if (left >= reasonMin) return [name, kind, state, since, Math.min(reason, left)];
  const over = Math.max(0, -(left + gap));
  const fromState = Math.min(over, Math.max(0, state - 12));
  const fromKind = Math.min(over - fromState, Math.max(0, kind - widthOf(`node${endOf(pen)}`)));
  return [name, kind - fromKind, state - fromState, since, 0];
}
