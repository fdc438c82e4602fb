/** Follows published events by an ordered consumer, which survives server restarts without gap or repeat. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { ConsumerMessages } from '@nats-io/jetstream';
import { dnsLabel } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { sleep } from '../sleep.ts';
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
const REOPEN_GAP_MS = 250;
const REOPEN_TRIES = 60;

interface Feed {
  readonly connection: Connection;
  readonly filter: Partial<ResourceKey>;
  readonly signal: AbortSignal | undefined;
}

/** Starts at once, not at the first read, so that nothing between the two is missed. */
export function openEvents(
  connection: Connection,
  filter: Partial<ResourceKey>,
  since: EventStart,
  signal?: AbortSignal,
): EventFeed {
  const feed: Feed = { connection, filter, signal };
  const opening = start(feed, since);
  const ready = opening.then(() => undefined);
  // Whoever reads the feed gets the rejection too; without this a caller who ignores `ready` would crash the process.
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => read(feed, opening) };
}

interface Opened {
  readonly messages: ConsumerMessages;
  /** Everything up to here is left out. */
  readonly after: number;
}

async function* read(feed: Feed, opening: Promise<Opened>): AsyncGenerator<CloudEvent, void> {
  let { messages, after } = await opening;
  try {
    for (;;) {
      try {
        for await (const message of messages) {
          if (feed.signal?.aborted === true) return;
          after = message.seq;
          yield { ...message.json<CloudEvent>(), streamsequence: after };
        }
        return;
      } catch (error) {
        // Only the consumer on the server is gone, as after a restart: a new one goes on behind the last event.
        if (isOver(feed)) return;
        messages = await reopen(feed, after, error);
      }
    }
  } finally {
    messages.stop();
  }
}

const isOver = ({ signal, connection }: Feed): boolean =>
  signal?.aborted === true || connection.nc.isClosed();

async function reopen(feed: Feed, after: number, cause: unknown): Promise<ConsumerMessages> {
  for (let tries = 0; tries < REOPEN_TRIES; tries += 1) {
    try {
      return await consumeAfter(feed, after);
    } catch {
      // What began it is told if no try works; a later failure says less.
      if (isOver(feed)) break;
      await sleep(REOPEN_GAP_MS, feed.signal);
    }
  }
  throw unreadable(cause);
}

async function start(feed: Feed, since: EventStart): Promise<Opened> {
  const bad = Object.entries(feed.filter).find(([, value]) => !dnsLabel.test(value));
  if (bad)
    throw new ClientProblem(
      clientProblem(400, 'command.badName', `${bad[0]} ${JSON.stringify(bad[1])} is no DNS label`),
    );
  try {
    const after = await startAfter(feed.connection, since);
    return { messages: await consumeAfter(feed, after), after };
  } catch (error) {
    throw unreadable(error);
  }
}

const unreadable = (cause: unknown): ClientProblem =>
  new ClientProblem(
    clientProblem(503, 'service.unavailable', `events cannot be read: ${describe(cause)}`),
    cause,
  );

/** Always a sequence: a consumer that must be made again before its first message then still knows where to begin. */
async function startAfter(connection: Connection, since: EventStart): Promise<number> {
  if (since === 'all') return 0;
  if (since !== 'new') return since.sequence;
  const info = await connection.ask(() => connection.jsm.streams.info(streams.events));
  return info.state.last_seq;
}

async function consumeAfter(
  { connection, filter, signal }: Feed,
  after: number,
): Promise<ConsumerMessages> {
  const consumer = await connection.ask(() =>
    connection.js.consumers.get(streams.events, {
      filter_subjects: eventFilter(filter),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: after + 1,
    }),
  );
  const messages = await consumer.consume({
    ...{ max_messages: PULLED_MAX, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS },
    // The client's own repair of a lost ordered consumer stalls for seconds: it counts pulls that died with the old one.
    abort_on_missing_resource: true,
  });
  if (signal?.aborted === true) messages.stop();
  signal?.addEventListener('abort', () => messages.stop(), { once: true });
  return messages;
}
