/** Reads what a stream holds now, in order, by an ordered consumer in bounded batches. */
import type { DeliverPolicy, JsMsg, OrderedConsumerOptions } from '@nats-io/jetstream';
import type { Connection } from './connection.ts';

const BATCH = 500;
const STALL_MS = 5_000;

/**
 * Ends with the last message stored at that time. Rejects when the server stops answering; start again then.
 * @param upToSeq  does not end before this message or a later one has come: the consumer may read a copy that lags
 */
export async function* storedMessages(
  connection: Connection,
  stream: string,
  filter: string | string[],
  deliver: DeliverPolicy,
  { upToSeq = 0, ...more }: Partial<OrderedConsumerOptions> & { readonly upToSeq?: number } = {},
): AsyncIterable<JsMsg> {
  const consumer = await connection.ask(() =>
    connection.js.consumers.get(stream, {
      ...more,
      ...{ deliver_policy: deliver, filter_subjects: filter },
    }),
  );
  try {
    let left = (await consumer.info(true)).num_pending;
    let seen = 0;
    while (left > 0 || seen < upToSeq) {
      const before = seen;
      const batch = await consumer.fetch({ max_messages: BATCH, expires: STALL_MS });
      for await (const message of batch) {
        left = message.info.pending;
        seen = message.seq;
        yield message;
        if (left === 0 && seen >= upToSeq) break;
      }
      if (seen === before) throw new Error(`reading ${stream} has stalled; try again`);
    }
  } finally {
    // Not awaited: the server forgets an idle ordered consumer by itself.
    void consumer.delete().catch(() => false);
  }
}
