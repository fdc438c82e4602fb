/** Commands of actors to actors: through the stream like everybody's, under ids that make a repeat the same command. */
import { createInbox } from '@nats-io/transport-node';
import type { EffectFault } from '../../machines/messages.ts';
import { group } from '../../machines/replication-group-limits.ts';
import type { Orders } from '../../actors/ports.ts';
import { createCommander } from './commander.ts';
import type { Connection } from './connection.ts';
import type { Problem } from './problem.ts';
import { askQuery } from './query.ts';

/** Nobody knows, or nobody took it: the same command may be sent again. */
const undecided = [429, 503];

export function createOrders(connection: Connection): Orders {
  const inbox = createInbox('_INBOX_host');
  const commander = createCommander(connection, inbox, (query, timeoutMs) =>
    askQuery(connection, query, timeoutMs),
  );
  return {
    send: async ({ key, ...order }) => {
      const outcome = await commander.send({ ...key, ...order }, group.commandMs);
      if (!outcome.ok) return refused(outcome.problem);
      const isUnchanged = outcome.unchanged === true;
      return { outcome: isUnchanged ? 'unchanged' : 'accepted', code: '', message: '' };
    },
  };
}

function refused({ status, code, message, retryAfterMs }: Problem) {
  if (undecided.includes(status)) throw unanswered(code, message, retryAfterMs);
  return { outcome: 'refused' as const, code, message };
}

function unanswered(code: string, message: string, retryAfterMs: number | undefined): Error {
  const fault: EffectFault = {
    ...{ type: 'Unavailable', code, message, mayHaveHappened: true },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
  return Object.assign(new Error(message), { fault });
}
