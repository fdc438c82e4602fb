/** A query cut into its terms, each with the column where it stands. */
import { QueryProblem } from './query-problem.ts';

export interface Value {
  readonly text: string;
  readonly column: number;
  readonly isQuoted: boolean;
}

export interface Token {
  /** As written. */
  readonly source: string;
  readonly column: number;
  readonly isNot: boolean;
  /** Absent for plain words. */
  readonly key?: string;
  readonly valueColumn: number;
  readonly values: readonly Value[];
}

/** @throws QueryProblem for a quote that does not end and a `-` without a term */
export function termsOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) return tokens;
    const { token, end } = readTerm(text, at);
    tokens.push(token);
    at = end;
  }
}

function readTerm(text: string, start: number): { token: Token; end: number } {
  const isNot = text[start] === '-';
  const from = isNot ? start + 1 : start;
  const [, key] = /^([A-Za-z]\w*):/.exec(text.slice(from)) ?? [];
  const valueAt = key === undefined ? from : from + key.length + 1;
  const { values, end } = readValues(text, valueAt, key !== undefined);
  if (isNot && end === from)
    throw new QueryProblem({
      ...{ column: from + 1, got: 'nothing', expected: 'a term behind -' },
      doThis: 'write what is not wanted, as in -kind:guard',
    });
  const token = {
    ...{ source: text.slice(start, end), column: start + 1, isNot },
    ...{ valueColumn: valueAt + 1, values },
    ...(key !== undefined && { key }),
  };
  return { token, end };
}

/** Comma lists are for keys only: words may hold commas. */
function readValues(text: string, start: number, isList: boolean) {
  const values: Value[] = [];
  let at = start;
  for (;;) {
    const { value, end } = text[at] === '"' ? readQuoted(text, at) : readBare(text, at, isList);
    values.push(value);
    at = end;
    if (text[at] !== ',' || !isList) break;
    at += 1;
  }
  if (at < text.length && !/\s/.test(text[at] ?? ''))
    throw new QueryProblem({
      ...{ column: at + 1, got: `"${text[at] ?? ''}"`, expected: 'a blank behind the quote' },
      doThis: 'put a blank there',
    });
  return { values, end: at };
}

function readBare(text: string, start: number, isList: boolean): { value: Value; end: number } {
  let end = start;
  while (end < text.length && !/\s/.test(text[end] ?? '') && !(isList && text[end] === ','))
    end += 1;
  return { value: { text: text.slice(start, end), column: start + 1, isQuoted: false }, end };
}

function readQuoted(text: string, start: number): { value: Value; end: number } {
  let found = '';
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"')
      return { value: { text: found, column: start + 1, isQuoted: true }, end: at + 1 };
    if (text[at] === '\\' && at + 1 < text.length) at += 1;
    found += text[at] ?? '';
  }
  throw new QueryProblem({
    ...{ column: start + 1, got: 'a quote that does not end', expected: 'a closing "' },
    doThis: 'close it, or leave it out',
  });
}
