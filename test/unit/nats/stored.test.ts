/** Reading what a stream holds, over a server whose copy may lag behind its leader's. */
import type { DeliverPolicy, JsMsg } from '@nats-io/jetstream';
import { expect, it } from 'vitest';
import type { Connection } from '../../../src/nats/connection.ts';
import { storedMessages } from '../../../src/nats/stored.ts';

interface Stored {
  readonly seq: number;
  readonly subject: string;
}

/** A consumer on a copy that has `batches[0]` at first, and gets the others one by one. */
function copyOf(...batches: readonly (readonly Stored[])[]) {
  const seen = { isDeleted: false };
  let read = 0;
  const fetch = (): Promise<Iterable<unknown>> =>
    Promise.resolve(
      (batches[read++] ?? []).map((stored, at, { length }) => ({
        ...stored,
        info: { pending: length - at - 1 },
      })),
    );
  const consumer = {
    info: () => Promise.resolve({ num_pending: batches[0]?.length ?? 0 }),
    fetch,
    delete: () => Promise.resolve((seen.isDeleted = true)),
  };
  const get = () => Promise.resolve(consumer);
  const connection = {
    ask: <T>(run: () => Promise<T>) => run(),
    js: { consumers: { get } },
  };
  return { seen, connection: connection as unknown as Connection };
}

const all = 'last_per_subject' as DeliverPolicy;
async function seqs(found: AsyncIterable<JsMsg>): Promise<number[]> {
  const read: number[] = [];
  for await (const { seq } of found) read.push(seq);
  return read;
}
const one = { seq: 1, subject: 's.a' };
const two = { seq: 2, subject: 's.b' };

it('ends with what is there when nothing more is known to be stored', async () => {
  const { seen, connection } = copyOf([one], [two]);
  expect(await seqs(storedMessages(connection, 'S', 's.>', all))).toEqual([1]);
  expect(seen.isDeleted).toBe(true);
});

it('waits for a copy that lags until it has what the leader had', async () => {
  const { connection } = copyOf([one], [two]);
  expect(await seqs(storedMessages(connection, 'S', 's.>', all, { upToSeq: 2 }))).toEqual([1, 2]);
});

it('fails when the copy never gets there, and lets its consumer go', async () => {
  const { seen, connection } = copyOf([one]);
  await expect(seqs(storedMessages(connection, 'S', 's.>', all, { upToSeq: 2 }))).rejects.toThrow(
    'reading S has stalled; try again',
  );
  expect(seen.isDeleted).toBe(true);
});
