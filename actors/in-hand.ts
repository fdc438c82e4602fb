/** Commands of all partitions that were handed to this host and are not settled: how many, and what holds more back. */
import { bounds, hosting } from '../machines/limits.ts';
import { messageOf } from './faults.ts';
import type { HeapClock } from './heap-clock.ts';
import type { Entry, Intake } from './policies/intake.ts';
import type { Cancel, CommandDelivery, Subscription, Telemetry } from './ports.ts';

export interface InHandOptions {
  readonly clock: HeapClock;
  readonly intake: Intake;
  readonly telemetry: Telemetry;
}

export class InHand {
  readonly #options: InHandOptions;
  /** With the tenure that took it. */
  readonly #deliveries = new Map<CommandDelivery, object>();
  readonly #subscriptions = new Set<Subscription>();
  #isPaused = false;
  #cancel: Cancel | undefined;

  constructor(options: InHandOptions) {
    this.#options = options;
  }

  /** Paused and resumed with the others from now on. */
  join(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
    if (this.#isPaused) subscription.pause();
  }

  /** What the tenure took and never settled is the next owner's. */
  leave(tenure: object, subscription: Subscription | undefined): void {
    if (subscription !== undefined) this.#subscriptions.delete(subscription);
    for (const [delivery, taker] of this.#deliveries)
      if (taker === tenure) this.#deliveries.delete(delivery);
    this.#goOn();
  }

  /** Counts what is handed over and not settled; all consumers pause at the bound and go on at half of it. */
  track(tenure: object, delivery: CommandDelivery, entry: Entry): CommandDelivery {
    const { intake, clock } = this.#options;
    // Its wait for a turn is no work of this host; one that was refused was none at all.
    const inMs = 'waitMs' in entry ? clock.monotonicMs() + entry.waitMs : undefined;
    const settled = (): void => {
      this.#deliveries.delete(tracked);
      if (inMs !== undefined) intake.answered('commands', clock.monotonicMs() - inMs);
      this.#goOn();
    };
    const tracked: CommandDelivery = {
      ...delivery,
      takenMs: clock.monotonicMs(),
      ack: () => {
        delivery.ack();
        settled();
      },
      ackConfirmed: async () => {
        await delivery.ackConfirmed();
        settled();
      },
      terminate: async (reason) => {
        await delivery.terminate(reason);
        settled();
      },
    };
    this.#deliveries.set(tracked, tenure);
    this.#tellWorking();
    if (!this.#isPaused && this.#deliveries.size >= bounds.deliveriesMax) {
      this.#isPaused = true;
      for (const each of this.#subscriptions) each.pause();
    }
    return tracked;
  }

  #goOn(): void {
    if (this.#deliveries.size === 0) {
      this.#cancel?.();
      this.#cancel = undefined;
    }
    if (!this.#isPaused || this.#deliveries.size > bounds.deliveriesMax / 2) return;
    this.#isPaused = false;
    for (const each of this.#subscriptions) each.resume();
  }

  /** Keeps the server from delivering again what only waits, for its turn or for the store. */
  #tellWorking(): void {
    this.#cancel ??= this.#options.clock.after(hosting.workingMs, () => {
      this.#cancel = undefined;
      try {
        for (const delivery of this.#deliveries.keys()) delivery.working();
      } catch (thrown) {
        const fields = { reason: messageOf(thrown) };
        this.#options.telemetry.log('warn', fields, 'the server was not told of waiting');
      }
      if (this.#deliveries.size > 0) this.#tellWorking();
    });
  }
}
