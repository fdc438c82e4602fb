/** Following resources: look, wait for an event or a short while, look again. */
import { problemIn } from './failure.ts';
import type { Problem } from './failure.ts';
import type { EventFilter, Session } from './session.ts';

/** Events make it prompt; the regular look makes it certain. */
const lookAgainMs = 2_000;
/** Events come in bursts: one look answers all of them. */
const gatherMs = 100;

export type Seen<T> =
  | { readonly kind: 'seen'; readonly value: T }
  /** The service cannot be asked at the moment. */
  | { readonly kind: 'away'; readonly problem: Problem };

/**
 * Yields `look()` at once and again after every event that passes the filter, until `signal` aborts. A service that is
 * away is reported as such and asked again; any other rejection of `look` ends the loop with it.
 */
export async function* follow<T>(
  session: Session,
  filter: EventFilter,
  look: () => Promise<T>,
  signal: AbortSignal,
): AsyncGenerator<Seen<T>, void> {
  const ended = new AbortController();
  const wake = new Wake(AbortSignal.any([signal, ended.signal]));
  const listening = listen(session, filter, wake);
  try {
    while (!signal.aborted) {
      yield await lookOnce(look);
      await wake.next(lookAgainMs);
    }
  } finally {
    ended.abort();
    await listening;
  }
}

async function lookOnce<T>(look: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { kind: 'seen', value: await look() };
  } catch (thrown) {
    const problem = problemIn(thrown);
    if (problem === undefined || (problem.status ?? 500) < 503) throw thrown;
    return { kind: 'away', problem };
  }
}

/** Without the right to read events the regular look remains, so their absence is no failure. */
async function listen(session: Session, filter: EventFilter, wake: Wake): Promise<void> {
  try {
    const events = session.events(filter, { since: 'new', signal: wake.signal });
    for await (const _event of events) wake.ring();
  } catch {
    wake.ring();
  }
}

class Wake {
  readonly signal: AbortSignal;
  #rung = false;
  #resolve: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  ring(): void {
    this.#rung = true;
    this.#resolve?.();
  }

  /** Resolves when rung, after `waitMs`, or when the signal aborts. */
  async next(waitMs: number): Promise<void> {
    if (!this.#rung) await this.#pause(waitMs);
    if (this.#rung) await this.#pause(gatherMs);
    this.#rung = false;
  }

  #pause(ms: number): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', done);
        this.#resolve = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.signal.addEventListener('abort', done, { once: true });
      this.#resolve = done;
    });
  }
}
