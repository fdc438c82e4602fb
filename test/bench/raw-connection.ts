/** The rival's connection: the client library as it comes, with the one setting that makes it faster. */
import { readFileSync } from 'node:fs';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';

export interface RawServer {
  readonly url: string;
  readonly nkeySeedFile: string;
}

export function connectRaw({ url, nkeySeedFile }: RawServer): Promise<NatsConnection> {
  const seed = new TextEncoder().encode(readFileSync(nkeySeedFile, 'utf8').trim());
  const authenticator = nkeyAuthenticator(seed);
  return connect({ servers: url, authenticator, noAsyncTraces: true });
}
