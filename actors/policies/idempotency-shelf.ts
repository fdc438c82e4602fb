/** The idempotency store as one process reaches it: every access bounded in time, the latest entries remembered. */
import { idempotency as limits } from '../../machines/limits.ts';
import { messageOf } from '../faults.ts';
import type { Clock, IdempotencyStore, WriteOutcome } from '../ports.ts';
import { readEntry } from './idempotency-entry.ts';
import type { IdempotencyEntry } from './idempotency-entry.ts';

export interface ShelvedEntry {
  readonly entry: IdempotencyEntry;
  readonly revision: number;
}

export class IdempotencyShelf {
  readonly #store: IdempotencyStore;
  readonly #clock: Clock;
  /** The latest known entry of each key, the longest untouched first. */
  readonly #known = new Map<string, ShelvedEntry>();

  constructor(store: IdempotencyStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What this process remembers, right or not: a write at its revision tells. */
  known(key: string): ShelvedEntry | undefined {
    return this.#known.get(key);
  }

  /** Never rejects. A late answer is `unknown`: it may have been stored all the same. */
  async write(key: string, entry: IdempotencyEntry, expected: number): Promise<WriteOutcome> {
    this.#known.delete(key);
    try {
      const outcome = await this.#inTime(this.#store.write(key, JSON.stringify(entry), expected));
      if (outcome.kind === 'written') this.#remember(key, { entry, revision: outcome.revision });
      return outcome;
    } catch (thrown) {
      return { kind: 'unknown', cause: messageOf(thrown) };
    }
  }

  /** Never rejects; `cause` says why there is no answer. */
  async read(key: string): Promise<{ found: ShelvedEntry | undefined } | { cause: string }> {
    try {
      const stored = await this.#inTime(this.#store.load(key));
      if (stored === undefined) return { found: undefined };
      // What cannot be read is written over at its revision, like an entry whose time is over.
      const entry = readEntry(stored.bytes) ?? unreadable;
      const found = { entry, revision: stored.revision };
      this.#remember(key, found);
      return { found };
    } catch (thrown) {
      return { cause: messageOf(thrown) };
    }
  }

  /** Every pending entry of the store; rejects when the store goes away meanwhile. */
  async *pending(): AsyncIterable<{ readonly key: string } & ShelvedEntry> {
    for await (const { key, bytes, revision } of this.#store.scan()) {
      const entry = readEntry(bytes);
      if (entry?.state === 'pending') yield { key, entry, revision };
    }
  }

  forgetExpired(): void {
    const nowMs = this.#clock.nowMs();
    for (const [key, { entry }] of this.#known)
      if (entry.expiresAtMs <= nowMs) this.#known.delete(key);
  }

  /** A slow store must not hold up the call it is there to save. */
  #inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(limits.storeWaitMs, () => {
        reject(new Error(`no answer within ${limits.storeWaitMs} ms`));
      });
      void answer.then(resolve, reject).finally(cancel);
    });
  }

  #remember(key: string, known: ShelvedEntry): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > limits.frontMax && oldest !== undefined) this.#known.delete(oldest);
  }
}

const unreadable: IdempotencyEntry = {
  state: 'failed',
  operation: '',
  expiresAtMs: 0,
  fault: { type: 'InternalError', code: 'idempotency.unreadable', message: 'no entry of ours' },
};
