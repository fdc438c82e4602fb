/**
 * Whether a call may still go out, asked when its connection is there and its bytes are not written yet. Between the guard's
 * question and the wire a client is loaded, a key fetched, a request signed, a socket waited for and connected; a process
 * that sleeps in between must not act for an actor that is another host's by now. Over TLS the handshake comes after it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Agent, ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Attempt } from '../../actors/ports.ts';
import { ownFault } from './faults.ts';

type Asker = Pick<Attempt, 'mayAct'>;
/** What agents of Node have and its types leave out: every request of the agent begins with it. */
interface Adding {
  addRequest: (request: ClientRequest, ...rest: unknown[]) => void;
}

const underWay = new AsyncLocalStorage<Asker>();

/** Requests that are made while `send` runs are asked about on behalf of this attempt. */
export const askingFor = <T>(attempt: Asker, send: () => Promise<T>): Promise<T> =>
  underWay.run(attempt, send);

/** Makes every request of this agent be asked about; a refused one fails with `effect.cancelled`. */
export function askLast<A extends Agent>(agent: A): A {
  const adding = agent as unknown as Adding;
  const addRequest = adding.addRequest.bind(agent);
  adding.addRequest = (request, ...rest) => {
    const attempt = underWay.getStore();
    if (attempt?.mayAct !== undefined) askOnSocket(request, attempt);
    addRequest(request, ...rest);
  };
  return agent;
}

function askOnSocket(request: ClientRequest, { mayAct }: Asker): void {
  const ask = (): void => {
    if (mayAct?.() === false)
      request.destroy(
        ownFault('Cancelled', 'effect.cancelled', 'another host may own the actor by now'),
      );
  };
  request.once('socket', (socket: Socket) => {
    // What is written before that waits for the same event, behind this question.
    if (socket.connecting) socket.prependOnceListener('connect', ask);
    else ask();
  });
}
