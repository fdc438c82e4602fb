/** The newest messages of a stream, for pages that look back. */
import { DeliverPolicy } from '@nats-io/jetstream';
import type { Connection } from './connection.ts';
import { storedMessages } from './stored.ts';
import { patterns, streams } from './subjects.ts';

export interface StoredMessage {
  readonly subject: string;
  /** Wall time the server stored it. */
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when it is none. */
  readonly body: unknown;
}

export interface LookBack {
  /** Wall time; older ones are left out. */
  readonly sinceMs: number;
  readonly countMax: number;
}

/** At most `countMax`, newest first. Rejects when the server does not answer. */
export async function newestMessages(
  connection: Connection,
  stream: 'events' | 'steps' | 'deadLetters',
  { sinceMs, countMax }: LookBack,
): Promise<StoredMessage[]> {
  const { state } = await connection.ask(() => connection.jsm.streams.info(streams[stream]));
  const from = { opt_start_seq: Math.max(1, state.last_seq - countMax + 1) };
  const found: StoredMessage[] = [];
  const messages = storedMessages(
    connection,
    streams[stream],
    patterns[stream],
    DeliverPolicy.StartSequence,
    from,
  );
  for await (const { subject, time, headers, data } of messages) {
    const atMs = time.getTime();
    if (atMs < sinceMs) continue;
    found.push({ subject, atMs, headers: plain(headers), body: parsed(data) });
  }
  return found.slice(-countMax).reverse();
}

const plain = (headers: Iterable<[string, readonly string[]]> | undefined) =>
  Object.fromEntries([...(headers ?? [])].map(([name, values]) => [name, values[0] ?? '']));

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return undefined;
  }
}
