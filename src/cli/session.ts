/** The line to the service, opened only when a verb needs it: loading the NATS client costs more than most verbs. */
import type { Command, FairleadClient, Outcome } from '../nats/client.ts';
import type { Address } from './settings.ts';

export type Session = Pick<
  FairleadClient,
  'command' | 'query' | 'survey' | 'steps' | 'close' | 'server'
> & {
  events(
    filter: EventFilter,
    options: { since: 'new' | 'all'; signal: AbortSignal },
  ): AsyncIterable<unknown> & { readonly ready: Promise<void> };
};

export type Order = Command;
export type Accepted = Extract<Outcome, { ok: true }>;

export interface EventFilter {
  readonly namespace?: string;
  readonly kind?: string;
  readonly name?: string;
}

export type Connect = (address: Address) => Promise<Session>;

/** @throws ClientProblem `service.unavailable` that says what to do */
export const connectNats: Connect = async ({ url, nkeySeedFile, credsFile }) => {
  const { connectClient } = await import('../nats/client.ts');
  return connectClient({
    url,
    name: 'fairlead-cli',
    ...(nkeySeedFile === undefined ? {} : { nkeySeedFile }),
    ...(credsFile === undefined ? {} : { credsFile }),
  });
};
