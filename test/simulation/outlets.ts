/** What hosts have published, as it is stored: events, dead letters, and replies that have reached their inbox. */
import type { DeadLetter, OutboundEvent } from '../../actors/ports.ts';
import type { WorldClock } from './clock.ts';

export interface StoredEvent {
  readonly event: OutboundEvent;
  readonly atMs: number;
}

export interface Replied {
  readonly inbox: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly error?: { readonly status: number; readonly text: string };
  readonly atMs: number;
}

export const duplicateWindowMs = 120_000;

export class Outlets {
  readonly events: StoredEvent[] = [];
  readonly letters: DeadLetter[] = [];
  readonly replies: Replied[] = [];
  readonly #clock: WorldClock;
  readonly #seen = new Map<string, number>();

  constructor(clock: WorldClock) {
    this.#clock = clock;
  }

  /** Repeats fold within the window by the id that the bus was given; what was given none folds with nothing. */
  store(event: OutboundEvent): void {
    const atMs = this.#clock.monotonicMs();
    const lastMs = this.#seen.get(event.id);
    const isRepeat = lastMs !== undefined && atMs - lastMs < duplicateWindowMs;
    if (isRepeat && event.id !== '') return;
    this.#seen.set(event.id, atMs);
    this.events.push({ event, atMs });
  }

  reply(replied: Omit<Replied, 'atMs'>): void {
    this.replies.push({ ...replied, atMs: this.#clock.monotonicMs() });
  }
}
