/** The stored form of one actor: one JSON document per key, written by compare-and-set. */
import { z } from 'zod';
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { jsonFlaw } from './json-flaw.ts';
import type { KindSnapshot } from './kind.ts';
import type { OutboxEntry } from './outbox.ts';
import type { SeenEntry } from './seen.ts';
import { hasCallInFlight } from './tree.ts';
import type { StoredTimer } from './stored-timer.ts';

/** Layout version of the record itself. */
export const recordSchema = 1;

export interface Strikes {
  readonly count: number;
  readonly code: string;
  readonly message: string;
  readonly atMs: number;
  /** The machine that threw; another version starts afresh. */
  readonly machineVersion: number;
}

export interface ActorRecord {
  readonly schema: typeof recordSchema;
  /** `kind/namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly machineId: string;
  readonly machineVersion: number;
  readonly definitionHash: string;
  /** Grows with every change of owner. */
  readonly fence: number;
  readonly host: string;
  /** Steps of this life so far, the one that wrote this record included; absent in records from before steps. */
  readonly steps?: number;
  readonly snapshot: unknown;
  readonly timers: readonly StoredTimer[];
  readonly outbox: readonly OutboxEntry[];
  readonly outboxNext: number;
  readonly seen: readonly SeenEntry[];
  readonly strikes: Strikes | null;
  /** 0: a call is in flight or events wait; null: nothing to wake for. */
  readonly wakeAtMs: number | null;
}

const id = z.string().min(1);
/** What hosting itself relies on; the snapshot's inside is the checker's business. */
const shape = z.looseObject({
  schema: z.literal(recordSchema),
  key: id,
  uid: id,
  machineId: id,
  machineVersion: z.int(),
  definitionHash: id,
  fence: z.int().min(0),
  host: z.string(),
  steps: z.int().min(0).optional(),
  snapshot: z.looseObject({
    status: z.enum(['active', 'done']),
    value: z.union([z.string(), z.record(z.string(), z.unknown())]),
    context: z.record(z.string(), z.unknown()),
    children: z.record(z.string(), z.unknown()),
  }),
  timers: z.array(
    z.looseObject({
      from: z.string(),
      to: z.string(),
      id,
      event: z.looseObject({ type: id }),
      atMs: z.number(),
    }),
  ),
  outbox: z.array(z.looseObject({ id, event: id, data: z.record(z.string(), z.unknown()) })),
  outboxNext: z.int().min(0),
  seen: z.array(z.looseObject({ id, code: id })),
  strikes: z.looseObject({ count: z.int(), machineVersion: z.int() }).nullable(),
  wakeAtMs: z.number().nullable(),
});

export type ReadRecord =
  | { readonly ok: true; readonly record: ActorRecord }
  | { readonly ok: false; readonly reason: string };

/** "No record" and "unreadable record" are different roads: the latter is quarantined, never overwritten. */
export function readRecord(bytes: string): ReadRecord {
  let json: unknown;
  try {
    json = JSON.parse(bytes);
  } catch (thrown) {
    return { ok: false, reason: `not JSON: ${jsonFlaw(thrown)}` };
  }
  const checked = shape.safeParse(json);
  if (!checked.success) return { ok: false, reason: z.prettifyError(checked.error) };
  return { ok: true, record: json as ActorRecord };
}

/** When a host that loads this must wake the actor: at once, at its earliest deadline, or never by itself. */
export function wakeAtMsOf(
  snapshot: unknown,
  timers: readonly StoredTimer[],
  outbox: readonly OutboxEntry[],
): number | null {
  if (outbox.length > 0 || hasCallInFlight(snapshot)) return 0;
  const earliestMs = timers.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
  return Number.isFinite(earliestMs) ? earliestMs : null;
}

/** A record from before steps were counted is the first one itself. */
export const stepsOf = ({ steps = 1 }: ActorRecord): number => steps;

/** The root's state as stored, for views and observers. */
export const snapshotOf = (record: ActorRecord): KindSnapshot => record.snapshot as KindSnapshot;

/** `kind/namespace/name` back into its parts. */
export function keyOf(record: ActorRecord): ResourceKey {
  const [kind = '', namespace = '', name = ''] = record.key.split('/');
  return { kind, namespace, name };
}

export const isRecordOf = (record: ActorRecord, key: ResourceKey): boolean =>
  record.key === keyText(key);
