/** A clock that moves only when told to. Wall and monotonic time may be set apart. */
import type { Cancel, Clock } from '../../actors/ports.ts';

interface Armed {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Lets every promise that can settle now settle. */
export const settle = async (): Promise<void> => {
  for (let round = 0; round < 3; round += 1)
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
};

export class ManualClock implements Clock {
  /** Delays asked for, in order. */
  readonly asked: number[] = [];
  #wallOffsetMs: number;
  #nowMs = 0;
  #orders = 0;
  readonly #armed = new Set<Armed>();

  constructor(startMs = 1_700_000_000_000) {
    this.#wallOffsetMs = startMs;
  }

  nowMs(): number {
    return this.#wallOffsetMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** Steps the wall clock only, as an operator or NTP would. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Time passes without a timer running, as when the process is frozen. */
  freeze(forMs: number): void {
    this.#nowMs += forMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    this.asked.push(delayMs);
    const armed = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#orders++, run };
    this.#armed.add(armed);
    return () => this.#armed.delete(armed);
  }

  pending(): number {
    return this.#armed.size;
  }

  /** Runs everything due within `ms`, in order, with promises settled in between. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next; next = this.#next(untilMs)) {
      this.#armed.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Armed | undefined {
    const due = [...this.#armed].filter(({ dueMs }) => dueMs <= untilMs);
    due.sort((left, right) => left.dueMs - right.dueMs || left.order - right.order);
    return due[0];
  }
}
