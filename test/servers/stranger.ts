/** A program that knows nothing of Fairlead but its subjects: the NATS client as it comes, bytes and headers by hand. */
import { readFileSync } from 'node:fs';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, createInbox, headers, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Stack } from '../../src/stack/stack.ts';

export interface Answer {
  /** `Nats-Service-Error-Code`; undefined on success. */
  readonly status?: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What JetStream itself answers to a command. */
interface PubAck {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly code: number; readonly err_code: number };
}

export type Headers = Readonly<Record<string, string>>;

export interface Stranger {
  readonly nc: NatsConnection;
  /** Stores a command, as `nats req` does. */
  publish(subject: string, payload: string | Uint8Array, sent?: Headers): Promise<PubAck>;
  /** Stores a command and waits for its outcome at an inbox of its own; at most 20 s. */
  command(
    subject: string,
    payload: string | Uint8Array,
    sent?: Headers,
  ): Promise<Answer & { readonly ack: PubAck }>;
  query(subject: string, payload?: string): Promise<Answer>;
  /** False while its own connection is down, as after a kill of nats-server. */
  connected(): Promise<boolean>;
  close(): Promise<void>;
}

const OUTCOME_MS = 20_000;

/** Connects with the rights of the CLI. */
export async function stranger({ nats, keys }: Stack): Promise<Stranger> {
  const nc = await connectAs(nats.ready.url, keys.cliSeedFile);
  const publish: Stranger['publish'] = async (subject, payload, sent = {}) => {
    const reply = await nc.request(subject, payload, { timeout: 5_000, headers: made(sent) });
    return reply.json<PubAck>();
  };
  return {
    nc,
    publish,
    async command(subject, payload, sent = {}) {
      const inbox = createInbox();
      const subscription = nc.subscribe(inbox, { max: 1, timeout: OUTCOME_MS });
      const outcome = first(subscription, subject);
      const [ack, reply] = await Promise.all([
        publish(subject, payload, { 'Fairlead-Reply-To': inbox, ...sent }),
        outcome,
      ]);
      return { ack, ...answerOf(reply) };
    },
    query: async (subject, payload = '') =>
      answerOf(await nc.request(subject, payload, { timeout: 5_000 })),
    connected: () =>
      nc.rtt().then(
        () => true,
        () => false,
      ),
    close: () => nc.close(),
  };
}

async function first(messages: AsyncIterable<Msg>, what: string): Promise<Msg> {
  for await (const message of messages) return message;
  throw new Error(`no outcome came for ${what}`);
}

const made = (sent: Headers) => {
  const all = headers();
  for (const [name, value] of Object.entries(sent)) all.append(name, value);
  return all;
};

function answerOf(message: Msg): Answer {
  const code = message.headers?.get('Nats-Service-Error-Code') ?? '';
  const body = message.json<Answer['body']>();
  return code === '' ? { body } : { status: Number(code), body };
}

interface DeadLetter {
  readonly headers: Headers;
  readonly problem: Readonly<Record<string, unknown>>;
  readonly payload: string;
}

/** The newest dead letter on this address (`namespace.kind.name.verb`), read with the rights of a host. */
export async function deadLetter(
  { nats, keys }: Stack,
  address: string,
): Promise<DeadLetter | undefined> {
  const nc = await connectAs(nats.ready.url, keys.hostSeedFile);
  try {
    const manager = await jetstreamManager(nc);
    const found = await manager.streams.getMessage('FAIRLEAD_DLQ', {
      last_by_subj: `fairlead.v1.dlq.${address}`,
    });
    if (found === null) return undefined;
    const { problem, payloadBase64 } = found.json<{
      problem: DeadLetter['problem'];
      payloadBase64: string;
    }>();
    const sent = [...found.header].map(([name, values]) => [name, values.at(-1) ?? ''] as const);
    const payload = Buffer.from(payloadBase64, 'base64').toString();
    return { headers: Object.fromEntries(sent), problem, payload };
  } finally {
    await nc.close();
  }
}

/** Every stored message of a stream as text, read with the rights of a host. */
export async function streamTexts({ nats, keys }: Stack, stream: string): Promise<string[]> {
  const nc = await connectAs(nats.ready.url, keys.hostSeedFile);
  try {
    const manager = await jetstreamManager(nc);
    const { state } = await manager.streams.info(stream);
    const texts: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(stream, { seq });
      if (message !== null) texts.push(message.string());
    }
    return texts;
  } finally {
    await nc.close();
  }
}

function connectAs(url: string, seedFile: string): Promise<NatsConnection> {
  const seed = new TextEncoder().encode(readFileSync(seedFile, 'utf8').trim());
  return connect({
    ...{ servers: url, authenticator: nkeyAuthenticator(seed) },
    ...{ maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  });
}
