/** In-memory Bus with the work-queue rules of the real one: repeats fold, waiting commands per subject are bounded. */
import { partitionOf } from '../../machines/ids.ts';
import { NewerOwner } from '../../actors/newer-owner.ts';
import { bounds } from '../../machines/limits.ts';
import type {
  Bus,
  CommandDelivery,
  DeadLetter,
  OutboundEvent,
  QueryAnswer,
  QueryRequest,
  Subscription,
} from '../../actors/ports.ts';

export interface FakeCommand {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  /** Becomes the JSON payload; `payload` wins. */
  readonly arguments?: unknown;
  readonly payload?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeReply {
  readonly inbox: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly error?: { readonly status: number; readonly text: string };
}

/** `lostAnswer`: stored, then rejected. `lostRequest`: not stored, rejected. */
export type PublishFault = 'lostAnswer' | 'lostRequest';

interface Queued {
  readonly sequence: number;
  readonly partition: number;
  readonly subject: string;
  readonly command: FakeCommand;
}

interface Consumer {
  readonly epoch: number;
  readonly partition: number;
  /** Highest sequence that was stored when it was made. */
  readonly waitingMax: number;
  readonly handle: (delivery: CommandDelivery) => void;
  /** Sequence → times handed over. */
  readonly inFlight: Map<number, number>;
  paused: boolean;
  stopped: boolean;
}

type Filter = { namespace: string; kind: string; name: string };
const sameResource = (left: Filter, right: Filter): boolean =>
  left.namespace === right.namespace && left.kind === right.kind && left.name === right.name;

export class FakeBus implements Bus {
  /** Stored events, repeats folded by id, oldest first. */
  readonly events: OutboundEvent[] = [];
  readonly replies: FakeReply[] = [];
  readonly deadLetters: DeadLetter[] = [];
  /** Sequences whose letter was asked for; so many of the next such reads get no answer. */
  readonly lettersAsked: number[] = [];
  lettersUnanswered = 0;
  readonly terminated: { sequence: number; reason: string }[] = [];
  /** Publishes attempted, repeats and failures included. */
  publishAttempts = 0;
  /** False: publishes reject, replies vanish, nothing is delivered. Call `reconnect` to go on. */
  isConnected = true;
  readonly #queue: Queued[] = [];
  readonly #messageIds = new Map<string, number>();
  readonly #faults: PublishFault[] = [];
  #gate: Promise<void> | undefined;
  #lastSequence = 0;
  /** By partition. */
  readonly #consumers = new Map<number, Consumer>();
  #answerQuery: ((request: QueryRequest) => Promise<QueryAnswer>) | undefined;

  // ------------------------------------------------------------------------------ what callers outside do

  /** Publishes a command as a user would. Throws `mailbox.full` when the actor has too many of this verb waiting. */
  publishCommand(command: FakeCommand): { sequence: number; duplicate: boolean } {
    const id = command.headers?.['Nats-Msg-Id'];
    const known = id === undefined ? undefined : this.#messageIds.get(id);
    if (known !== undefined) return { sequence: known, duplicate: true };
    const subject = `${command.namespace}.${command.kind}.${command.name}.${command.verb}`;
    const waiting = this.#queue.filter((each) => each.subject === subject).length;
    if (waiting >= bounds.perSubjectMax) throw new Error('mailbox.full');
    const sequence = ++this.#lastSequence;
    if (id !== undefined) this.#messageIds.set(id, sequence);
    const partition = partitionOf(command);
    this.#queue.push({ sequence, partition, subject, command });
    this.#pump();
    return { sequence, duplicate: false };
  }

  /** Asks as a user would; rejects when nobody serves. */
  async query(
    request: Omit<QueryRequest, 'payload'> & { arguments?: unknown },
  ): Promise<QueryAnswer> {
    if (!this.#answerQuery || !this.isConnected) throw new Error('service.unavailable');
    const { arguments: given, ...rest } = request;
    return this.#answerQuery({ ...rest, payload: encode(given ?? {}) });
  }

  /** Sequences that are still in the stream, oldest first. */
  waiting(): number[] {
    return this.#queue.map(({ sequence }) => sequence);
  }

  /** The duplicate window of this id is over: the stream stores it again. */
  forget(messageId: string): void {
    this.#messageIds.delete(messageId);
  }

  /** Hands unsettled commands over again, as after the acknowledgement wait. */
  redeliver(): void {
    for (const queued of this.#queue) {
      const consumer = this.#consumers.get(queued.partition);
      if (consumer?.inFlight.has(queued.sequence) === true) this.#handOver(consumer, queued);
    }
  }

  failNextPublishes(...faults: PublishFault[]): void {
    this.#faults.push(...faults);
  }

  /** Holds events and dead letters back until the returned function is called. */
  holdPublishes(): () => void {
    let release: () => void = () => undefined;
    this.#gate = new Promise<void>((resolve) => (release = resolve));
    return () => {
      this.#gate = undefined;
      release();
    };
  }

  reconnect(): void {
    this.isConnected = true;
    this.#pump();
  }

  // ------------------------------------------------------------------------------------------- the port

  async consumeCommands(
    partition: number,
    epoch: number,
    handle: (delivery: CommandDelivery) => void,
  ): Promise<Subscription> {
    await Promise.resolve();
    this.#reach();
    const before = this.#consumers.get(partition);
    if (before && before.epoch > epoch) throw new NewerOwner('fake', before.epoch, epoch);
    if (before) before.stopped = true;
    const flags = { inFlight: new Map<number, number>(), paused: false, stopped: false };
    const waitingMax = this.#lastSequence;
    const consumer: Consumer = { partition, epoch, waitingMax, handle, ...flags };
    this.#consumers.set(partition, consumer);
    this.#pump();
    return {
      stop: async () => {
        consumer.stopped = true;
        await Promise.resolve();
      },
      pause: () => (consumer.paused = true),
      resume: () => {
        consumer.paused = false;
        this.#pump();
      },
    };
  }

  async publishEvent(event: OutboundEvent): Promise<void> {
    await this.#publish(() => {
      if (!this.events.some(({ id }) => id === event.id)) this.events.push(event);
    });
  }

  async publishDeadLetter(letter: DeadLetter): Promise<void> {
    await this.#publish(() => this.deadLetters.push(letter));
  }

  reply(
    inbox: string,
    body: Readonly<Record<string, unknown>>,
    error?: { status: number; text: string },
  ): void {
    if (!this.isConnected || !inbox.startsWith('_INBOX')) return;
    this.replies.push(error ? { inbox, body, error } : { inbox, body });
  }

  async serveQueries(
    handle: (request: QueryRequest) => Promise<QueryAnswer>,
  ): Promise<Subscription> {
    this.#answerQuery = handle;
    return {
      stop: async () => {
        this.#answerQuery = undefined;
      },
      pause: () => undefined,
      resume: () => undefined,
    };
  }

  async history(filter: Filter & { limit: number }): Promise<Readonly<Record<string, unknown>>[]> {
    this.#reach();
    const found = this.events.filter((event) => sameResource(event, filter));
    return found.slice(-filter.limit).map(({ body }) => body);
  }

  async findDeadLetter(
    filter: Filter & { commandId: string },
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    this.#reach();
    return this.deadLetters.findLast(
      (letter) => letter.commandId === filter.commandId && sameResource(letter.delivery, filter),
    )?.problem;
  }

  async letterOf(
    { sequence }: CommandDelivery,
    commandId: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined> {
    this.lettersAsked.push(sequence);
    this.#reach();
    if (this.lettersUnanswered-- > 0) throw new Error('fake bus: no answer');
    this.lettersUnanswered = 0;
    return this.deadLetters.find(
      (letter) => letter.delivery.sequence === sequence && letter.commandId === commandId,
    )?.problem;
  }

  connected(): boolean {
    return this.isConnected;
  }

  // ---------------------------------------------------------------------------------------------- inside

  async #publish(store: () => void): Promise<void> {
    this.publishAttempts += 1;
    if (this.#gate) await this.#gate;
    await Promise.resolve();
    this.#reach();
    const fault = this.#faults.shift();
    if (fault === 'lostRequest') throw new Error('fake bus: request lost');
    store();
    if (fault === 'lostAnswer') throw new Error('fake bus: answer lost');
  }

  #reach(): void {
    if (!this.isConnected) throw new Error('fake bus: disconnected');
  }

  #pump(): void {
    queueMicrotask(() => {
      for (const queued of [...this.#queue]) {
        const consumer = this.#consumers.get(queued.partition);
        if (!consumer || consumer.paused || consumer.stopped || !this.isConnected) continue;
        if (!consumer.inFlight.has(queued.sequence)) this.#handOver(consumer, queued);
      }
    });
  }

  #handOver(consumer: Consumer, { sequence, command }: Queued): void {
    const deliveries = (consumer.inFlight.get(sequence) ?? 0) + 1;
    consumer.inFlight.set(sequence, deliveries);
    const remove = (): void => {
      // A consumer that was replaced cannot acknowledge any more: the server has forgotten it.
      if (this.#consumers.get(consumer.partition) !== consumer || !this.isConnected) return;
      const at = this.#queue.findIndex((each) => each.sequence === sequence);
      if (at >= 0) this.#queue.splice(at, 1);
      consumer.inFlight.delete(sequence);
    };
    const { namespace, kind, name, verb } = command;
    consumer.handle({
      ...{ sequence, namespace, kind, name, verb, deliveries },
      wasWaiting: sequence <= consumer.waitingMax || deliveries > 1,
      headers: command.headers ?? {},
      payload: command.payload ?? encode(command.arguments ?? {}),
      ack: remove,
      ackConfirmed: async () => {
        await Promise.resolve();
        this.#reach();
        remove();
      },
      terminate: async (reason) => {
        await Promise.resolve();
        this.#reach();
        this.terminated.push({ sequence, reason });
        remove();
      },
      working: () => undefined,
    });
  }
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
