/**
 * The rival of our durable command: the same durable cycle by hand with the NATS client alone. Publish to a work queue with
 * the settings of our own command stream, consume, compare-and-set put of a record of our size, ack, reply.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { JetStreamManager } from '@nats-io/jetstream';
import { createInbox, headers } from '@nats-io/transport-node';
import { builtFile } from '../../src/stack/built-file.ts';
import { bucketStream, buckets, streams } from '../../src/nats/subjects.ts';
import { connectRaw } from './raw-connection.ts';
import type { RawServer } from './raw-connection.ts';
import type { RawOrder } from './raw-service.ts';

export interface RawCycle {
  /** One whole cycle on the actor of this name; resolves when stored by the stream and answered. */
  readonly call: (name: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface RawSizes {
  readonly recordBytes: number;
  readonly replyBytes: number;
}

const READY_DEADLINE_MS = 10_000;

/** The server must already hold Fairlead's streams: theirs are made after their pattern. */
export async function startRawCycle(server: RawServer, sizes: RawSizes): Promise<RawCycle> {
  const nc = await connectRaw(server);
  const manager = await jetstreamManager(nc);
  const stream = await twinOf(manager, streams.commands);
  await twinOf(manager, bucketStream(buckets.state));
  const order: RawOrder = { ...server, ...sizes, stream, bucket: twinName(buckets.state) };
  const service = fork(builtFile('test/bench/raw-service.js'), [JSON.stringify(order)], {
    stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
  });
  const ended = once(service, 'exit');
  await once(service, 'message', { signal: AbortSignal.timeout(READY_DEADLINE_MS) });

  const js = jetstream(nc);
  const inbox = createInbox();
  const waiting = new Map<string, () => void>();
  nc.subscribe(`${inbox}.*`, { callback: (_error, message) => waiting.get(message.subject)?.() });
  let sent = 0;

  return {
    call: async (name) => {
      sent += 1;
      const replyTo = `${inbox}.${sent}`;
      const replied = new Promise<void>((resolve) => waiting.set(replyTo, resolve));
      const carried = headers();
      carried.set('Reply-To', replyTo);
      const subject = `bench.v1.cmd.bench.cluster.${name}.pause`;
      const stored = js.publish(subject, '{}', { msgID: `raw-${sent}`, headers: carried });
      await Promise.all([stored, replied]);
      waiting.delete(replyTo);
    },
    stop: async () => {
      service.disconnect();
      await ended;
      await nc.close();
    },
  };
}

const twinName = (text: string): string =>
  text.replaceAll('FAIRLEAD', 'BENCH').replaceAll('fairlead.v1', 'bench.v1');

/** Same retention, transform, limits, republish and storage as ours, whatever those become; other names only. */
async function twinOf(manager: JetStreamManager, name: string): Promise<string> {
  const { config } = await manager.streams.info(name);
  const { metadata: _serversOwn, ...kept } = config;
  const twin = JSON.parse(twinName(JSON.stringify(kept))) as typeof config;
  await manager.streams.add(twin);
  return twin.name;
}
