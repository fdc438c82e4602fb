/** Presences and leases: keys that expire unless their holder keeps writing them by compare-and-set. */
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import { z } from 'zod';
import { bounds } from '../../machines/limits.ts';
import type { HostSeat, Leases, LeaseSurvey, Presence } from '../../actors/ports.ts';
import { ulid } from '../ulid.ts';
import { compareAndSet } from './cas.ts';
import type { Connection, Log } from './connection.ts';
import { classifyWrite } from './faults.ts';
import { bucketStream, buckets, freedSubject, keySubject } from './subjects.ts';

const STREAM = bucketStream(buckets.lease);
const MS = 1_000_000;

const partitionKey = (partition: number): string => `p${partition}`;
const hostKey = (host: string): string => `n.${host}`;

/** What a key holds; nobody while it is absent. */
interface Seat {
  readonly holder: string | undefined;
  /** The process that wrote it; tells a lost answer of ours from another process under our name. Sorts by time of start. */
  readonly instance: string;
  /** 0 when the key is absent. */
  readonly revision: number;
  readonly presence?: Presence;
}

const stored = z.object({
  holder: z.string().min(1),
  instance: z.string(),
  presence: z
    .object({
      isDraining: z.boolean(),
      owned: z.int(),
      version: z.string(),
      startedAtMs: z.number(),
    })
    .optional(),
});

interface Parts {
  readonly connection: Connection;
  /** Told of a key of which nothing can be read. */
  readonly unread: (key: string, reason: string) => void;
  readonly bucket: KV;
  readonly host: string;
  readonly instance: string;
}

/** Holds a partition whose lease cannot be read: somebody wrote it, so nobody may take it before it ends. */
const UNKNOWN_HOST = '?';

const absent = (revision: number): Seat => ({ holder: undefined, instance: '', revision });

async function read({ connection, bucket, unread }: Parts, key: string): Promise<Seat> {
  const entry = await connection.ask(() => bucket.get(key));
  if (entry?.operation !== 'PUT') return absent(entry?.revision ?? 0);
  const { revision } = entry;
  const seat = seatOf(entry.string());
  if (typeof seat !== 'string') return { ...seat, revision };
  unread(key, seat);
  return isPartition(key) ? { holder: UNKNOWN_HOST, instance: '', revision } : absent(revision);
}

/** Or why it cannot be read. */
function seatOf(text: string): Omit<Seat, 'revision'> | string {
  try {
    const { holder, instance, presence } = stored.parse(JSON.parse(text));
    return { holder, instance, ...(presence && { presence }) };
  } catch (thrown) {
    return thrown instanceof z.ZodError ? z.prettifyError(thrown) : 'it is no JSON';
  }
}

/** Resolves with the new revision, or undefined when somebody else wrote; reads back when the answer is missing. */
async function take(
  parts: Parts,
  key: string,
  expected: number,
  presence?: Presence,
): Promise<number | undefined> {
  const { connection, host: holder, instance } = parts;
  const bytes = JSON.stringify({ holder, instance, ...(presence && { presence }) });
  try {
    return await compareAndSet(connection, buckets.lease, key, bytes, expected);
  } catch (error) {
    const verdict = classifyWrite(error);
    if (verdict === 'notStored' || verdict === 'refused') throw error;
    const seat = await read(parts, key);
    return seat.holder === holder && seat.instance === instance ? seat.revision : undefined;
  }
}

/** Purged up to our own revision and not marked as deleted: free at once for whoever looks, and nobody else's is touched. */
async function free({ connection, host }: Parts, key: string, revision: number): Promise<void> {
  const filter = keySubject(buckets.lease, key);
  await connection.ask(() => connection.jsm.streams.purge(STREAM, { filter, seq: revision + 1 }));
  connection.nc.publish(freedSubject, host);
}

/** The keys that live now, by one look at the stream. */
async function keys({ connection }: Parts): Promise<string[]> {
  const filter = keySubject(buckets.lease, '>');
  const info = await connection.ask(() =>
    connection.jsm.streams.info(STREAM, { subjects_filter: filter }),
  );
  const prefix = keySubject(buckets.lease, '');
  return Object.keys(info.state.subjects ?? {}).map((each) => each.slice(prefix.length));
}

/**
 * A process of the same host takes over at once, whichever process it was; what has expired cannot be renewed even if nobody
 * took it. Calls read the key back when an answer is lost, and reject when that fails too.
 */
export async function createLeases(
  connection: Connection,
  host: string,
  log: Log = () => undefined,
): Promise<Leases> {
  const bucket = await new Kvm(connection.js).open(buckets.lease);
  const { config } = await connection.ask(() => connection.jsm.streams.info(STREAM));
  const ttlMs = config.max_age / MS;
  const unread = unreadOnce(log);
  const parts: Parts = { connection, bucket, host, instance: ulid(), unread };
  const held = new Map<number, number>();
  const holders = new Holders(parts, ttlMs);
  let presence = absent(0);

  return {
    ttlMs,
    async survey(isFresh = false) {
      return holders.survey(await keys(parts), isFresh);
    },
    async announce(told) {
      const key = hostKey(host);
      const mayBe = presence.revision === 0 ? undefined : presence.revision;
      let revision = mayBe && (await take(parts, key, mayBe, told));
      if (revision === undefined) {
        const seat = await read(parts, key);
        presence = absent(0);
        if (seat.instance > parts.instance) return false;
        revision = await take(parts, key, seat.revision, told);
        if (revision === undefined) throw new Error('the presence of this host changed meanwhile');
      }
      presence = { holder: host, instance: parts.instance, revision };
      return true;
    },
    async withdraw() {
      const seat = await read(parts, hostKey(host));
      if (seat.instance === parts.instance) await free(parts, hostKey(host), seat.revision);
    },
    async acquire(partition) {
      held.delete(partition);
      const key = partitionKey(partition);
      const seat = await read(parts, key);
      if (seat.holder !== undefined && seat.holder !== host) return undefined;
      const revision = await take(parts, key, seat.revision);
      if (revision === undefined) return undefined;
      held.set(partition, revision);
      return { revision };
    },
    async renew(partition) {
      const before = held.get(partition);
      if (before === undefined) return false;
      const revision = await take(parts, partitionKey(partition), before);
      if (revision === undefined) held.delete(partition);
      else held.set(partition, revision);
      return revision !== undefined;
    },
    async release(partition) {
      held.delete(partition);
      const seat = await read(parts, partitionKey(partition));
      if (seat.holder !== host || seat.instance !== parts.instance) return;
      await free(parts, partitionKey(partition), seat.revision);
    },
    onFreed(tell) {
      const subscription = connection.nc.subscribe(freedSubject, {
        callback: (error, message) => {
          if (error === null && message.string() !== host) tell();
        },
      });
      return () => {
        subscription.unsubscribe();
      };
    },
  };
}

/** Once for each key. */
function unreadOnce(log: Log): Parts['unread'] {
  const told = new Set<string>();
  return (key, reason) => {
    if (told.has(key)) return;
    told.add(key);
    const text = isPartition(key)
      ? 'a lease cannot be read: the partition counts as held by another host until the lease ends; delete the key if it does not'
      : 'a key among the leases cannot be read and is passed over; delete it if it does not end';
    log('error', { bucket: buckets.lease, key, reason }, text);
  };
}

/** Who holds what. Names are read once in a time to live; that they live at all is seen in every survey. */
class Holders {
  readonly #parts: Parts;
  readonly #ttlMs: number;
  readonly #known = new Map<string, { readonly seat: Seat; readonly readMs: number }>();

  constructor(parts: Parts, ttlMs: number) {
    this.#parts = parts;
    this.#ttlMs = ttlMs;
  }

  async survey(live: readonly string[], isFresh: boolean): Promise<LeaseSurvey> {
    const found = await Promise.all(
      live.map(async (key) => [key, await this.#read(key, isFresh)] as const),
    );
    for (const key of this.#known.keys()) if (!live.includes(key)) this.#known.delete(key);
    const hosts: HostSeat[] = [];
    const partitions = new Map<number, string>();
    for (const [key, { holder, presence }] of found) {
      if (holder === undefined) continue; // it ended meanwhile
      if (presence !== undefined) hosts.push({ ...presence, host: holder });
      else if (isPartition(key)) partitions.set(Number(key.slice(1)), holder);
    }
    return { hosts, partitions };
  }

  async #read(key: string, isFresh: boolean): Promise<Seat> {
    const known = this.#known.get(key);
    const nowMs = performance.now();
    // Presences tell of draining, and there are few.
    const isStale = isFresh || key.startsWith('n.') || nowMs - (known?.readMs ?? 0) > this.#ttlMs;
    if (known !== undefined && !isStale) return known.seat;
    const seat = await read(this.#parts, key);
    this.#known.set(key, { seat, readMs: nowMs });
    return seat;
  }
}

const isPartition = (key: string): boolean =>
  /^p\d{1,2}$/.test(key) && Number(key.slice(1)) < bounds.partitions;
