/** Publishes and reads back what the streams keep: events and dead letters. */
import { DeliverPolicy } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { ResourceKey } from '../../machines/ids.ts';
import type { DeadLetter, OutboundEvent } from '../../actors/ports.ts';
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
