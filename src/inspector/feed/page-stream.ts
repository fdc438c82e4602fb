/** The stream of one page: its window, its focus and what it was told. */
import { feedLimits } from '../../../machines/limits-inspector.ts';
import type { Row, StreamEvents, ViewRequest, Window } from '../api.ts';
import type { FleetIndex } from '../index/fleet-index.ts';
import type { Listing } from '../index/listing.ts';
import { eventText, namedText } from './outlet.ts';
import type { Outlet } from './outlet.ts';
import type { StepRing, Told } from './step-ring.ts';
import { windowDelta } from './window-delta.ts';

type Facets = NonNullable<StreamEvents['rows']['facets']>;

export interface PageStreamOptions {
  readonly outlet: Outlet;
  readonly index: FleetIndex;
  readonly ring: StepRing;
  readonly login: string;
  readonly epoch: () => string;
  readonly onResync: () => void;
}

/** What the page holds of its window; the rest is sent as changes to it. */
interface Held {
  readonly rows: readonly Row[];
  readonly total: number;
}

export class PageStream {
  readonly login: string;
  readonly outlet: Outlet;
  readonly #options: PageStreamOptions;
  #window: Window | undefined;
  #held: Held | undefined;
  /** As last told, by facet as JSON. */
  readonly #facets = new Map<string, string>();
  #nextRowsMs = 0;
  #nextFacetsMs = 0;
  #focus: string | undefined;
  /** All steps of the focus up to this number were sent. */
  #sentN = 0;
  /** Number of the last step before the page came back, until it says what it looks at. */
  #resumeN: number | undefined;
  #isHidden = false;
  /** Monotonic; undefined while the client reads. */
  #stalledSinceMs: number | undefined;
  #countsText = '';
  #countsMs = -Infinity;
  #beatMs: number;

  constructor(options: PageStreamOptions, nowMs: number) {
    this.#options = options;
    this.login = options.login;
    this.outlet = options.outlet;
    this.#beatMs = nowMs;
  }

  get focus(): string | undefined {
    return this.#focus;
  }

  /** The page was here before and got everything up to this event. */
  resume(lastEventId: string, nowMs: number): void {
    const [, epoch, n] = /^(.+)-(\d{1,15})$/.exec(lastEventId) ?? [];
    if (epoch === this.#options.epoch()) this.#resumeN = Number(n);
    else this.resync('this is another process than the one you were connected to', nowMs);
  }

  view({ window, focus, isHidden = false }: ViewRequest, nowMs: number): void {
    const wasHidden = this.#isHidden;
    this.#isHidden = isHidden;
    if (window) this.#move(window);
    if (focus !== undefined) this.#look(focus ?? undefined, nowMs);
    else if (wasHidden && !isHidden) this.#catchUp(this.#sentN, nowMs);
    this.#sendRows(nowMs);
  }

  step(told: Told, nowMs: number): void {
    if (told.actor !== this.#focus || this.#isHidden || this.#stalledSinceMs !== undefined) return;
    const id = `id: ${this.#options.epoch()}-${told.n}\n`;
    if (this.#send(id + namedText('step', told.text), nowMs)) this.#sentN = told.n;
  }

  /** @param counts JSON of the present counts */
  tick(counts: string, nowMs: number): void {
    if (this.#stalledSinceMs !== undefined && !this.#recovers(nowMs)) return;
    this.#sendCounts(counts, nowMs);
    this.#sendRows(nowMs);
    if (nowMs - this.#beatMs < feedLimits.heartbeatMs) return;
    this.#beatMs = nowMs;
    this.#send(`: still here\n${this.#idLine()}\n`, nowMs);
  }

  resync(because: string, nowMs: number): void {
    this.#options.onResync();
    this.#held = undefined;
    this.#facets.clear();
    this.#sentN = this.#options.ring.n;
    this.#send(this.#idLine() + eventText('resync', { because }), nowMs);
  }

  bye(retryMs: number): void {
    this.outlet.send(eventText('bye', { retryMs }));
    this.outlet.end();
  }

  #move(window: Window): void {
    this.#window = window;
    this.#held = undefined;
    this.#facets.clear();
    this.#nextRowsMs = this.#nextFacetsMs = 0;
  }

  /** Nothing old is sent, except to a page that comes back to the same actor. */
  #look(focus: string | undefined, nowMs: number): void {
    const { ring } = this.#options;
    const resumeN = this.#resumeN;
    this.#resumeN = undefined;
    if (focus !== this.#focus) {
      if (focus !== undefined) ring.watch(focus);
      if (this.#focus !== undefined) ring.leave(this.#focus);
      this.#focus = focus;
      if (resumeN === undefined) this.#sentN = ring.n;
    }
    if (focus === undefined) return;
    if (!this.#isHidden) this.#catchUp(resumeN ?? this.#sentN, nowMs);
    // An id without data is no event: it only tells the browser where to go on from.
    this.#send(`${this.#idLine()}\n`, nowMs);
  }

  #catchUp(n: number, nowMs: number): void {
    if (this.#focus === undefined) return;
    const missed = this.#options.ring.after(n, this.#focus);
    if (missed === undefined) this.resync('the steps in between are not kept here', nowMs);
    else for (const told of missed) this.step(told, nowMs);
    if (this.#stalledSinceMs === undefined) this.#sentN = this.#options.ring.n;
  }

  #idLine(): string {
    const { epoch, ring } = this.#options;
    const n = this.#isHidden ? this.#sentN : ring.n;
    return this.#focus === undefined ? '' : `id: ${epoch()}-${n}\n`;
  }

  #sendCounts(text: string, nowMs: number): void {
    const ageMs = nowMs - this.#countsMs;
    const isDue = text !== this.#countsText && ageMs >= feedLimits.countsEveryMs;
    if (!isDue && ageMs < feedLimits.countsAtLeastEveryMs) return;
    this.#countsText = text;
    this.#countsMs = nowMs;
    this.#send(namedText('counts', text), nowMs);
  }

  #sendRows(nowMs: number): void {
    const window = this.#window;
    const isHeld = this.#isHidden || this.#stalledSinceMs !== undefined;
    if (!window || isHeld || nowMs < this.#nextRowsMs) return;
    const { listing, rows, total } = this.#options.index.window(window);
    const delta = windowDelta(this.#held?.rows, rows);
    const list = this.#held === undefined ? { list: { q: window.q, sort: window.sort } } : {};
    const change = { total, offset: window.offset, rows: [], ...delta, ...list };
    let text = eventText('rows', change);
    const facets = this.#changedFacets(listing, nowMs, nowMs + pauseMs(text.length));
    if (!delta && !facets && this.#held?.total === total) return;
    if (facets) text = eventText('rows', { ...change, facets });
    if (!this.#send(text, nowMs)) return;
    // A whole window was asked for; what comes by itself has to keep to its share.
    this.#nextRowsMs = nowMs + (this.#held ? pauseMs(text.length) : feedLimits.rowsEveryMs);
    this.#held = { rows, total };
  }

  /**
   * Counted seldom: under many changes they would cost more than the rows. But they never wait
   * for a pause of the rows they belong to: a filled list beside empty counts would be a lie.
   */
  #changedFacets(listing: Listing, nowMs: number, nextRowsMs: number): Facets | undefined {
    if (nextRowsMs < this.#nextFacetsMs) return undefined;
    const changed = Object.entries(listing.facets()).filter(([name, values]) => {
      const text = JSON.stringify(values);
      if (text === this.#facets.get(name)) return false;
      this.#facets.set(name, text);
      return true;
    });
    if (changed.length === 0) return undefined;
    this.#nextFacetsMs = nowMs + feedLimits.countsEveryMs;
    return Object.fromEntries(changed);
  }

  #send(text: string, nowMs: number): boolean {
    if (this.#stalledSinceMs !== undefined) return false;
    if (this.outlet.send(text)) return true;
    this.#stalledSinceMs = nowMs;
    return false;
  }

  /** Once everything is read, it is told that something was left out. */
  #recovers(nowMs: number): boolean {
    const { outlet } = this;
    if (outlet.unsentBytes > 0) {
      const isOver = nowMs - (this.#stalledSinceMs ?? nowMs) >= feedLimits.stalledMaxMs;
      if (isOver) outlet.destroy();
      return false;
    }
    this.#stalledSinceMs = undefined;
    this.resync('you did not read for a while', nowMs);
    return true;
  }
}

/** Many changes come less often, so that a window costs no more than its share. */
const pauseMs = (bytes: number): number =>
  Math.min(
    feedLimits.rowsAtLeastEveryMs,
    Math.max(feedLimits.rowsEveryMs, (bytes / feedLimits.rowBytesPerSecond) * 1_000),
  );
