/** Proof that turns can be taken here: one each minute even on an idle host, so that silence means being stuck. */
import { health } from '../machines/limits.ts';
import { Mailbox } from './mailbox.ts';
import type { Cancel, Clock } from './ports.ts';

/** Needs timers and the event loop only: an outage of NATS or of a provider does not stop it. */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #mailbox: Mailbox<'beat'>;
  #lastMs: number;
  #lastAtMs: number;
  #cancel: Cancel = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastMs = clock.monotonicMs();
    this.#lastAtMs = clock.nowMs();
    this.#mailbox = new Mailbox({
      ...{ itemsMax: 1, clock },
      handle: () => {
        this.noteTurn();
        return Promise.resolve();
      },
      onIdle: () => undefined,
      onError: () => undefined,
    });
    this.#beatLater();
  }

  /** Some actor's turn was committed, or ours was taken. */
  noteTurn(): void {
    this.#lastMs = this.#clock.monotonicMs();
    this.#lastAtMs = this.#clock.nowMs();
  }

  /** Since the last turn, monotonic milliseconds. */
  ageMs(): number {
    return this.#clock.monotonicMs() - this.#lastMs;
  }
  /** Wall time of the last turn. */
  lastAtMs(): number {
    return this.#lastAtMs;
  }

  stop(): void {
    this.#cancel();
    this.#mailbox.close();
  }

  #beatLater(): void {
    this.#cancel = this.#clock.after(health.heartbeatMs, () => {
      this.#mailbox.offer('beat');
      this.#beatLater();
    });
  }
}
