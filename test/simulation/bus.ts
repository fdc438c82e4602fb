/** The bus as one process reaches it: commands in, events, dead letters and replies out, queries answered. */
import { hosting } from '../../machines/limits.ts';
import type {
  Bus,
  CommandDelivery,
  QueryAnswer,
  QueryRequest,
  Subscription,
} from '../../actors/ports.ts';
import type { Life } from './life.ts';
import type { Outlets } from './outlets.ts';
import type { Durable, Queued, SimStream } from './stream.ts';
import type { Wire, Wired } from './wire.ts';

type Handle = (delivery: CommandDelivery) => void;
type Answer = (request: QueryRequest) => Promise<QueryAnswer>;
type Filter = { namespace: string; kind: string; name: string };

const patienceMs = [1_000, 5_000] as const;
const lost = (): Error => new Error('the bus gave no answer');
const encoder = new TextEncoder();
const isOf = (left: Filter, right: Filter): boolean =>
  left.namespace === right.namespace && left.kind === right.kind && left.name === right.name;

export class SimBus {
  readonly #wire: Wire;
  readonly #stream: SimStream;
  readonly #outlets: Outlets;
  /** Processes that answer queries, in the order of their coming. */
  readonly #serving = new Map<Life, Answer>();

  constructor(wire: Wire, stream: SimStream, outlets: Outlets) {
    this.#wire = wire;
    this.#stream = stream;
    this.#outlets = outlets;
  }

  /** As a user's request: any host that can be reached answers. Undefined: nobody did. */
  query(request: QueryRequest): Promise<QueryAnswer> | undefined {
    const { weather, chance } = this.#wire;
    const able = [...this.#serving].filter(
      ([{ isAlive, isFrozen, host }]) => isAlive && !isFrozen && !weather.isCut(host, 'bus'),
    );
    if (able.length === 0) return undefined;
    const [, answer] = chance.pick(able);
    return answer(request);
  }

  client(life: Life): Bus {
    const { weather } = this.#wire;
    return {
      consumeCommands: (partition, epoch, handle) => this.#consume(life, partition, epoch, handle),
      publishEvent: (event) =>
        this.#send(life, `publish ${event.id}`, () => {
          this.#outlets.store(copied(event));
        }),
      publishDeadLetter: (letter) =>
        this.#send(life, `dead letter ${letter.commandId}`, () => {
          this.#outlets.letters.push(letter);
        }),
      reply: (inbox, body, error) => {
        const replied = copied({ inbox, body, ...(error && { error }) });
        this.#wire.post(life, 'bus', `reply ${inbox}`, () => {
          this.#outlets.reply(replied);
        });
      },
      serveQueries: (handle) => {
        this.#serving.set(life, handle);
        const stop = (): Promise<void> => {
          this.#serving.delete(life);
          return Promise.resolve();
        };
        return Promise.resolve({ stop, pause: () => undefined, resume: () => undefined });
      },
      history: (filter) =>
        this.#send(life, 'history', () =>
          this.#outlets.events
            .filter(({ event }) => isOf(event, filter))
            .slice(-filter.limit)
            .map(({ event }) => event.body),
        ),
      findDeadLetter: (filter) =>
        this.#send(
          life,
          'find dead letter',
          () =>
            this.#outlets.letters.findLast(
              (letter) => letter.commandId === filter.commandId && isOf(letter.delivery, filter),
            )?.problem,
        ),
      connected: () => life.isAlive && !weather.isCut(life.host, 'bus'),
    };
  }

  #send<T>(life: Life, name: string, apply: () => T): Promise<T> {
    const wired: Wired<T> = { place: 'bus', name, apply, lost, patienceMs };
    return this.#wire.call(life, wired);
  }

  async #consume(
    life: Life,
    partition: number,
    epoch: number,
    handle: Handle,
  ): Promise<Subscription> {
    const inHand = new Set<number>();
    const state = { isStopped: false };
    const durable: Durable = {
      ...{ partition, epoch, process: life.name, isPaused: false },
      isPulling: () => life.isAlive,
      deliver: (queued) => {
        this.#deliver(life, durable, queued, inHand, (delivery) => {
          if (!state.isStopped) handle(delivery);
        });
      },
    };
    await this.#send(life, `consume p${partition}-e${epoch}`, () => {
      this.#stream.take(durable);
    });
    return {
      pause: () => {
        durable.isPaused = true;
      },
      resume: () => {
        this.#stream.resume(durable);
      },
      stop: async () => {
        state.isStopped = true;
        durable.isPaused = true;
        const untilMs = life.clock.monotonicMs() + hosting.drainMs;
        while (inHand.size > 0 && life.clock.monotonicMs() < untilMs)
          await new Promise<void>((resolve) => {
            life.clock.after(50, resolve);
          });
      },
    };
  }

  /** In order: the way takes the same time for all, so that none overtakes another. */
  #deliver(
    life: Life,
    durable: Durable,
    queued: Queued,
    inHand: Set<number>,
    handle: Handle,
  ): void {
    const { clock, weather, trace } = this.#wire;
    if (weather.isCut(life.host, 'bus')) {
      trace.fault('cut', life.name, `delivery ${queued.sequence}`);
      return;
    }
    clock.after(2, () => {
      life.enter(`delivery ${queued.sequence}`, () => {
        // Still being worked on: the client settles the newest, and hands over once.
        if (inHand.has(queued.sequence)) return;
        inHand.add(queued.sequence);
        trace.note(life.name, 'gets', `${queued.sequence} ${queued.command.id}`);
        handle(this.#deliveryOf(life, durable, queued, inHand));
      });
    });
  }

  #deliveryOf(
    life: Life,
    durable: Durable,
    { sequence, command, deliveries }: Queued,
    inHand: Set<number>,
  ): CommandDelivery {
    const { namespace, kind, name, verb, headers } = command;
    const forCertain = async (how: 'confirmed' | 'terminated'): Promise<void> => {
      await this.#send(life, `${how} ${sequence}`, () => {
        this.#stream.removeForCertain(life.name, sequence, how);
      });
      inHand.delete(sequence);
    };
    return {
      ...{ sequence, namespace, kind, name, verb, headers, deliveries },
      payload: encoder.encode(JSON.stringify(command.arguments)),
      ack: () => {
        inHand.delete(sequence);
        this.#wire.post(life, 'bus', `ack ${sequence}`, () => {
          this.#stream.ack(durable, sequence);
        });
      },
      ackConfirmed: () => forCertain('confirmed'),
      terminate: () => forCertain('terminated'),
      working: () => {
        this.#wire.post(life, 'bus', `working ${sequence}`, () => {
          this.#stream.working(durable, sequence);
        });
      },
    };
  }
}

/** What goes over a wire shares nothing with its sender. */
const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
