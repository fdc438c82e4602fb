/** Those who give orders: each once or again under its own id, and what they have heard of it. */
import type { QueryAnswer } from '../../actors/ports.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import type { SimBus } from './bus.ts';
import type { WorldClock } from './clock.ts';
import type { Outlets } from './outlets.ts';
import type { SimStream } from './stream.ts';

export interface Sent {
  readonly id: string;
  readonly key: ResourceKey;
  readonly verb: string;
  readonly atMs: number;
  /** Under which the stream holds or held it, each once; empty: it was refused there. */
  readonly sequences: number[];
  /** What a query told in the end, where no reply had come. */
  outcome?: QueryAnswer;
}

const encoder = new TextEncoder();
/** Longer than a query takes while all is well. */
const outcomeMs = 5_000;
const inboxOf = (id: string): string => `_INBOX.sim.${id}`;

export class Users {
  readonly sent: Sent[] = [];
  readonly #clock: WorldClock;
  readonly #stream: SimStream;
  readonly #outlets: Outlets;

  constructor(clock: WorldClock, stream: SimStream, outlets: Outlets) {
    this.#clock = clock;
    this.#stream = stream;
    this.#outlets = outlets;
  }

  /** @param againMs  sent once more after so long, as by somebody who has heard nothing */
  order(key: ResourceKey, verb: string, given: object = {}, againMs?: number): Sent {
    const id = `c${this.sent.length + 1}`;
    const sent: Sent = { id, key, verb, atMs: this.#clock.monotonicMs(), sequences: [] };
    this.sent.push(sent);
    const publish = (): void => {
      const stored = this.#stream.publish({
        ...{ id, ...key, verb, arguments: given as Record<string, unknown> },
        headers: { 'Nats-Msg-Id': id, 'Fairlead-Reply-To': inboxOf(id), 'Fairlead-By': 'user' },
      });
      if (stored !== undefined && !sent.sequences.includes(stored.sequence))
        sent.sequences.push(stored.sequence);
    };
    publish();
    if (againMs !== undefined) this.#clock.after(againMs, publish);
    return sent;
  }

  hasReply({ id }: Sent): boolean {
    return this.#outlets.replies.some(({ inbox }) => inbox === inboxOf(id));
  }

  /** Asks for what became of orders that were not answered, one after the other. Time passes with it. */
  async askForOutcomes(bus: SimBus, pass: (ms: number) => Promise<void>): Promise<void> {
    for (const sent of this.sent) {
      if (sent.sequences.length === 0 || this.hasReply(sent)) continue;
      const payload = encoder.encode(JSON.stringify({ commandId: sent.id }));
      void bus.query({ ...sent.key, verb: 'outcome', payload })?.then((answer) => {
        sent.outcome = answer;
      });
      await pass(outcomeMs);
    }
  }
}
