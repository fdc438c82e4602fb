/** Partitions that did not load here: why, and when each may be tried again. */
import { hosting } from '../machines/limits.ts';

export interface UnloadedPartition {
  readonly partition: number;
  /** Of the last try. */
  readonly reason: string;
}

interface Entry {
  readonly reason: string;
  readonly tries: number;
  /** Monotonic. */
  readonly notBeforeMs: number;
}

export class Unloaded {
  readonly #entries = new Map<number, Entry>();

  /** The first wait is `tickMs`, each further one twice as long, `hosting.loadRetryMaxMs` at most. */
  note(partition: number, reason: string, nowMs: number, tickMs: number): void {
    const tries = (this.#entries.get(partition)?.tries ?? 0) + 1;
    const waitMs = Math.min(tickMs * 2 ** (tries - 1), hosting.loadRetryMaxMs);
    this.#entries.set(partition, { reason, tries, notBeforeMs: nowMs + waitMs });
  }

  forget(partition: number): void {
    this.#entries.delete(partition);
  }

  clear(): void {
    this.#entries.clear();
  }

  has(partition: number): boolean {
    return this.#entries.has(partition);
  }

  /** Those that are not to be tried yet. */
  waiting(nowMs: number): number[] {
    return [...this.#entries].filter(([, each]) => nowMs < each.notBeforeMs).map(([each]) => each);
  }

  list(): UnloadedPartition[] {
    return [...this.#entries]
      .map(([partition, { reason }]) => ({ partition, reason }))
      .sort((left, right) => left.partition - right.partition);
  }
}
