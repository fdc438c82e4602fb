/**
 * The rival's service, a process of its own as our host is: consume, compare-and-set put, ack, reply. No chart, no schema,
 * no log, no dedupe, no event. Ends with its parent.
 */
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import { z } from 'zod';
import { connectRaw } from './raw-connection.ts';

const order = z.object({
  url: z.string(),
  nkeySeedFile: z.string(),
  stream: z.string(),
  bucket: z.string(),
  recordBytes: z.int().positive(),
  replyBytes: z.int().positive(),
});
export type RawOrder = z.infer<typeof order>;

const PULLED_MAX = 200;
const ACK_PENDING_MAX = 500;
const DURABLE = 'raw';

process.once('disconnect', () => process.exit(0));
await serve(order.parse(JSON.parse(process.argv[2] ?? '{}')));

async function serve({ stream, bucket, recordBytes, replyBytes, ...server }: RawOrder) {
  const nc = await connectRaw(server);
  const js = jetstream(nc);
  const manager = await jetstreamManager(nc);
  await manager.consumers.add(stream, {
    durable_name: DURABLE,
    ack_policy: AckPolicy.Explicit,
    max_ack_pending: ACK_PENDING_MAX,
  });
  const consumer = await js.consumers.get(stream, DURABLE);
  const record = new Uint8Array(recordBytes).fill(120);
  const reply = new Uint8Array(replyBytes).fill(120);
  const revisions = new Map<string, number>();

  const cycle = async (message: JsMsg): Promise<void> => {
    // bench.v1.pcmd.<partition>.<namespace>.<kind>.<name>.<verb>
    const key = message.subject.split('.').slice(3, 7).join('.');
    const { seq } = await js.publish(`$KV.${bucket}.${key}`, record, {
      expect: { lastSubjectSequence: revisions.get(key) ?? 0 },
    });
    revisions.set(key, seq);
    message.ack();
    nc.publish(message.headers?.get('Reply-To') ?? '', reply);
  };

  const messages = await consumer.consume({ max_messages: PULLED_MAX });
  process.send?.('ready');
  for await (const message of messages) void cycle(message).catch(giveUp);
}

function giveUp(error: unknown): void {
  console.error('raw service:', error);
  process.exit(1);
}
