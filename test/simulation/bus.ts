/** The bus as one process reaches it: commands in, events, dead letters and replies out, queries answered. */
import type { Bus, QueryAnswer, QueryRequest } from '../../actors/ports.ts';
import { Feed } from './feed.ts';
import { isInbox } from '../../src/nats/subjects.ts';
import type { Life } from './life.ts';
import type { Outlets } from './outlets.ts';
import type { SimStream } from './stream.ts';
import type { Wire, Wired } from './wire.ts';

type Answer = (request: QueryRequest) => Promise<QueryAnswer>;
type Filter = { namespace: string; kind: string; name: string };

const patienceMs = [1_000, 5_000] as const;
const lost = (): Error => new Error('the bus gave no answer');
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
      consumeCommands: (partition, epoch, handle) =>
        new Feed({
          ...{ wire: this.#wire, stream: this.#stream, life, partition, epoch, handle },
          send: (name, apply) => this.#send(life, name, apply),
          post: (name, arrive) => {
            this.#wire.post(life, 'bus', name, arrive);
          },
        }).open(),
      publishEvent: (event) =>
        this.#send(life, `publish ${event.id}`, () => {
          this.#outlets.store(copied(event));
        }),
      publishDeadLetter: (letter) =>
        this.#send(life, `dead letter ${letter.commandId}`, () => {
          this.#outlets.letters.push(letter);
        }),
      reply: (inbox, body, error) => {
        if (!isInbox(inbox)) return;
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
      letterOf: ({ sequence }, commandId) =>
        this.#send(
          life,
          `letter of ${commandId}`,
          () =>
            this.#outlets.letters.find(
              (letter) => letter.delivery.sequence === sequence && letter.commandId === commandId,
            )?.problem,
        ),
      connected: () => life.isAlive && !weather.isCut(life.host, 'bus'),
    };
  }

  #send<T>(life: Life, name: string, apply: () => T): Promise<T> {
    const wired: Wired<T> = { place: 'bus', name, apply, lost, patienceMs };
    return this.#wire.call(life, wired);
  }
}

/** What goes over a wire shares nothing with its sender. */
const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
