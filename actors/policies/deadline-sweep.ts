/**
 * One timer for the deadlines of all calls of a guard, and a clock that is cheap to read: both are as fine as its tick of
 * 50 ms, and it rests while nothing happens.
 */
import { resilience } from '../../machines/limits.ts';
import type { Clock } from '../ports.ts';

/** Something that has to end in time. */
export interface Dated {
  /** Monotonic. */
  dueMs: number;
  /** Its place in the sweep; -1 outside. Kept by the sweep. */
  place: number;
  expire(): void;
}

export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #dated: Dated[] = [];
  #nowMs = 0;
  #isTicking = false;
  #isRead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic time, at most one tick old as long as timers fire in time. */
  nowMs(): number {
    this.#isRead = true;
    this.#begin();
    return this.#nowMs;
  }

  add(dated: Dated): void {
    dated.place = this.#dated.length;
    this.#dated.push(dated);
    this.#begin();
  }

  /** Harmless for what is not in it. */
  remove(dated: Dated): void {
    const { place } = dated;
    if (place < 0) return;
    dated.place = -1;
    const last = this.#dated.pop();
    if (last === undefined || last === dated) return;
    last.place = place;
    this.#dated[place] = last;
  }

  #begin(): void {
    if (this.#isTicking) return;
    this.#nowMs = this.#clock.monotonicMs();
    this.#isTicking = true;
    this.#clock.after(resilience.sweepMs, () => {
      this.#tick();
    });
  }

  #tick(): void {
    this.#isTicking = false;
    const wasRead = this.#isRead;
    this.#isRead = false;
    const nowMs = this.#clock.monotonicMs();
    for (const each of this.#dated.filter(({ dueMs }) => dueMs <= nowMs)) {
      // An earlier one of this round may have ended it.
      if (each.place < 0) continue;
      this.remove(each);
      each.expire();
    }
    if (wasRead || this.#dated.length > 0) this.#begin();
  }
}
