/** What a term wants of a value: a text, a pattern, a span of time. */
import { nearest } from '../../../actors/nearest.ts';
import { severities } from '../../../actors/steps/step.ts';
import { parseDuration } from '../../cli/duration.ts';
import { QueryProblem } from './query-problem.ts';
import type { Value } from './query-tokens.ts';

export type ValueTest =
  | { readonly is: 'text'; readonly matches: (value: string) => boolean }
  | { readonly is: 'older' | 'younger'; readonly ms: number }
  | { readonly is: 'stuck' };

/** @throws QueryProblem */
export function parseTest(key: string, values: readonly Value[]): ValueTest {
  const [first] = values;
  if (key === 'since' && first) return sinceTest(first);
  if (key === 'is' && first) return stuckTest(first);
  if (key === 'severity') for (const value of values) knownSeverity(value);
  const tests = values.map((value) => textTest(key, value));
  const [only] = tests;
  if (only && tests.length === 1) return { is: 'text', matches: only };
  return { is: 'text', matches: (text) => tests.some((test) => test(text)) };
}

function sinceTest({ text, column }: Value): ValueTest {
  const [, sign, span = ''] = /^([<>])(.+)$/.exec(text) ?? [];
  const ms = parseDuration(span);
  if (sign !== undefined && ms !== undefined) return { is: sign === '>' ? 'older' : 'younger', ms };
  throw new QueryProblem({
    ...{ column, got: `"${text}"`, expected: '> or < and a span such as 90s, 20m, 2h, 1d' },
    doThis: 'write since:>20m for longer than 20 minutes, since:<20m for less',
  });
}

function stuckTest({ text, column }: Value): ValueTest {
  if (text === 'stuck') return { is: 'stuck' };
  throw new QueryProblem({
    ...{ column, got: `"${text}"`, expected: 'stuck' },
    doThis: 'write is:stuck for what takes more than twice its usual time',
  });
}

function knownSeverity({ text, column }: Value): void {
  if (text.includes('*') || (severities as readonly string[]).includes(text.toLowerCase())) return;
  const meant = nearest(text, severities);
  throw new QueryProblem({
    ...{ column, got: `"${text}"`, expected: `one of ${severities.join(', ')}` },
    doThis: meant === undefined ? 'write one of these' : `write severity:${meant}`,
    ...(meant !== undefined && { didYouMean: meant }),
  });
}

/** Values come in lower case. States are met by any run of their parts, words and reasons by any part of the text. */
function textTest(key: string, { text, isQuoted }: Value): (value: string) => boolean {
  const wanted = text.toLowerCase();
  if (key === 'word') return (value) => value.includes(wanted);
  if (isQuoted) return (value) => value === wanted;
  if (wanted.includes('*')) {
    return likeTest(wanted.split('*'));
  }
  if (key === 'reason') return (value) => value.includes(wanted);
  if (key === 'state') return (value) => hasParts(value, wanted);
  return (value) => value === wanted;
}

/**
 * Whether the parts between stars occur in this order. Never goes back, so that no pattern takes long; taken apart once, as it
 * is asked of every actor of the fleet.
 */
function likeTest(parts: readonly string[]): (value: string) => boolean {
  const [start = '', end = ''] = [parts[0], parts.at(-1)];
  const middle = parts.slice(1, -1).filter((part) => part !== '');
  return (value) => {
    if (start !== '' && !value.startsWith(start)) return false;
    if (end !== '' && !value.endsWith(end)) return false;
    let at = start.length;
    for (const part of middle) {
      const found = value.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= value.length - end.length;
  };
}

const isPartEnd = (letter: string | undefined): boolean =>
  letter === undefined || !/[a-z0-9_-]/.test(letter);

function hasParts(state: string, wanted: string): boolean {
  for (let at = state.indexOf(wanted); at >= 0; at = state.indexOf(wanted, at + 1))
    if (isPartEnd(state[at - 1]) && isPartEnd(state[at + wanted.length])) return true;
  return false;
}
