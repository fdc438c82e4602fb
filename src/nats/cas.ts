/** One acknowledged write to a bucket under compare-and-set. */
import type { Connection } from './connection.ts';
import { keySubject } from './subjects.ts';
import type { Bucket } from './subjects.ts';

/**
 * Writes `bytes` if the key's revision is still `expectedRevision` (0: the key does not exist). Never repeats; rejects as
 * `faults.ts` classifies.
 */
export async function compareAndSet(
  connection: Connection,
  bucket: Bucket,
  key: string,
  bytes: string,
  expectedRevision: number,
): Promise<number> {
  const ack = await connection.ask(() =>
    connection.js.publish(keySubject(bucket, key), bytes, {
      expect: { lastSubjectSequence: expectedRevision },
    }),
  );
  return ack.seq;
}
