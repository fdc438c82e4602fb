/** What the reader asked of the audit, as the address holds it: what the host filters, and what the page does. Pure. */
import type { AuditEntry } from '../../../api.ts';

/** Most the host gives at once. */
export const ENTRIES_MAX = 500;

export interface Wanted {
  /** Of `GET /api/audit`. */
  readonly path: string;
  /** Entries before this are not shown; 0 for all. */
  readonly sinceMs: number;
  /** Undefined when the text is no pattern. */
  readonly pattern: RegExp | undefined;
  /** Why the pattern cannot be used; empty when it can. */
  readonly problem: string;
}

/** Spans of `since`, by how they are written. */
export const spans: Readonly<Record<string, number>> = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '6h': 6 * 3_600_000,
  '24h': 24 * 3_600_000,
};

/** `since` and `until` are a span such as `1h`, milliseconds, or an ISO time; `q` is text, or `/a pattern/`. */
export function wantedOf(query: URLSearchParams, nowMs: number): Wanted {
  const given = (name: string): string => query.get(name) ?? '';
  const [since, q] = [given('since'), given('q')];
  const { pattern, problem } = patternOf(q);
  const asked = new URLSearchParams({ limit: String(ENTRIES_MAX) });
  for (const name of ['correlation', 'kind', 'actor', 'failed', 'until'])
    if (given(name) !== '') asked.set(name, given(name));
  // A pattern is looked for here: one that never ends may hold up this page only, not the host.
  if (q !== '' && pattern === undefined && problem === '') asked.set('q', q);
  const length = spans[since];
  if (since !== '' && length === undefined) asked.set('since', since);
  return {
    path: `/api/audit?${asked.toString()}`,
    sinceMs: length === undefined ? 0 : nowMs - length,
    ...{ pattern, problem },
  };
}

function patternOf(q: string): Pick<Wanted, 'pattern' | 'problem'> {
  const text = /^\/(.+)\/$/.exec(q)?.[1];
  if (text === undefined) return { pattern: undefined, problem: '' };
  try {
    return { pattern: new RegExp(text, 'i'), problem: '' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      pattern: undefined,
      problem: `${why}. Correct the pattern, or leave out the slashes.`,
    };
  }
}

export const isWanted = (entry: AuditEntry, { sinceMs, pattern }: Wanted): boolean =>
  entry.atMs >= sinceMs && (pattern === undefined || pattern.test(textOf(entry)));

const textOf = ({ actor, name, text, by = '', correlationId }: AuditEntry): string =>
  [actor, name, text, by, correlationId].join(' ');
