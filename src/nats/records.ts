/** RecordStore over JetStream KV: leader reads, compare-and-set by the key's revision, scan by an ordered consumer. */
import { DeliverPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { hosting } from '../../machines/limits.ts';
import type { RecordStore, StoredRecord, WriteOutcome } from '../../actors/ports.ts';
import { compareAndSet } from './cas.ts';
import { sleep } from '../sleep.ts';
import type { Connection } from './connection.ts';
import { classifyWrite, describe } from './faults.ts';
import { storedMessages } from './stored.ts';
import { bucketStream, buckets, keySubject } from './subjects.ts';

export async function createRecordStore(connection: Connection): Promise<RecordStore> {
  // A handle from open() reads from the leader; one from create() reads from any replica, which may be behind.
  const state = await new Kvm(connection.js).open(buckets.state);
  return {
    async load(key) {
      const entry = await connection.ask(() => state.get(key));
      if (entry?.operation !== 'PUT') return undefined;
      return { key, bytes: entry.string(), revision: entry.revision };
    },
    write: (key, bytes, expectedRevision) => write(connection, key, bytes, expectedRevision),
    scan: (partitions) => scan(connection, partitions),
  };
}

/**
 * While nothing can have been stored (not connected, no leader) the write is tried again in place, for 2 s at most: shorter
 * than a lease holds. Whatever else goes wrong is `unknown`.
 */
async function write(
  connection: Connection,
  key: string,
  bytes: string,
  expectedRevision: number,
): Promise<WriteOutcome> {
  const giveUpAtMs = performance.now() + hosting.storeRetryMaxMs;
  for (;;) {
    try {
      const revision = await compareAndSet(connection, buckets.state, key, bytes, expectedRevision);
      return { kind: 'written', revision };
    } catch (error) {
      const verdict = classifyWrite(error);
      if (verdict === 'stale') return { kind: 'stale' };
      const left = giveUpAtMs - performance.now();
      if (verdict !== 'notStored' || left <= 0) return { kind: 'unknown', cause: describe(error) };
      await again(connection, Math.min(left, hosting.storeRetryFirstMs));
    }
  }
}

async function again(connection: Connection, waitMs: number): Promise<void> {
  // Still not connected when the wait ends: the next try is refused, and its outcome tells.
  if (connection.connected()) await sleep(waitMs);
  else await connection.untilConnected(waitMs).catch(() => undefined);
}

/**
 * A record written during the scan may come twice, the newer one last. The consumer may live on a server whose copy lags, and
 * a record that is not seen here is an actor that nobody wakes: so the newest message, as the leader has it, has to come by.
 * Rejects when it does not, and when the server stops answering.
 */
async function* scan(
  connection: Connection,
  partitions?: readonly number[],
): AsyncIterable<StoredRecord> {
  if (partitions?.length === 0) return;
  const prefix = keySubject(buckets.state, '');
  const stream = bucketStream(buckets.state);
  const newest = await connection.ask(() =>
    connection.jsm.streams.getMessage(stream, { last_by_subj: `${prefix}>` }),
  );
  if (newest === null) return;
  const heads = partitions?.map((each) => `${prefix}${each}.`) ?? [prefix];
  const isWanted = (subject: string): boolean => heads.some((head) => subject.startsWith(head));
  const filter = heads.map((head) => `${head}>`);
  if (!isWanted(newest.subject)) filter.push(newest.subject);
  const found = storedMessages(connection, stream, filter, DeliverPolicy.LastPerSubject, {
    upToSeq: newest.seq,
  });
  for await (const message of found)
    if (isWanted(message.subject) && !message.headers?.has('KV-Operation'))
      yield {
        key: message.subject.slice(prefix.length),
        bytes: message.string(),
        revision: message.seq,
      };
}
