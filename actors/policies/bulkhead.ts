/** At most so many calls in flight; the next ones wait in a short queue, teardown and failover first. */
import { resilience } from '../../machines/limits.ts';
import type { Priority } from '../../machines/messages.ts';
import type { Clock } from '../ports.ts';
import { rejected } from './rejection.ts';

interface Waiter {
  readonly isUrgent: boolean;
  readonly enter: () => void;
}

const urgent: ReadonlySet<Priority> = new Set<Priority>(['teardown', 'failover']);

export class Bulkhead {
  readonly #key: string;
  readonly #clock: Clock;
  #concurrentMax: number;
  #inFlight = 0;
  readonly #waiters: Waiter[] = [];

  constructor(key: string, concurrentMax: number, clock: Clock) {
    this.#key = key;
    this.#concurrentMax = concurrentMax;
    this.#clock = clock;
  }

  get inFlight(): number {
    return this.#inFlight;
  }
  get queued(): number {
    return this.#waiters.length;
  }
  get concurrentMax(): number {
    return this.#concurrentMax;
  }
  /** Calls that could start or queue now. */
  get room(): number {
    const free = Math.max(0, this.#concurrentMax - this.#inFlight);
    return free + resilience.bulkheadQueue - this.#waiters.length;
  }

  resize(concurrentMax: number): void {
    this.#concurrentMax = concurrentMax;
    this.#admitNext();
  }

  /**
   * Takes a place; `leave` gives it back.
   * @throws CallRejected when the queue is full or the wait took 5 s; the signal's reason when it fires
   */
  enter(priority: Priority, signal: AbortSignal): Promise<void> | undefined {
    if (this.#inFlight < this.#concurrentMax && this.#waiters.length === 0) {
      this.#inFlight += 1;
      return undefined;
    }
    if (this.#waiters.length >= resilience.bulkheadQueue) throw this.#full();
    return this.#queue(urgent.has(priority), signal);
  }

  leave(): void {
    this.#inFlight -= 1;
    this.#admitNext();
  }

  #full() {
    const text =
      `${this.#key}: ${this.#inFlight} of ${this.#concurrentMax} places taken, ` +
      `${this.#waiters.length} of ${resilience.bulkheadQueue} waiting`;
    return rejected('bulkhead', this.#key, text, resilience.bulkheadWaitMs);
  }

  #queue(isUrgent: boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        isUrgent,
        enter: () => {
          end();
          resolve();
        },
      };
      const giveUp = (reason: Error): void => {
        end();
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(reason);
      };
      const onAbort = (): void => {
        giveUp(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const cancelTimer = this.#clock.after(resilience.bulkheadWaitMs, () => {
        giveUp(this.#full());
      });
      signal.addEventListener('abort', onAbort, { once: true });
      // Urgent ones stand before all others, behind the urgent ones that came earlier.
      const at = isUrgent ? this.#waiters.findIndex((each) => !each.isUrgent) : -1;
      this.#waiters.splice(at === -1 ? this.#waiters.length : at, 0, waiter);
    });
  }

  #admitNext(): void {
    while (this.#inFlight < this.#concurrentMax) {
      const next = this.#waiters.shift();
      if (next === undefined) return;
      this.#inFlight += 1;
      next.enter();
    }
  }
}
