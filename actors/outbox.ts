/** Events of committed turns that still have to be published. Only what a stored record holds is ever sent. */
import { hosting } from '../machines/limits.ts';
import type { PublishedEvent } from '../machines/messages.ts';
import { pause } from './heap-clock.ts';
import type { Clock } from './ports.ts';

export interface OutboxEntry {
  /** `<uid>/<n>`: repeats fold by it. */
  readonly id: string;
  readonly event: string;
  readonly correlationId: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly atMs: number;
  /** The command whose turn emitted it; absent for timers, results and observations. */
  readonly causationId?: string;
  /** Who says to have sent that command; `unknown` when nobody said. */
  readonly by?: string;
  readonly traceparent?: string;
  /** Revision of the write that first held it; absent in that very write. */
  readonly revision?: number;
}

/** The command in whose turn something was emitted. */
export interface Cause {
  readonly commandId: string;
  readonly claimedBy?: string | undefined;
  readonly traceparent?: string | undefined;
}

export interface OutboxOptions {
  readonly uid: string;
  readonly entries: readonly OutboxEntry[];
  /** Number of the next event. */
  readonly next: number;
  readonly clock: Clock;
  /** Resolves once stored; a rejection means "not known" and is repeated with the same id. */
  readonly publish: (entry: OutboxEntry) => Promise<void>;
  readonly onFailure: (entry: OutboxEntry, thrown: unknown) => void;
  readonly onDrained: () => void;
}

export class Outbox {
  next: number;
  #entries: OutboxEntry[];
  readonly #options: OutboxOptions;
  /** How many entries from the front are stored. */
  #released = 0;
  #pumping = false;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#entries = [...options.entries];
    this.next = options.next;
  }

  get size(): number {
    return this.#entries.length;
  }

  append(event: PublishedEvent, atMs: number, cause: Cause | undefined): void {
    this.#entries.push({
      id: `${this.#options.uid}/${this.next}`,
      event: event.type,
      correlationId: event.correlationId,
      data: event.data,
      atMs,
      ...(cause && { causationId: cause.commandId, by: cause.claimedBy ?? 'unknown' }),
      ...(cause?.traceparent !== undefined && { traceparent: cause.traceparent }),
    });
    this.next += 1;
  }

  list(): readonly OutboxEntry[] {
    return this.#entries;
  }

  /** The record with these entries is stored at `revision`: they may go out now, and only they. */
  release(held: readonly OutboxEntry[], revision: number): void {
    const ids = new Set(held.map(({ id }) => id));
    this.#released = 0;
    this.#entries = this.#entries.map((entry) => {
      if (!ids.has(entry.id)) return entry;
      this.#released += 1;
      return entry.revision === undefined ? { ...entry, revision } : entry;
    });
    void this.#pump();
  }

  /** Nothing more goes out; what is stored goes out after the next awakening. */
  close(): void {
    this.#closed = true;
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    let published = 0;
    let waitMs: number = hosting.storeRetryFirstMs;
    while (this.#released > 0 && !this.#closed) {
      const [entry] = this.#entries;
      if (!entry) break;
      try {
        await this.#options.publish(entry);
        waitMs = hosting.storeRetryFirstMs;
        this.#entries.shift();
        this.#released -= 1;
        published += 1;
      } catch (thrown) {
        this.#options.onFailure(entry, thrown);
        await pause(this.#options.clock, waitMs);
        waitMs = Math.min(waitMs * 2, hosting.storeRetryMaxMs);
      }
    }
    this.#pumping = false;
    if (!this.#closed && published > 0 && this.#entries.length === 0) this.#options.onDrained();
  }
}
