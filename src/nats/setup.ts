/** Streams and buckets: created once, compared and updated at every start of a host, refused when they do not fit. */
import { DiscardPolicy, PersistMode, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { KV } from '@nats-io/kv';
import { nanos } from '@nats-io/transport-node';
import { bounds, hosting, idempotency, stepLimits } from '../../machines/limits.ts';
import { compareAndSet } from './cas.ts';
import { sleep } from '../sleep.ts';
import type { Connection } from './connection.ts';
import { classifyWrite, describe, hasCode, jetStreamCodes } from './faults.ts';
import { bucketStream, buckets, patterns, streams } from './subjects.ts';
import type { Bucket } from './subjects.ts';

export interface SetupOptions {
  /** Who sets up; the same name takes over its own unfinished set-up at once. */
  readonly holder: string;
  /** Facts this installation is bound to (as `mode`, `installation`); a stored fact that differs refuses to start. */
  readonly binding: Readonly<Record<string, string>>;
  /** Room for events, reserved on the server. Default 512 MiB. */
  readonly eventBytesMax?: number;
  /** Room for steps, reserved on the server. Default `stepLimits.keptBytesMax`. */
  readonly stepBytesMax?: number;
  /** Copies of every stream and bucket: 3 needs as many servers. Default 1. */
  readonly replicas?: 1 | 3;
  /** Life of a lease that is not renewed. Default `hosting.leaseTtlMs`; with 3 replicas it outlasts an election. */
  readonly leaseTtlMs?: number;
  /** How long results of calls are kept. Default `idempotency.ttlMs`. */
  readonly idempotencyTtlMs?: number;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;
/** Room for headers beside a payload or record of full size. */
const HEADER_BYTES = 16 * 1024;
const LOCK_KEY = 'lock.setup';
/** A lock that nobody touched for this long belongs to a host that died. */
const LOCK_STALE_MS = 10_000;
const LOCK_LOOK_MS = 200;

type Wanted = Partial<StreamConfig> & { readonly name: string };

/**
 * Makes all eight exist as wanted. Safe to run at every start and by several hosts at once (one does it, the others wait).
 * @throws Error that names what does not fit: another partition count, another installation, a field that cannot change.
 */
export async function setUpStreams(connection: Connection, options: SetupOptions): Promise<void> {
  const replicas = options.replicas ?? 1;
  await ensure(connection, { ...bucket(buckets.meta, {}), num_replicas: replicas });
  const meta = await new Kvm(connection.js).open(buckets.meta);
  const release = await lock(connection, meta, options.holder);
  try {
    const facts = { ...options.binding, partitions: String(bounds.partitions) };
    for (const [name, value] of Object.entries(facts)) await bind(connection, meta, name, value);
    for (const wanted of wantedStreams(options))
      await ensure(connection, { ...wanted, num_replicas: replicas });
  } finally {
    await release();
  }
}

/** The fields that are set; everything else stays the server's default and is not compared. */
function wantedStreams(options: SetupOptions): Wanted[] {
  const file = { storage: StorageType.File } as const;
  const keptMs = options.idempotencyTtlMs ?? idempotency.ttlMs;
  const { leaseTtlMs, leaseTtlClusterMs } = hosting;
  const leaseMs = options.leaseTtlMs ?? (options.replicas === 3 ? leaseTtlClusterMs : leaseTtlMs);
  const repeatsFold = { duplicate_window: nanos(120 * SECOND_MS) } as const;
  return [
    {
      ...file,
      ...repeatsFold,
      name: streams.commands,
      retention: RetentionPolicy.Workqueue,
      subjects: [patterns.commands, patterns.internalCommands],
      subject_transform: { src: patterns.commands, dest: patterns.storedAs },
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: bounds.perSubjectMax,
      max_msgs: 100_000,
      max_age: nanos(7 * DAY_MS),
      max_msg_size: bounds.payloadBytesMax + HEADER_BYTES,
    },
    {
      ...file,
      ...repeatsFold,
      name: streams.events,
      retention: RetentionPolicy.Limits,
      subjects: [patterns.events],
      discard: DiscardPolicy.Old,
      max_age: nanos(30 * DAY_MS),
      max_bytes: options.eventBytesMax ?? 512 * MIB,
      max_msgs_per_subject: 2_000,
    },
    {
      ...file,
      ...repeatsFold,
      name: streams.deadLetters,
      retention: RetentionPolicy.Limits,
      subjects: [patterns.deadLetters],
      discard: DiscardPolicy.Old,
      max_age: nanos(30 * DAY_MS),
      // The server reserves this room at creation, so a page's generous figure would fail on a small disk.
      max_bytes: 256 * MIB,
    },
    {
      ...file,
      ...repeatsFold,
      name: streams.steps,
      retention: RetentionPolicy.Limits,
      subjects: [patterns.steps],
      discard: DiscardPolicy.Old,
      max_age: nanos(stepLimits.keptMs),
      max_bytes: options.stepBytesMax ?? stepLimits.keptBytesMax,
      max_msgs_per_subject: stepLimits.keptPerActorMax,
    },
    bucket(buckets.state, {
      republish: { src: `$KV.${buckets.state}.>`, dest: patterns.live },
      max_msg_size: bounds.recordBytesMax + HEADER_BYTES,
    }),
    bucket(buckets.lease, { max_age: nanos(leaseMs) }),
    // Age deletes; when room runs out the oldest results go first, because calls need no place here to be made.
    bucket(buckets.idempotency, {
      max_age: nanos(keptMs),
      // Said here because the server refuses an age below it.
      duplicate_window: nanos(Math.min(keptMs, 120 * SECOND_MS)),
      max_bytes: 64 * MIB,
      discard: DiscardPolicy.Old,
    }),
  ];
}

/** As the KV convention wants its streams, history 1. */
const bucket = (name: Bucket, more: Partial<StreamConfig>): Wanted => ({
  name: bucketStream(name),
  subjects: [`$KV.${name}.>`],
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_msgs_per_subject: 1,
  deny_delete: true,
  allow_rollup_hdrs: true,
  allow_direct: true,
  ...more,
});

async function ensure(connection: Connection, wanted: Wanted): Promise<void> {
  const { jsm } = connection;
  let info: StreamInfo;
  try {
    info = await patiently(connection, () => jsm.streams.info(wanted.name));
  } catch (error) {
    if (!hasCode(error, jetStreamCodes.streamNotFound)) throw error;
    info = await patiently(connection, () => jsm.streams.add(wanted)).catch((cause: unknown) =>
      refuse(wanted.name, 'cannot be created', cause),
    );
  }
  if (info.config.persist_mode === PersistMode.Async)
    throw new Error(
      `stream ${wanted.name} has persist_mode async, which loses acknowledged writes; recreate it without`,
    );
  const differing = Object.entries(wanted)
    .filter(([field, value]) => !covers(info.config[field as keyof StreamConfig], value))
    .map(([field]) => field);
  if (differing.length === 0) return;
  await patiently(connection, () =>
    jsm.streams.update(wanted.name, { ...info.config, ...wanted }),
  ).catch((cause: unknown) =>
    refuse(wanted.name, `differs in ${differing.join(', ')} and cannot be changed`, cause),
  );
}

/** Servers of a cluster that has just come up choose leaders first; until then nobody answers, or refuses as if too few were there. */
async function patiently<T>(connection: Connection, call: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + hosting.storeAlarmMs;
  for (;;) {
    try {
      return await connection.ask(call);
    } catch (error) {
      const isEarly =
        classifyWrite(error) === 'notStored' || hasCode(error, jetStreamCodes.noSuitablePeers);
      if (!isEarly || performance.now() > untilMs) throw error;
      // Without a connection the next call says so itself, and counts against the same time.
      await sleep(LOCK_LOOK_MS);
    }
  }
}

function refuse(name: string, what: string, cause: unknown): never {
  throw new Error(`stream ${name} ${what}: ${describe(cause)}`, { cause });
}

/** True when every field of `wanted` is the same in `have`; the server adds fields of its own. */
function covers(have: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted) && Array.isArray(have))
    return wanted.length === have.length && wanted.every((each, at) => covers(have[at], each));
  if (typeof wanted === 'object' && wanted !== null && typeof have === 'object' && have !== null)
    return Object.entries(wanted).every(([key, value]) =>
      covers((have as Record<string, unknown>)[key], value),
    );
  // The server leaves out what is false, zero or empty.
  return have === wanted || (have === undefined && (wanted === false || wanted === 0));
}

/** Notes a fact for ever, or refuses when another value is stored. */
async function bind(connection: Connection, meta: KV, name: string, value: string): Promise<void> {
  const key = `binding.${name}`;
  const stored = await connection.ask(() => meta.get(key));
  if (stored?.operation === 'PUT') {
    if (stored.string() === value) return;
    throw new Error(
      `this NATS belongs to another set-up: its ${name} is ${stored.string()}, ours is ${value}; ` +
        'use another server or data folder, or the matching configuration',
    );
  }
  await compareAndSet(connection, buckets.meta, key, value, 0);
}

/** One host sets up at a time; a lock that does not change for 10 s is taken over. */
async function lock(
  connection: Connection,
  meta: KV,
  holder: string,
): Promise<() => Promise<void>> {
  let seen = { revision: 0, sinceMs: performance.now() };
  for (;;) {
    const entry = await connection.ask(() => meta.get(LOCK_KEY));
    const isFree = entry?.operation !== 'PUT' || entry.string() === holder;
    const revision = entry?.revision ?? 0;
    if (revision !== seen.revision) seen = { revision, sinceMs: performance.now() };
    if (isFree || performance.now() - seen.sinceMs > LOCK_STALE_MS) {
      try {
        const held = await compareAndSet(connection, buckets.meta, LOCK_KEY, holder, revision);
        return () => connection.ask(() => meta.delete(LOCK_KEY, { previousSeq: held }));
      } catch (error) {
        if (classifyWrite(error) !== 'stale') throw error;
      }
    }
    await sleep(LOCK_LOOK_MS);
  }
}
