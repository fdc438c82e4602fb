/** Text measured in cells of a terminal: wide letters and emoji take two, marks upon letters none. */
import { stripVTControlCharacters } from 'node:util';

const simple = /^[ -~]*$/;
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;
const mark = /[\p{Mn}\p{Me}]/u;
const escapeCode = String.fromCharCode(27);
const paints = new RegExp(`(${escapeCode}\\[[0-9;]*m)`);

const cellsOf = (char: string): number => (mark.test(char) ? 0 : wide.test(char) ? 2 : 1);

/** Without paint. */
export function widthOf(text: string): number {
  if (simple.test(text)) return text.length;
  let width = 0;
  for (const char of stripVTControlCharacters(text)) width += cellsOf(char);
  return width;
}

/** What others wrote, safe to print: no control characters, nothing that turns the direction of the text. */
export const plain = (text: string): string =>
  simple.test(text) ? text : text.replace(/\p{Cc}+/gu, ' ').replace(/\p{Cf}/gu, '');

/** At most `width` cells, never inside a paint or a wide letter; `end` (one cell) shows that something is missing. */
export function cut(line: string, width: number, end: string): string {
  if (widthOf(line) <= width) return line;
  if (width <= 0) return '';
  let kept = '';
  let left = width - 1;
  let isPainted = false;
  for (const part of line.split(paints)) {
    if (part.startsWith(escapeCode)) {
      kept += part;
      isPainted = true;
      continue;
    }
    for (const char of part) {
      left -= cellsOf(char);
      if (left < 0) break;
      kept += char;
    }
    if (left < 0) break;
  }
  return `${kept}${isPainted ? `${escapeCode}[0m` : ''}${end}`;
}

/** Exactly `width` cells. */
export function fill(text: string, width: number, end: string): string {
  const fitting = cut(text, width, end);
  return fitting + ' '.repeat(Math.max(0, width - widthOf(fitting)));
}

/** Lines of at most `width` cells, broken between words; a word that is longer is cut. At most `linesMax` of them. */
export function wrap(text: string, width: number, linesMax: number, end: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  const shown = lines.slice(0, linesMax);
  if (lines.length > linesMax) shown.push(`${shown.pop() ?? ''} ${lines[linesMax] ?? ''}`);
  return shown.map((each) => cut(each, width, end));
}
