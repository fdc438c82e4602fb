/** Whether an actor is what a query asks for. */
import type { Entry } from './entry.ts';
import { isStuck, wordsOf } from './entry.ts';
import type { Query, Term } from './query.ts';

export type Matcher = (entry: Entry, nowMs: number) => boolean;

/** Lower case is made by the reader where values may hold capitals. */
const readers: Readonly<Record<string, (entry: Entry) => string>> = {
  kind: ({ kind }) => kind.toLowerCase(),
  ns: ({ namespace }) => namespace,
  name: ({ name }) => name,
  state: ({ row }) => row.state.toLowerCase(),
  severity: ({ row }) => row.severity,
  region: ({ row }) => row.region,
  host: ({ row }) => row.host.toLowerCase(),
  reason: ({ row }) => row.reason.toLowerCase(),
  word: wordsOf,
};

export function matcherOf({ terms }: Query): Matcher {
  const tests = terms.map(testOf);
  const [only] = tests;
  if (only && tests.length === 1) return only;
  return (entry, nowMs) => {
    for (const test of tests) if (!test(entry, nowMs)) return false;
    return true;
  };
}

function testOf({ key, isNot, test }: Term): Matcher {
  if (test.is === 'text') {
    const read = readers[key] ?? wordsOf;
    const { matches } = test;
    return (entry) => matches(read(entry)) !== isNot;
  }
  if (test.is === 'stuck') return ({ row }, nowMs) => isStuck(row, nowMs) !== isNot;
  const { is, ms } = test;
  return ({ row }, nowMs) => ((is === 'older') === nowMs - row.sinceMs > ms) !== isNot;
}
