/** So many at once; whoever comes later waits, in order of arrival, the urgent first. Nobody is refused. */

interface Waiter {
  readonly go: () => void;
}

export class Slots {
  #max: number;
  #inFlight = 0;
  readonly #urgent: Waiter[] = [];
  readonly #others: Waiter[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get inFlight(): number {
    return this.#inFlight;
  }
  get waiting(): number {
    return this.#urgent.length + this.#others.length;
  }

  /** More begin at once; with fewer, what is under way ends first. */
  resize(max: number): void {
    this.#max = max;
    this.#next();
  }

  /** Undefined when there is room at once. Rejects with the signal's reason, and then there is nothing to leave. */
  enter(isUrgent = false, signal?: AbortSignal): Promise<void> | undefined {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal));
    if (this.#inFlight < this.#max) {
      this.#inFlight += 1;
      return undefined;
    }
    const queue = isUrgent ? this.#urgent : this.#others;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        queue.splice(queue.indexOf(waiter), 1);
        if (signal !== undefined) reject(reasonOf(signal));
      };
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(waiter);
    });
  }

  leave(): void {
    this.#inFlight -= 1;
    this.#next();
  }

  #next(): void {
    while (this.#inFlight < this.#max) {
      const waiter = this.#urgent.shift() ?? this.#others.shift();
      if (waiter === undefined) return;
      this.#inFlight += 1;
      waiter.go();
    }
  }
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error('aborted');
