/**
 * The commands of one partition as one process consumes them. What `src/nats/commands.ts` does over JetStream is done here
 * over the simulated stream: handed over once, in stream order, also when a delivery is lost on its way.
 */
import { hosting } from '../../machines/limits.ts';
import { NewerOwner } from '../../actors/newer-owner.ts';
import type { CommandDelivery, Subscription } from '../../actors/ports.ts';
import type { Life } from './life.ts';
import type { Delivery, Durable, SimStream } from './stream.ts';
import type { Wire } from './wire.ts';

export interface FeedParts {
  readonly wire: Wire;
  readonly stream: SimStream;
  readonly life: Life;
  readonly partition: number;
  readonly epoch: number;
  readonly handle: (delivery: CommandDelivery) => void;
  /** Asks the server; rejects when no answer comes. */
  readonly send: (name: string, apply: () => void) => Promise<void>;
  /** Arrives after a while, or not at all. */
  readonly post: (name: string, arrive: () => void) => void;
}

/** On the way to the process: the same for all, so that none overtakes another. */
const wayMs = 2;
/** From a loss that was noticed to the durable made anew, and between two tries of that. */
const healGapMs = 500;
const lookMs = 50;
const encoder = new TextEncoder();

export class Feed {
  readonly #parts: FeedParts;
  readonly #durable: Durable;
  /** Handed over and not settled. */
  readonly #inHand = new Set<number>();
  /** Of the durable's own count: what the last message that came was. */
  #delivered = 0;
  /** Highest sequence that was stored when the durable was made. */
  #waitingMax = 0;
  #isHealing = false;
  #isStopped = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    const { partition, epoch, life } = parts;
    this.#durable = {
      ...{ partition, epoch, process: life.name, isPaused: false, delivered: 0 },
      isPulling: () => life.isAlive && !this.#isHealing,
      deliver: (delivery) => {
        this.#deliver(delivery);
      },
    };
  }

  /** @throws NewerOwner */
  async open(): Promise<Subscription> {
    await this.#take();
    return {
      pause: () => {
        this.#durable.isPaused = true;
      },
      resume: () => {
        this.#resume();
      },
      stop: () => this.#stop(),
    };
  }

  #resume(): void {
    this.#parts.stream.resume(this.#durable);
  }

  async #stop(): Promise<void> {
    const { clock } = this.#parts.life;
    this.#isStopped = true;
    this.#durable.isPaused = true;
    const untilMs = clock.monotonicMs() + hosting.drainMs;
    while (this.#inHand.size > 0 && clock.monotonicMs() < untilMs) await this.#pass(lookMs);
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.life.clock.after(ms, resolve);
    });
  }

  #take(): Promise<void> {
    const { send, stream, partition, epoch } = this.#parts;
    return send(`consume p${partition}-e${epoch}`, () => {
      this.#waitingMax = stream.take(this.#durable);
    });
  }

  #deliver(delivery: Delivery): void {
    const { wire, life } = this.#parts;
    const { sequence } = delivery.queued;
    if (wire.weather.isCut(life.host, 'bus')) {
      wire.trace.fault('cut', life.name, `delivery ${sequence}`);
      return;
    }
    wire.clock.after(wayMs, () => {
      life.enter(`delivery ${sequence}`, () => {
        this.#arrive(delivery);
      });
    });
  }

  #arrive({ queued, number, deliveries }: Delivery): void {
    const { wire, life, handle } = this.#parts;
    if (this.#isStopped || this.#isHealing) return;
    const next = this.#delivered + 1;
    if (number !== next) {
      wire.trace.note(life.name, 'misses', `delivery ${next}, has ${number}`);
      void this.#heal();
      return;
    }
    this.#delivered = next;
    const { sequence, command } = queued;
    // Still being worked on: the client settles the newest, and hands over once.
    if (this.#inHand.has(sequence)) return;
    this.#inHand.add(sequence);
    wire.trace.note(life.name, 'gets', `${sequence} ${command.id}`);
    const { namespace, kind, name, verb, headers } = command;
    handle({
      ...{ sequence, namespace, kind, name, verb, headers, deliveries },
      wasWaiting: sequence <= this.#waitingMax || deliveries > 1,
      payload: encoder.encode(JSON.stringify(command.arguments)),
      ...this.#settling(sequence),
    });
  }

  /** What was lost would come back behind its successors, after its acknowledgement wait: a durable made anew begins with it. */
  async #heal(): Promise<void> {
    this.#isHealing = true;
    for (;;) {
      await this.#pass(healGapMs);
      if (this.#isStopped) return;
      try {
        await this.#take();
        break;
      } catch (thrown) {
        // Nothing is consumed here any more.
        if (thrown instanceof NewerOwner) return;
      }
    }
    this.#delivered = 0;
    this.#isHealing = false;
    if (!this.#durable.isPaused) this.#resume();
  }

  #settling(
    sequence: number,
  ): Pick<CommandDelivery, 'ack' | 'ackConfirmed' | 'terminate' | 'working'> {
    const { stream, life, post, send } = this.#parts;
    const forCertain = async (how: 'confirmed' | 'terminated'): Promise<void> => {
      await send(`${how} ${sequence}`, () => {
        stream.removeForCertain(life.name, sequence, how);
      });
      this.#inHand.delete(sequence);
    };
    return {
      ack: () => {
        this.#inHand.delete(sequence);
        post(`ack ${sequence}`, () => {
          stream.ack(this.#durable, sequence);
        });
      },
      ackConfirmed: () => forCertain('confirmed'),
      terminate: () => forCertain('terminated'),
      working: () => {
        post(`working ${sequence}`, () => {
          stream.working(this.#durable, sequence);
        });
      },
    };
  }
}
