/** Publishes and reads back what the streams keep: events and dead letters. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { MsgRequest } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { MsgHdrs } from '@nats-io/transport-node';
import type { ResourceKey } from '../../machines/ids.ts';
import type { CommandDelivery, DeadLetter, OutboundEvent } from '../../actors/ports.ts';
import type { Connection } from './connection.ts';
import { storedMessages } from './stored.ts';
import {
  deadLetterFilter,
  deadLetterSubject,
  eventFilter,
  eventSubject,
  streams,
} from './subjects.ts';

type Body = Readonly<Record<string, unknown>>;

/** As far as the clocks of two servers of a cluster may be apart. */
const CLOCKS_APART_MS = 10 * 60_000;

/** Rejects when it is not known to be stored; repeats with the same id fold within two minutes. */
export async function publishEvent(connection: Connection, event: OutboundEvent): Promise<void> {
  await connection.ask(() =>
    connection.js.publish(eventSubject(event, event.event), JSON.stringify(event.body), {
      msgID: event.id,
    }),
  );
}

/** Stores problem and payload under the original headers, less those that would steer the stream (`Nats-…`). */
export async function publishDeadLetter(connection: Connection, letter: DeadLetter): Promise<void> {
  const { delivery, commandId, problem } = letter;
  const kept = headers();
  for (const [name, value] of Object.entries(delivery.headers))
    if (!/^nats-/i.test(name)) kept.set(name, value);
  const code = problem['code'];
  kept.set('Fairlead-Fault', typeof code === 'string' ? code : 'internal.unregistered');
  kept.set('Fairlead-Source-Seq', String(delivery.sequence));
  kept.set('Fairlead-Command-Id', commandId);
  const body = { problem, payloadBase64: Buffer.from(delivery.payload).toString('base64') };
  await connection.ask(() =>
    connection.js.publish(deadLetterSubject(delivery), JSON.stringify(body), {
      msgID: `${delivery.sequence}-${commandId}`,
      headers: kept,
    }),
  );
}

/** The newest `limit` events of one resource, oldest first. */
export async function history(
  connection: Connection,
  filter: ResourceKey & { limit: number },
): Promise<Body[]> {
  const found: Body[] = [];
  const events = storedMessages(connection, streams.events, eventFilter(filter), DeliverPolicy.All);
  for await (const message of events) {
    found.push(message.json<Body>());
    if (found.length > filter.limit) found.shift();
  }
  return found;
}

/** The newest dead letter of that command, as its problem object. */
export async function findDeadLetter(
  connection: Connection,
  filter: ResourceKey & { commandId: string },
): Promise<Body | undefined> {
  let found: Body | undefined;
  const letters = storedMessages(
    connection,
    streams.deadLetters,
    deadLetterFilter(filter),
    DeliverPolicy.All,
  );
  for await (const message of letters)
    if (message.headers?.get('Fairlead-Command-Id') === filter.commandId)
      found = message.json<{ problem: Body }>().problem;
  return found;
}

/**
 * The problem under which this very message was dead-lettered. Mostly the newest letter of the subject tells: there is
 * none, it is older than the message, or it is the one. Else the letters since then are read; rejects when they do not all
 * come, so that a copy of the stream that lags tells nothing. A sequence is looked for among letters of its own time only:
 * a stream that was made anew counts from 1 again.
 */
export async function letterOf(
  connection: Connection,
  delivery: CommandDelivery,
  commandId: string,
): Promise<Body | undefined> {
  const subject = deadLetterSubject(delivery);
  const isIt = (kept: MsgHdrs | undefined): boolean =>
    kept?.get('Fairlead-Source-Seq') === String(delivery.sequence) &&
    kept.get('Fairlead-Command-Id') === commandId;
  const newest = await read(connection, streams.deadLetters, { last_by_subj: subject });
  if (newest === null) return undefined;
  const command = await read(connection, streams.commands, { seq: delivery.sequence });
  const since = new Date((command?.time.getTime() ?? CLOCKS_APART_MS) - CLOCKS_APART_MS);
  if (newest.time < since) return undefined;
  if (isIt(newest.header)) return newest.json<{ problem: Body }>().problem;
  const from = { opt_start_time: since.toISOString(), upToSeq: newest.seq };
  const { StartTime } = DeliverPolicy;
  const letters = storedMessages(connection, streams.deadLetters, subject, StartTime, from);
  for await (const message of letters)
    if (isIt(message.headers)) return message.json<{ problem: Body }>().problem;
  return undefined;
}

/** By the stream's leader. Null when there is no such message. */
const read = (connection: Connection, stream: string, query: MsgRequest) =>
  connection.ask(() => connection.jsm.streams.getMessage(stream, query));
