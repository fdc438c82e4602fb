/** The Bus port over NATS: commands and events by JetStream, queries and replies by core NATS. */
import type { Bus } from '../../actors/ports.ts';
import { consumeCommands } from './commands.ts';
import type { Connection, Log } from './connection.ts';
import { findDeadLetter, history, letterOf, publishDeadLetter, publishEvent } from './events.ts';
import { describe } from './faults.ts';
import { errorHeaders, serveQueries } from './queries.ts';
import type { ServiceOptions } from './queries.ts';
import { isInbox } from './subjects.ts';

export function createBus(connection: Connection, log: Log, service: ServiceOptions): Bus {
  return {
    consumeCommands: (partition, epoch, handle) =>
      consumeCommands(connection, log, { partition, epoch }, handle),
    publishEvent: (event) => publishEvent(connection, event),
    publishDeadLetter: (letter) => publishDeadLetter(connection, letter),
    reply(inbox, body, error) {
      if (!isInbox(inbox)) {
        log('warn', { inbox }, 'reply to something that is no inbox dropped');
        return;
      }
      try {
        const options = error ? { headers: errorHeaders(error) } : {};
        connection.nc.publish(inbox, JSON.stringify(body), options);
      } catch (cause) {
        log('warn', { inbox, cause: describe(cause) }, 'reply not sent');
      }
    },
    serveQueries: (handle) => serveQueries(connection, log, service, handle),
    history: (filter) => history(connection, filter),
    findDeadLetter: (filter) => findDeadLetter(connection, filter),
    letterOf: (delivery, commandId) => letterOf(connection, delivery, commandId),
    connected: () => connection.connected(),
  };
}
