/** The lease on all partitions: one key that expires unless its holder keeps writing it by compare-and-set. */
import { Kvm } from '@nats-io/kv';
import type { Lease } from '../../actors/ports.ts';
import { compareAndSet } from './cas.ts';
import type { Connection } from './connection.ts';
import { classifyWrite } from './faults.ts';
import { buckets } from './subjects.ts';
import { ulid } from '../ulid.ts';

const KEY = 'all';

/** What the key holds; nobody while it is absent or only a delete marker is left. */
interface Seat {
  readonly holder: string | undefined;
  /** The process that wrote it; tells a lost answer of ours from another process under our name. */
  readonly instance: string | undefined;
  /** 0 when the key is absent. */
  readonly revision: number;
}

/**
 * The same holder takes its lease back at once, whichever process it was. An expired lease cannot be renewed even if nobody
 * took it. `acquire` and `renew` read the key back when an answer is lost, and reject when that fails too.
 */
export async function createLease(connection: Connection): Promise<Lease> {
  const bucket = await new Kvm(connection.js).open(buckets.lease);
  const instance = ulid();
  let heldRevision: number | undefined;

  const read = async (): Promise<Seat> => {
    const entry = await connection.ask(() => bucket.get(KEY));
    const revision = entry?.revision ?? 0;
    if (entry?.operation !== 'PUT') return { holder: undefined, instance: undefined, revision };
    return { ...entry.json<{ holder: string; instance: string }>(), revision };
  };
  const isOurs = (seat: Seat, holder: string): boolean =>
    seat.holder === holder && seat.instance === instance;

  /** Resolves with the new revision, or undefined when somebody else wrote; reads back when the answer is missing. */
  const take = async (holder: string, expected: number): Promise<number | undefined> => {
    const bytes = JSON.stringify({ holder, instance });
    try {
      return await compareAndSet(connection, buckets.lease, KEY, bytes, expected);
    } catch (error) {
      const verdict = classifyWrite(error);
      if (verdict === 'notStored' || verdict === 'refused') throw error;
      const seat = await read();
      return isOurs(seat, holder) ? seat.revision : undefined;
    }
  };

  return {
    async acquire(holder) {
      const seat = await read();
      if (seat.holder !== undefined && seat.holder !== holder) return undefined;
      const revision = await take(holder, seat.revision);
      heldRevision = revision;
      return revision === undefined ? undefined : { revision };
    },
    async renew(holder) {
      if (heldRevision === undefined) return false;
      heldRevision = await take(holder, heldRevision);
      return heldRevision !== undefined;
    },
    async release(holder) {
      heldRevision = undefined;
      const seat = await read();
      if (!isOurs(seat, holder)) return;
      await connection.ask(() => bucket.purge(KEY, { previousSeq: seat.revision }));
    },
  };
}
