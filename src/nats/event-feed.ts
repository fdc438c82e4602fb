/** Follows published events by an ordered consumer, which survives server restarts without gap or repeat. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerMessages, OrderedConsumerOptions } from '@nats-io/jetstream';
import { dnsLabel } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import type { Connection } from './connection.ts';
import { describe } from './faults.ts';
import { ClientProblem, clientProblem } from './problem.ts';
import { eventFilter, streams } from './subjects.ts';

/** CloudEvents 1.0 as stored; extensions are further keys. */
export interface CloudEvent {
  readonly specversion: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly time?: string;
  readonly data?: unknown;
  /** Where it is in the stream, to go on from later. */
  readonly streamsequence: number;
  readonly [extension: string]: unknown;
}

export type EventStart = 'new' | 'all' | { readonly sequence: number };

export interface EventFeed extends AsyncIterable<CloudEvent> {
  /** Resolves once everything published from then on will be in the feed; rejects with ClientProblem. */
  readonly ready: Promise<void>;
}

const PULLED_MAX = 200;
const PULL_MS = 10_000;
const HEARTBEAT_MS = 2_500;

/** Starts at once, not at the first read, so that nothing between the two is missed. */
export function openEvents(
  connection: Connection,
  filter: Partial<ResourceKey>,
  since: EventStart,
  signal?: AbortSignal,
): EventFeed {
  const opening = start(connection, filter, since, signal);
  const ready = opening.then(() => undefined);
  // Whoever reads the feed gets the rejection too; without this a caller who ignores `ready` would crash the process.
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => read(opening, signal) };
}

async function* read(
  opening: Promise<ConsumerMessages>,
  signal?: AbortSignal,
): AsyncGenerator<CloudEvent, void> {
  const messages = await opening;
  try {
    for await (const message of messages) {
      if (signal?.aborted === true) return;
      yield { ...message.json<CloudEvent>(), streamsequence: message.seq };
    }
  } finally {
    messages.stop();
  }
}

async function start(
  connection: Connection,
  filter: Partial<ResourceKey>,
  since: EventStart,
  signal?: AbortSignal,
): Promise<ConsumerMessages> {
  const bad = Object.entries(filter).find(([, value]) => !dnsLabel.test(value));
  if (bad)
    throw new ClientProblem(
      clientProblem(400, 'command.badName', `${bad[0]} ${JSON.stringify(bad[1])} is no DNS label`),
    );
  try {
    const from = await startAt(connection, since);
    const consumer = await connection.ask(() =>
      connection.js.consumers.get(streams.events, {
        filter_subjects: eventFilter(filter),
        ...from,
      }),
    );
    const messages = await consumer.consume({
      ...{ max_messages: PULLED_MAX, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS },
    });
    if (signal?.aborted === true) messages.stop();
    signal?.addEventListener('abort', () => messages.stop(), { once: true });
    return messages;
  } catch (error) {
    const message = `events cannot be read: ${describe(error)}`;
    throw new ClientProblem(clientProblem(503, 'service.unavailable', message), error);
  }
}

/**
 * `new` becomes a sequence: an ordered consumer that is made again before its first message (the server restarted) would
 * otherwise begin with the oldest event.
 */
async function startAt(
  connection: Connection,
  since: EventStart,
): Promise<Partial<OrderedConsumerOptions>> {
  if (since === 'all') return { deliver_policy: DeliverPolicy.All };
  const last =
    since === 'new'
      ? (await connection.ask(() => connection.jsm.streams.info(streams.events))).state.last_seq
      : since.sequence;
  return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: last + 1 };
}
