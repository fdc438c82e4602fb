/** Reads what a stream holds now, in order, by an ordered consumer in bounded batches. */
import type { DeliverPolicy, JsMsg, OrderedConsumerOptions } from '@nats-io/jetstream';
import type { Connection } from './connection.ts';

const BATCH = 500;
const STALL_MS = 5_000;

/** Ends with the last message stored at that time. Rejects when the server stops answering; start again then. */
export async function* storedMessages(
  connection: Connection,
  stream: string,
  filter: string | string[],
  deliver: DeliverPolicy,
  more: Partial<OrderedConsumerOptions> = {},
): AsyncIterable<JsMsg> {
  const consumer = await connection.ask(() =>
    connection.js.consumers.get(stream, {
      ...more,
      ...{ deliver_policy: deliver, filter_subjects: filter },
    }),
  );
  try {
    let left = (await consumer.info(true)).num_pending;
    while (left > 0) {
      const before = left;
      const batch = await consumer.fetch({ max_messages: BATCH, expires: STALL_MS });
      for await (const message of batch) {
        left = message.info.pending;
        yield message;
        if (left === 0) break;
      }
      if (left === before) throw new Error(`reading ${stream} has stalled; try again`);
    }
  } finally {
    // Not awaited: the server forgets an idle ordered consumer by itself.
    void consumer.delete().catch(() => false);
  }
}
