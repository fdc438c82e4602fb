/** One row per actor of the whole fleet, kept from committed steps; lists, counts and pages of it. */
import type { Clock } from '../../../actors/ports.ts';
import type { Row, Step } from '../../../actors/steps/step.ts';
import { indexLimits } from '../../../machines/limits-inspector.ts';
import type { Counts, RowsPage, Sort, Window } from '../api.ts';
import { entryOf, shownRow } from './entry.ts';
import type { Entry } from './entry.ts';
import { Listing } from './listing.ts';
import { parseQuery } from './query.ts';
import { Tally } from './tally.ts';

export interface WindowView {
  readonly listing: Listing;
  readonly total: number;
  readonly rows: readonly Row[];
}

export class FleetIndex {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #listings = new Map<string, Listing>();
  readonly #tally = new Tally();
  #dirty: Entry[] = [];
  #asOfMs = 0;
  #version = 0;
  #generation = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Grows with every change of any row. */
  get version(): number {
    return this.#version;
  }

  /** Newest step taken in, wall time; 0 when none. */
  get asOfMs(): number {
    return this.#asOfMs;
  }

  /** Takes in a step of the log. False for one that was known, as after a replay. */
  take({ row, atMs }: Pick<Step, 'row' | 'atMs'>): boolean {
    const known = this.#entries.get(row.actor);
    if (known) known.generation = this.#generation;
    if (known?.row.uid === row.uid && row.seq <= known.row.seq) return false;
    // Ids of lives sort by time: a late step of an earlier one says nothing of today's.
    if (known !== undefined && row.uid < known.row.uid) return false;
    this.#asOfMs = Math.max(this.#asOfMs, atMs);
    // The end of an earlier life does not end the one that came after it.
    if (!row.isGone) this.#put(row, known);
    else if (known?.row.uid === row.uid) this.#drop(known);
    return true;
  }

  /** Rows of a copy kept before; what the log tells later wins. */
  load(rows: readonly Row[], asOfMs: number): void {
    for (const row of rows) if (!this.#entries.has(row.actor)) this.#put(row, undefined);
    this.#asOfMs = Math.max(this.#asOfMs, asOfMs);
  }

  /** The log is about to tell the last step of every actor. */
  beginReplay(): void {
    this.#generation += 1;
  }

  /** Every actor was told: those that were not are gone. Returns how many. */
  endReplay(): number {
    const lost = [...this.#entries.values()].filter(
      ({ generation }) => generation < this.#generation,
    );
    for (const entry of lost) this.#drop(entry);
    return lost.length;
  }

  row(actor: string): Row | undefined {
    const entry = this.#entries.get(actor);
    return entry && shownRow(entry, this.#clock.nowMs());
  }

  /** As they came in, without what reading adds. */
  rows(): Row[] {
    return Array.from(this.#entries.values(), ({ row }) => row);
  }

  counts(): Omit<Counts, 'feed'> {
    const tally = this.#tally;
    return {
      total: this.size,
      bySeverity: {
        ...{ failing: tally.severity('failing'), changing: tally.severity('changing') },
        ...{ healthy: tally.severity('healthy'), unknown: tally.severity('unknown') },
      },
      byKind: tally.kinds(),
      asOfMs: this.#asOfMs,
    };
  }

  /** @throws QueryProblem */
  page(window: Window): RowsPage {
    const { listing, total, rows } = this.window(window);
    const { offset } = window;
    return { total, offset, rows, facets: listing.facets(), asOfMs: this.#asOfMs };
  }

  /** Rows that did not change since the last look are the same objects. @throws QueryProblem */
  window({ q, sort, offset, limit }: Window): WindowView {
    const listing = this.listing(q, sort);
    const nowMs = this.#clock.nowMs();
    const shown = listing.entries.slice(offset, offset + limit);
    return {
      ...{ listing, total: listing.entries.length },
      rows: shown.map((entry) => shownRow(entry, nowMs)),
    };
  }

  /** All that a query selects, in order, as of now. @throws QueryProblem */
  listing(q: string, sort: Sort): Listing {
    this.#patchAll();
    const query = parseQuery(q);
    const key = `${sort} ${query.text}`;
    const present = this.#listings.get(key);
    const nowMs = this.#clock.monotonicMs();
    const isOld = query.isTimed && nowMs - (present?.madeMs ?? 0) >= indexLimits.timeViewMs;
    const listing = present ?? new Listing(query, sort);
    listing.usedMs = nowMs;
    if (present && !isOld) return present;
    if (query.terms.length === 0) listing.sortFrom(this.#entries.values());
    else listing.filterFrom(this.listing('', sort).entries, this.#clock.nowMs());
    listing.madeMs = nowMs;
    this.#keep(key, listing);
    return listing;
  }

  #put(row: Row, known: Entry | undefined): void {
    const entry = known ?? entryOf(row, this.#generation);
    if (known) this.#tally.move(known.row.severity, row.severity);
    else {
      this.#entries.set(row.actor, entry);
      this.#tally.add(entry, row.severity, 1);
    }
    this.#mark(entry, known?.row.severity);
    entry.row = row;
    entry.words = undefined;
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.row.actor);
    this.#tally.add(entry, entry.row.severity, -1);
    this.#mark(entry, entry.row.severity);
    entry.isGone = true;
  }

  #mark(entry: Entry, listedAs: Entry['listedAs']): void {
    this.#version += 1;
    if (entry.isDirty) return;
    entry.isDirty = true;
    entry.listedAs = listedAs;
    this.#dirty.push(entry);
  }

  #patchAll(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { usedMs }] of this.#listings)
      if (nowMs - usedMs > indexLimits.viewIdleMs) this.#listings.delete(key);
    const dirty = this.#dirty;
    if (dirty.length === 0) return;
    const wallMs = this.#clock.nowMs();
    for (const listing of this.#listings.values()) listing.patch(dirty, wallMs);
    for (const entry of dirty) entry.isDirty = false;
    this.#dirty = [];
  }

  #keep(key: string, listing: Listing): void {
    this.#listings.delete(key);
    this.#listings.set(key, listing);
    if (this.#listings.size <= indexLimits.viewsMax) return;
    const [oldest] = [...this.#listings].sort(([, left], [, right]) => left.usedMs - right.usedMs);
    if (oldest) this.#listings.delete(oldest[0]);
  }
}
