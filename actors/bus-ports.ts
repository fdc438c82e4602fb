/** What hosting needs of the bus: commands in, events and answers out, and orders from one actor to another. */
import type { ResourceKey } from '../machines/ids.ts';
import type { Attempt } from './attempt.ts';

/** A command as it came off the stream, not yet understood. */
export interface CommandDelivery {
  /** Stream sequence: the fallback command id is `cmd-<sequence>`. */
  readonly sequence: number;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  /** Header names as received → last value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Uint8Array;
  /** 1 on the first delivery. */
  readonly deliveries: number;
  /** It was in the stream before its durable was made, or was delivered before: somebody may have had it already. */
  readonly wasWaiting: boolean;
  /** Monotonic time when the host took it; set by the host. */
  readonly takenMs?: number;
  /** The decision is in a record: plain acknowledgement. */
  ack(): void;
  /** Removes the message for certain before it resolves; for refusals that no record holds. */
  ackConfirmed(): Promise<void>;
  /** Removes the message with a reason; used after it was dead-lettered. */
  terminate(reason: string): Promise<void>;
  /** Tells the server that work goes on, so that the message is not redelivered meanwhile. */
  working(): void;
}

/** A CloudEvent to publish; `id` makes repeats fold. */
export interface OutboundEvent {
  readonly id: string;
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** Event name as registered, e.g. `phaseChanged`. */
  readonly event: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A command that will never run, with the whole problem object. */
export interface DeadLetter {
  readonly delivery: CommandDelivery;
  readonly commandId: string;
  readonly problem: Readonly<Record<string, unknown>>;
}

export interface QueryRequest {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  readonly verb: string;
  readonly payload: Uint8Array;
}

/** Body of an answer; `error` puts status and text into the micro-service headers as well. */
export interface QueryAnswer {
  readonly body: Readonly<Record<string, unknown>>;
  readonly error?: { readonly status: number; readonly text: string };
}

export interface Subscription {
  /** Stops taking new messages; resolves when what was handed over has been settled. */
  stop(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface Bus {
  /**
   * Consumes the commands of one partition in stream order after re-creating its durable, so that unacknowledged ones come
   * back at once. `epoch` names the durable and grows with every owner: rejects with
   * `NewerOwner` while a higher one is there. The handler is not awaited: keep what is in flight bounded with `pause`.
   */
  consumeCommands(
    partition: number,
    epoch: number,
    handle: (delivery: CommandDelivery) => void,
  ): Promise<Subscription>;
  /** Resolves after the stream has stored it; rejects when that is not known. Safe to repeat with the same id. */
  publishEvent(event: OutboundEvent): Promise<void>;
  /** Resolves after the dead letter is stored. */
  publishDeadLetter(letter: DeadLetter): Promise<void>;
  /** Fire and forget; only `_INBOX` subjects are accepted, others are dropped with a log line. */
  reply(
    inbox: string,
    body: Readonly<Record<string, unknown>>,
    error?: { status: number; text: string },
  ): void;
  serveQueries(handle: (request: QueryRequest) => Promise<QueryAnswer>): Promise<Subscription>;
  /** Committed events of one resource, oldest first, as stored. */
  history(filter: {
    namespace: string;
    kind: string;
    name: string;
    limit: number;
  }): Promise<Readonly<Record<string, unknown>>[]>;
  /** The stored problem of a dead-lettered command. */
  findDeadLetter(filter: {
    namespace: string;
    kind: string;
    name: string;
    commandId: string;
  }): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The stored problem under which this very message was dead-lettered: a later copy under the same id is another one. */
  letterOf(
    delivery: CommandDelivery,
    commandId: string,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
  connected(): boolean;
}

/** A command of one actor to another, as any user would send it. */
export interface ActorOrder {
  readonly key: ResourceKey;
  readonly verb: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly commandId: string;
  readonly correlationId: string;
  /** Who orders. */
  readonly by: string;
}

export interface Orders {
  /**
   * Sends a command and waits for its outcome: 20 s at most. Under the same id it runs once and is answered the same again.
   * @throws CloudFault-shaped errors (`actors/faults.ts`) while nobody knows the outcome; those may be tried again
   */
  send(
    order: ActorOrder,
    attempt: Attempt,
  ): Promise<{
    readonly outcome: 'accepted' | 'unchanged' | 'refused';
    /** Of a refusal. */
    readonly code: string;
    readonly message: string;
  }>;
}
