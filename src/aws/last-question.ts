/**
 * Whether a call may still go out, asked as it does. Between the guard's question and the wire a key may have to be fetched,
 * a request signed, a client loaded; a process that sleeps in between must not act for an actor that is another host's by now.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { EC2 } from '@aws-sdk/client-ec2';
import type { SSM } from '@aws-sdk/client-ssm';
import type { Attempt } from '../../actors/ports.ts';
import { ownFault } from './faults.ts';

type Asker = Pick<Attempt, 'mayAct'>;

const underWay = new AsyncLocalStorage<Asker>();

/** Calls that are made while `send` runs are asked about on behalf of this attempt. */
export const askingFor = <T>(attempt: Asker, send: () => Promise<T>): Promise<T> =>
  underWay.run(attempt, send);

/** Makes every call of this client be asked about, last of all it goes through; refused ones throw `effect.cancelled`. */
export function askLast<T extends EC2 | SSM>(client: T): T {
  const stack = client.middlewareStack as Pick<EC2['middlewareStack'], 'add'>;
  stack.add(
    (next) => (given) => {
      if (underWay.getStore()?.mayAct?.() === false)
        throw ownFault('Cancelled', 'effect.cancelled', 'another host may own the actor by now');
      return next(given);
    },
    { step: 'deserialize', priority: 'low', name: 'fairleadLastQuestion' },
  );
  return client;
}
