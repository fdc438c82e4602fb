/** A filtered, sorted list of actors, patched as they change instead of made anew. */
import type { RowsPage, Sort } from '../api.ts';
import type { Entry } from './entry.ts';
import { matcherOf } from './matcher.ts';
import type { Matcher } from './matcher.ts';
import { orders } from './order.ts';
import type { Query } from './query.ts';
import { Tally } from './tally.ts';

export class Listing {
  readonly sort: Sort;
  readonly isTimed: boolean;
  /** Monotonic, of the last use. */
  usedMs = 0;
  /** Monotonic, of the last time it was made anew. */
  madeMs = 0;
  #entries: Entry[] = [];
  #tally = new Tally();
  readonly #matches: Matcher;

  constructor(query: Query, sort: Sort) {
    this.sort = sort;
    this.isTimed = query.isTimed;
    this.#matches = matcherOf(query);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  facets(): RowsPage['facets'] {
    return this.#tally.facets();
  }

  /** From all actors in any order. */
  sortFrom(all: Iterable<Entry>): void {
    this.#fill([...all].sort(orders[this.sort]));
  }

  /** From a list that is in this order already. */
  filterFrom(sorted: readonly Entry[], nowMs: number): void {
    this.#fill(sorted.filter((entry) => this.#matches(entry, nowMs)));
  }

  /** Takes in what changed. Costs one pass, whatever the number of changes. */
  patch(dirty: readonly Entry[], nowMs: number): void {
    const wanted = dirty.filter((entry) => !entry.isGone && this.#matches(entry, nowMs));
    wanted.sort(orders[this.sort]);
    this.#entries = this.#merged(wanted);
    for (const entry of wanted) this.#tally.add(entry, entry.row.severity, 1);
  }

  #merged(wanted: readonly Entry[]): Entry[] {
    const compare = orders[this.sort];
    const merged: Entry[] = [];
    let next = 0;
    for (const entry of this.#entries) {
      if (entry.isDirty) {
        this.#tally.add(entry, entry.listedAs ?? entry.row.severity, -1);
        continue;
      }
      for (let come = wanted[next]; come && compare(come, entry) < 0; come = wanted[next]) {
        merged.push(come);
        next += 1;
      }
      merged.push(entry);
    }
    return merged.concat(wanted.slice(next));
  }

  #fill(entries: Entry[]): void {
    this.#entries = entries;
    this.#tally = new Tally();
    for (const entry of entries) this.#tally.add(entry, entry.row.severity, 1);
  }
}
