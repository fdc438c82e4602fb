/**
 * Queries over the fleet: `kind:cluster state:failed ns:prod region:eu-* since:>20m -kind:guard words "quoted words"`.
 * All terms must hold; a comma list is any of its values; `-` before a term means not; a quoted value is meant whole.
 */
import { nearest } from '../../../actors/nearest.ts';
import { indexLimits } from '../../../machines/limits-inspector.ts';
import { QueryProblem } from './query-problem.ts';
import { termsOf } from './query-tokens.ts';
import type { Token, Value } from './query-tokens.ts';
import { parseTest } from './query-values.ts';
import type { ValueTest } from './query-values.ts';

const textKeys = ['kind', 'ns', 'name', 'state', 'severity', 'region', 'host', 'reason'];
const aliases: Readonly<Record<string, string>> = { namespace: 'ns' };
const allKeys = [...textKeys, 'since', 'is'];

/** One condition. `word` looks at name, state and reason together. */
export interface Term {
  readonly key: string;
  readonly isNot: boolean;
  readonly test: ValueTest;
}

export interface Query {
  /** As it was asked, blanks evened out: equal texts are equal queries. */
  readonly text: string;
  readonly terms: readonly Term[];
  /** What it selects changes with time alone. */
  readonly isTimed: boolean;
}

/** @throws QueryProblem */
export function parseQuery(text: string): Query {
  if (text.length > indexLimits.queryLengthMax)
    throw new QueryProblem({
      column: indexLimits.queryLengthMax + 1,
      got: `${text.length} characters`,
      expected: `at most ${indexLimits.queryLengthMax} characters`,
      doThis: 'leave terms out',
    });
  const tokens = termsOf(text);
  const over = tokens[indexLimits.queryTermsMax];
  if (over)
    throw new QueryProblem({
      column: over.column,
      got: `${tokens.length} terms`,
      expected: `at most ${indexLimits.queryTermsMax} terms`,
      doThis: 'leave terms out, or join values of one key by commas',
    });
  const terms = tokens.map(termOf);
  return {
    text: tokens.map(({ source }) => source).join(' '),
    terms,
    isTimed: terms.some(({ key }) => key === 'since' || key === 'is'),
  };
}

/** The term that means exactly this value, for `kind:"cluster"` and the like. */
export const exactTerm = (key: string, value: string): string =>
  `${key}:"${value.replaceAll(/["\\]/g, '\\$&')}"`;

function termOf(token: Token): Term {
  const { key, values, isNot } = token;
  if (key === undefined) return { key: 'word', isNot, test: parseTest('word', values) };
  const known = aliases[key.toLowerCase()] ?? key.toLowerCase();
  if (!allKeys.includes(known)) throw unknownKey(token, key);
  return { key: known, isNot, test: parseTest(known, withValues(token, known)) };
}

function unknownKey({ column, source }: Token, key: string): QueryProblem {
  const meant = nearest(key, [...allKeys, ...Object.keys(aliases)]);
  return new QueryProblem({
    column,
    got: `the key "${key}"`,
    expected: `one of ${allKeys.join(', ')}`,
    doThis:
      meant === undefined ? `put it in quotes to find it as text: "${source}"` : `write ${meant}:`,
    ...(meant !== undefined && { didYouMean: meant }),
  });
}

function withValues({ values, valueColumn }: Token, key: string): readonly Value[] {
  const empty = values.find(({ text, isQuoted }) => text === '' && !isQuoted);
  if (values.length > 0 && empty === undefined) return values;
  throw new QueryProblem({
    column: empty?.column ?? valueColumn,
    got: 'nothing',
    expected: `a value behind ${key}:`,
    doThis: `write one, or ${key}:"" for those without`,
  });
}
