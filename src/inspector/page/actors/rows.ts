/** The list of actors as far as it is on this page: the rows around the window, kept fresh by the stream. */
import { effect, signal, untracked } from '@preact/signals';
import type { Row, RowsPage, Sort, Window } from '../../api.ts';
import { listOf } from '../../window.ts';
import type { WindowRows } from '../../window.ts';
import { read, sayFailure } from '../api-client.ts';
import { isOwner, isPaused, resumes } from '../store.ts';
import { onResync, onWindow, watchWindow } from '../stream/client.ts';

/** Rows kept around the window; those further away are read again when they are scrolled to. */
const KEPT_ROWS = 600;
const WINDOW_ROWS = 100;
const POLL_MS = 3000;
/** The stream moves to a window when nothing else was asked for this long: while somebody types, answers come without it. */
const SETTLED_MS = 150;

interface Listing {
  readonly total: number;
  readonly facets: RowsPage['facets'];
  /** By place in the whole list. */
  readonly rows: ReadonlyMap<number, Row>;
}

export const sort = signal<Sort>('severity');
/** Undefined until the first rows are there. */
export const listing = signal<Listing | undefined>(undefined);
/** Why the last read failed, as of a query nobody can answer; empty when it did not. */
export const listProblem = signal('');

let window: Window | undefined;
/** The list whose rows are held, as `listOf` names it: those of another one do not stay. */
let heldList = '';
let reading: AbortController | undefined;
let settling: ReturnType<typeof setTimeout> | undefined;

/** What is to be seen: the query, and the rows on the screen. */
export function showRows(q: string, order: Sort, first: number, count: number): void {
  const before = window;
  const isSameList = before?.q === q && before.sort === order;
  if (isSameList && covers(before, first, count)) return;
  const offset = Math.max(0, first - Math.floor((WINDOW_ROWS - count) / 2));
  window = { q, sort: order, offset, limit: WINDOW_ROWS };
  clearTimeout(settling);
  settling = setTimeout(() => watchWindow(window), SETTLED_MS);
  void readWindow();
}

/** Undefined while its row of this list is not here yet. */
export const rowIn = (list: string, at: number): Row | undefined =>
  list === heldList ? listing.value?.rows.get(at) : undefined;

const covers = ({ offset, limit }: Window, first: number, count: number) =>
  first >= offset && first + count <= offset + limit;

async function readWindow(): Promise<void> {
  if (window === undefined) return;
  const { q, sort: order, offset, limit } = window;
  const list = listOf(window);
  reading?.abort();
  const stop = new AbortController();
  reading = stop;
  const query = new URLSearchParams({
    q,
    sort: order,
    offset: String(offset),
    limit: String(limit),
  });
  try {
    take(await read<RowsPage>(`/api/actors?${query.toString()}`, stop.signal), list);
    listProblem.value = '';
  } catch (error) {
    if (!stop.signal.aborted) listProblem.value = sayFailure(error);
  } finally {
    if (reading === stop) reading = undefined;
  }
}

/** @param list rows of the same one stay while others come */
function take({ total, facets, offset, rows }: Omit<WindowRows, 'list'>, list: string): void {
  const next = new Map<number, Row>();
  if (list === heldList)
    for (const [place, row] of listing.value?.rows ?? [])
      if (place < total && Math.abs(place - offset) < KEPT_ROWS) next.set(place, row);
  rows.forEach((row, index) => next.set(offset + index, row));
  listing.value = { total, facets, rows: next };
  heldList = list;
}

/** Give it to an effect: keeps the list fresh until it is stopped. */
export function followRows(): () => void {
  const stops = [
    onWindow((rows) => {
      const isWanted = window?.offset === rows.offset && listOf(window) === listOf(rows.list);
      if (isWanted) take(rows, listOf(rows.list));
    }),
    onResync(() => void readWindow()),
    effect(() => {
      if (resumes.value > 0) untracked(() => void readWindow());
    }),
  ];
  const timer = setInterval(() => {
    // One that is under way is waited for, however slow the host is.
    if (isOwner.value || isPaused.value || document.hidden || reading !== undefined) return;
    void readWindow();
  }, POLL_MS);
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
    reading?.abort();
    clearTimeout(settling);
    watchWindow(undefined);
    window = undefined;
  };
}

/** Adds or takes away one value of a key: `severity:failing` → `severity:failing,changing`. */
export function toggled(q: string, key: string, value: string): string {
  const terms = q.split(/\s+/).filter((term) => term !== '');
  const at = terms.findIndex((term) => term.startsWith(`${key}:`));
  const values = terms[at]?.slice(key.length + 1).split(',') ?? [];
  const next = values.includes(value)
    ? values.filter((other) => other !== value)
    : [...values, value];
  const rest = terms.filter((_, index) => index !== at);
  return [...rest, ...(next.length === 0 ? [] : [`${key}:${next.join(',')}`])].join(' ');
}

export const isChosen = (q: string, key: string, value: string): boolean =>
  q.split(/\s+/).some(
    (term) =>
      term.startsWith(`${key}:`) &&
      term
        .slice(key.length + 1)
        .split(',')
        .includes(value),
  );
