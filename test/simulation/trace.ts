/** Everything that crosses between hosts and world, in order: as a digest always, as lines for those who follow. */
import { createHash } from 'node:crypto';
import type { WorldClock } from './clock.ts';

export class Trace {
  /** Times each fault happened. */
  readonly faults = new Map<string, number>();
  readonly #hash = createHash('sha256');
  readonly #clock: WorldClock;
  readonly #follow: ((line: string) => void) | undefined;
  #lines = 0;

  constructor(clock: WorldClock, follow?: (line: string) => void) {
    this.#clock = clock;
    this.#follow = follow;
  }

  /** @param detail  goes into the digest whole, into a line in part */
  note(who: string, what: string, detail = ''): void {
    const atMs = this.#clock.monotonicMs();
    this.#lines += 1;
    this.#hash.update(`${atMs}|${who}|${what}|${detail}\n`);
    this.#follow?.(
      `${(atMs / 1_000).toFixed(3).padStart(10)} ${who} ${what} ${detail.slice(0, 200)}`,
    );
  }

  fault(kind: string, who: string, what: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.note(who, `! ${kind}`, what);
  }

  get lines(): number {
    return this.#lines;
  }

  /** Of everything up to now. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
