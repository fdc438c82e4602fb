/** A bounded FIFO of one actor: one item is handled at a time, the next one after its promise has settled. */
import type { Clock } from './ports.ts';

export interface MailboxOptions<T> {
  readonly itemsMax: number;
  readonly clock: Clock;
  /** Must not reject: whoever throws here has lost the item. */
  readonly handle: (item: T) => Promise<void>;
  /** Called whenever nothing waits and nothing is being handled. */
  readonly onIdle: () => void;
  readonly onError: (thrown: unknown) => void;
}

export class Mailbox<T> {
  readonly #options: MailboxOptions<T>;
  readonly #waiting: { readonly item: T; readonly sinceMs: number }[] = [];
  #current: { readonly item: T; readonly sinceMs: number } | undefined;
  #closed = false;

  constructor(options: MailboxOptions<T>) {
    this.#options = options;
  }

  /** False when full; `always` passes the bound, for what must not be lost. */
  offer(item: T, always = false): boolean {
    if (this.#closed) return true;
    if (!always && this.#waiting.length >= this.#options.itemsMax) return false;
    this.#waiting.push({ item, sinceMs: this.#options.clock.monotonicMs() });
    if (!this.#current) void this.#run();
    return true;
  }

  /** Waiting and current items, oldest first. */
  items(): T[] {
    const current = this.#current ? [this.#current] : [];
    return [...current, ...this.#waiting].map(({ item }) => item);
  }

  isIdle(): boolean {
    return this.#current === undefined && this.#waiting.length === 0;
  }

  /** The next command would find no place. */
  isFull(): boolean {
    return this.#waiting.length >= this.#options.itemsMax;
  }

  size(): number {
    return this.#waiting.length + (this.#current ? 1 : 0);
  }

  /** Age of the oldest item in milliseconds; 0 when idle. */
  oldestMs(): number {
    const oldest = this.#current ?? this.#waiting[0];
    return oldest ? this.#options.clock.monotonicMs() - oldest.sinceMs : 0;
  }

  /** Drops what waits and takes nothing more; the current item is left to end by itself. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
  }

  async #run(): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#current = next;
      try {
        await this.#options.handle(next.item);
      } catch (thrown) {
        this.#options.onError(thrown);
      }
      this.#current = undefined;
    }
    if (!this.#closed) this.#options.onIdle();
  }
}
