/** The idempotency store over JetStream KV: one try per call, and the bucket's own age limit is what deletes. */
import { DeliverPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { IdempotencyStore } from '../../actors/ports.ts';
import { compareAndSet } from './cas.ts';
import type { Connection } from './connection.ts';
import { classifyWrite, describe } from './faults.ts';
import { storedMessages } from './stored.ts';
import { bucketStream, buckets, keySubject } from './subjects.ts';

/** Calls wait for no server: whoever asks goes on without an answer. */
export async function createIdempotencyStore(connection: Connection): Promise<IdempotencyStore> {
  // From open(), so that reads come from the leader.
  const bucket = await new Kvm(connection.js).open(buckets.idempotency);
  const prefix = keySubject(buckets.idempotency, '');
  return {
    async load(key) {
      const entry = await connection.ask(() => bucket.get(key));
      if (entry?.operation !== 'PUT') return undefined;
      return { key, bytes: entry.string(), revision: entry.revision };
    },
    async write(key, bytes, expected) {
      try {
        const revision = await compareAndSet(connection, buckets.idempotency, key, bytes, expected);
        return { kind: 'written', revision };
      } catch (error) {
        if (classifyWrite(error) === 'stale') return { kind: 'stale' };
        return { kind: 'unknown', cause: describe(error) };
      }
    },
    async *scan() {
      const stream = bucketStream(buckets.idempotency);
      const found = storedMessages(connection, stream, `${prefix}>`, DeliverPolicy.LastPerSubject);
      for await (const message of found)
        yield {
          key: message.subject.slice(prefix.length),
          bytes: message.string(),
          revision: message.seq,
        };
    },
  };
}
