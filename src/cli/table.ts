/** Plain text tables: columns aligned, names never wrapped. */
import { stripVTControlCharacters } from 'node:util';

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string;
  /** What `--sort-by` compares where the text would mislead, as with ages. */
  readonly order?: (row: Row) => number;
  /** Shown by `-o wide` only. */
  readonly wide?: boolean;
}

const escapeCode = String.fromCharCode(27);
const paints = new RegExp(`(${escapeCode}\\[[0-9;]*m)`);
const widthOf = (text: string): number => Array.from(stripVTControlCharacters(text)).length;

/**
 * One line per row. `widthMax` cuts the end of lines that a terminal would wrap; leave it out for pipes, where every
 * character counts.
 */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: { readonly headers: boolean; readonly widthMax?: number },
): string {
  const lines = rows.map((row) => columns.map((column) => column.cell(row) || '-'));
  if (options.headers) lines.unshift(columns.map((column) => column.head));
  const widths = columns.map((_, index) =>
    Math.max(0, ...lines.map((line) => widthOf(line[index] ?? ''))),
  );
  return lines.map((line) => `${cut(joined(line, widths), options.widthMax)}\n`).join('');
}

function joined(line: readonly string[], widths: readonly number[]): string {
  return line
    .map((cell, index) => cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell))))
    .join('  ')
    .trimEnd();
}

/** Cuts visible characters only, and never inside an escape sequence. */
export function cut(line: string, widthMax: number | undefined): string {
  if (widthMax === undefined || widthOf(line) <= widthMax) return line;
  let kept = '';
  let width = 0;
  for (const part of line.split(paints)) {
    if (part.startsWith(escapeCode)) {
      kept += part;
      continue;
    }
    for (const char of part) {
      if (width >= widthMax - 1) break;
      kept += char;
      width += 1;
    }
  }
  return `${kept}…`;
}
