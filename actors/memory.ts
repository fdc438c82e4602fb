/** The actors of this host that are in memory, whichever partition they are in; those used longest ago leave first. */
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { hosting } from '../machines/limits.ts';
import type { Cancel, Clock } from './ports.ts';
import type { Resident } from './resident.ts';

export interface MemoryOptions {
  /** Actors kept in memory while they are idle. */
  readonly max: number;
  readonly clock: Clock;
  /** After so long without a message or a commit an actor is asked to leave. */
  readonly restAfterMs: number;
}

interface Kept {
  readonly resident: Resident;
  /** Monotonic; or when it was asked to leave and could not. */
  readonly usedAtMs: number;
}

export class Memory {
  readonly #max: number;
  readonly #clock: Clock;
  #restAfterMs: number;
  /** Most recently used last. */
  readonly #kept = new Map<string, Kept>();
  #cancelLook: Cancel | undefined;

  constructor({ max, clock, restAfterMs }: MemoryOptions) {
    this.#max = max;
    this.#clock = clock;
    this.#restAfterMs = restAfterMs;
  }

  /** It is used now. */
  use(resident: Resident): void {
    const name = keyText(resident.key);
    this.#kept.delete(name);
    this.#kept.set(name, { resident, usedAtMs: this.#clock.monotonicMs() });
    if (this.#cancelLook === undefined) this.#lookIn(this.#restAfterMs);
  }

  /** Forgets it, unless another one has taken its place. */
  drop(resident: Resident): void {
    const name = keyText(resident.key);
    if (this.#kept.get(name)?.resident !== resident) return;
    this.#kept.delete(name);
    if (this.#kept.size > 0) return;
    this.#cancelLook?.();
    this.#cancelLook = undefined;
  }

  /** Something was committed: it is at work, whoever set it to it. */
  touch(key: ResourceKey): void {
    const kept = this.#kept.get(keyText(key));
    if (kept !== undefined) this.use(kept.resident);
  }

  list(): Resident[] {
    return [...this.#kept.values()].map(({ resident }) => resident);
  }

  /** Asks the actors that were used longest ago to leave memory. */
  makeRoom(): void {
    let surplus = this.#kept.size - this.#max;
    for (const { resident } of this.#kept.values()) {
      if (surplus <= 0) return;
      surplus -= 1;
      resident.rest('room', 0);
    }
  }

  /** From now on; also for those that are idle already. */
  restAfter(ms: number): void {
    this.#restAfterMs = ms;
    this.#cancelLook?.();
    this.#lookLater(0);
  }

  /** Asks who was idle for long enough. Who cannot leave is asked again after the same time. */
  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    let left: number = hosting.restedAtOnceMax;
    for (const [name, { resident, usedAtMs }] of this.#kept) {
      if (left === 0 || nowMs < usedAtMs + this.#restAfterMs) break;
      left -= 1;
      this.#kept.delete(name);
      this.#kept.set(name, { resident, usedAtMs: nowMs });
      resident.rest('idle', this.#restAfterMs);
    }
    this.#lookLater(hosting.restGapMs);
  }

  /** When the one used longest ago may leave, but not before `waitMinMs`. */
  #lookLater(waitMinMs: number): void {
    this.#cancelLook = undefined;
    const [first] = this.#kept.values();
    if (first === undefined) return;
    const waitMs = first.usedAtMs + this.#restAfterMs - this.#clock.monotonicMs();
    this.#lookIn(Math.max(waitMs, waitMinMs));
  }

  #lookIn(waitMs: number): void {
    this.#cancelLook = this.#clock.after(waitMs, () => this.#look());
  }
}
