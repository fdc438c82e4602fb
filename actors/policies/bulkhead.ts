/** At most so many calls in flight; the next ones wait in a short queue, teardown and failover first, namespaces in turn. */
import { resilience } from '../../machines/limits.ts';
import type { Priority } from '../../machines/messages.ts';
import type { Clock } from '../ports.ts';
import { rejected } from './rejection.ts';

/** Who asks for a place. */
export interface Guest {
  readonly priority?: Priority;
  /** Whose work it is; calls without one count as one namespace more. */
  readonly namespace?: string;
  readonly signal: AbortSignal;
}

interface Waiter {
  readonly isUrgent: boolean;
  readonly namespace: string;
  readonly enter: () => void;
}

interface Seats {
  readonly namespace: string;
  taken: number;
}

const urgent: ReadonlySet<Priority> = new Set<Priority>(['teardown', 'failover']);

export class Bulkhead {
  readonly #key: string;
  readonly #clock: Clock;
  #concurrentMax: number;
  #inFlight = 0;
  readonly #seatsOf = new Map<string, Seats>();
  /** Of the namespace that was asked for last; most lines serve one at a time. */
  #last: Seats | undefined;
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
   * Takes a place; `leave` with the same namespace gives it back.
   * @throws CallRejected when the queue is full or the wait took 5 s; the signal's reason when it fires
   */
  enter(guest: Guest): Promise<void> | undefined {
    if (this.#inFlight < this.#concurrentMax) {
      this.#seat(guest.namespace ?? '');
      return undefined;
    }
    if (this.#waiters.length >= resilience.bulkheadQueue) throw this.#full();
    return this.#queue(guest);
  }

  leave(namespace = ''): void {
    this.#inFlight -= 1;
    const seats = this.#seats(namespace);
    seats.taken -= 1;
    if (this.#waiters.length > 0) this.#admitNext();
  }

  #seat(namespace: string): void {
    this.#inFlight += 1;
    this.#seats(namespace).taken += 1;
  }

  #seats(namespace: string): Seats {
    if (this.#last?.namespace === namespace) return this.#last;
    const known = this.#seatsOf.get(namespace) ?? this.#meet(namespace);
    this.#last = known;
    return known;
  }

  /** Namespaces with nothing in flight are forgotten when there are many. */
  #meet(namespace: string): Seats {
    if (this.#seatsOf.size >= resilience.namespacesMax) {
      for (const [known, { taken }] of this.#seatsOf) if (taken === 0) this.#seatsOf.delete(known);
      this.#last = undefined;
    }
    const seats = { namespace, taken: 0 };
    this.#seatsOf.set(namespace, seats);
    return seats;
  }

  #full() {
    const text =
      `${this.#key}: ${this.#inFlight} of ${this.#concurrentMax} places taken, ` +
      `${this.#waiters.length} of ${resilience.bulkheadQueue} waiting`;
    return rejected('bulkhead', this.#key, text, resilience.bulkheadWaitMs);
  }

  #queue({ priority = 'background', namespace = '', signal }: Guest): Promise<void> {
    const isUrgent = urgent.has(priority);
    return new Promise((resolve, reject) => {
      const end = (): void => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        ...{ isUrgent, namespace },
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
      const [next] = this.#waiters.splice(this.#nextIndex(), 1);
      if (next === undefined) return;
      this.#seat(next.namespace);
      next.enter();
    }
  }

  /** The first in line, unless its namespace has half of the places already and another one's call waits as urgently. */
  #nextIndex(): number {
    const half = Math.max(1, Math.floor(this.#concurrentMax / 2));
    const isUrgent = this.#waiters[0]?.isUrgent;
    const fair = this.#waiters.findIndex(
      (each) => each.isUrgent === isUrgent && this.#seats(each.namespace).taken < half,
    );
    return Math.max(0, fair);
  }
}
