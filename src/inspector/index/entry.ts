/** One actor in the index, with what queries and orders need of it. */
import type { Row, Severity } from '../../../actors/steps/step.ts';
import { durationText } from '../../../actors/duration-text.ts';

export interface Entry {
  row: Row;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Changed since the lists were last patched. */
  isDirty: boolean;
  /** What the lists hold it as; undefined for one they do not hold yet. */
  listedAs: Severity | undefined;
  isGone: boolean;
  /** Of the last replay that told of it. */
  generation: number;
  /** Name, state and reason in lower case, made when a query first asks. */
  words: string | undefined;
  /** The row as shown while it is stuck, and the row it was made of. */
  stuck: { readonly of: Row; readonly row: Row } | undefined;
}

/** All fields at once and none spread: objects put together from others are read several times as slowly, and a query reads them all. */
export function entryOf(row: Row, generation: number): Entry {
  const [kind = '', namespace = '', ...rest] = row.actor.split('/');
  const name = rest.join('/');
  return {
    row,
    kind,
    namespace,
    name,
    isDirty: false,
    listedAs: undefined,
    isGone: false,
    generation,
    words: undefined,
    stuck: undefined,
  };
}

export function wordsOf(entry: Entry): string {
  if (entry.words !== undefined) return entry.words;
  const { actor, state, reason } = entry.row;
  entry.words = `${actor} ${state} ${reason}`.toLowerCase();
  return entry.words;
}

/** It takes more than twice its usual time. */
export const isStuck = ({ expectedMs, sinceMs }: Row, nowMs: number): boolean =>
  expectedMs > 0 && nowMs - sinceMs > 2 * expectedMs;

/** The row for a page: one that is stuck says so before its reason. The same object as long as nothing changed. */
export function shownRow(entry: Entry, nowMs: number): Row {
  const { row } = entry;
  if (!isStuck(row, nowMs)) return row;
  if (entry.stuck?.of === row) return entry.stuck.row;
  const usual = `takes more than twice its usual ${durationText(row.expectedMs)}`;
  const reason = row.reason === '' ? usual : `${usual}; ${row.reason}`;
  entry.stuck = { of: row, row: { ...row, reason } };
  return entry.stuck.row;
}
