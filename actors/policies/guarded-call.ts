/** One call on its way through the guard: what the policies note about it, and the signal that ends it in time. */
import type { CallOrder, Within } from '../ports.ts';
import type { Ticket } from './circuit.ts';
import type { Dated } from './deadline-sweep.ts';
import type { GuardLine } from './guard-line.ts';
import type { PipedCall } from './pipeline.ts';

class CallTimeout extends Error {
  // `Timeout` in the name is how adapters tell it from a cancelled call.
  override readonly name = 'TimeoutError';
}

export class GuardedCall implements PipedCall, Dated, Within {
  readonly line: GuardLine;
  readonly order: CallOrder;
  /** Monotonic time when it was asked for. */
  readonly askedMs: number;
  ticket: Ticket | undefined = undefined;
  /** True once a policy made it wait: `askedMs` is old then. */
  hasWaited = false;
  /** Monotonic time when the call itself began; undefined while our own policies hold it. */
  madeAtMs: number | undefined = undefined;
  /** Set with `madeAtMs`: how long it may take. */
  timeoutMs = 0;
  dueMs = 0;
  place = -1;
  cut: ((reason: Error) => void) | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(line: GuardLine, order: CallOrder, askedMs: number) {
    this.line = line;
    this.order = order;
    this.askedMs = askedMs;
  }

  /** Fires on time-out, and when the caller's own signal does. Made when it is first read. */
  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    const outer = this.order.attempt.signal;
    if (outer.aborted) controller.abort(outer.reason);
    else outer.addEventListener('abort', this, { once: true });
    return controller.signal;
  }

  /** The caller's signal has fired. */
  handleEvent(): void {
    this.#controller?.abort(this.order.attempt.signal.reason);
  }

  /** The caller does not wait for a deaf call. */
  expire(): void {
    const timeout = new CallTimeout(`no answer within ${Math.round(this.timeoutMs)} ms`);
    this.#controller?.abort(timeout);
    this.cut?.(timeout);
  }

  /** Nothing of the call is left behind at its caller. */
  end(): void {
    if (this.#controller !== undefined)
      this.order.attempt.signal.removeEventListener('abort', this);
  }
}
