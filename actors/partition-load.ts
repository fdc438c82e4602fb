/** What is stored of one partition, read once when it is taken. */
import { recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { HostedKind } from './household.ts';
import type { KindSnapshot } from './kind.ts';
import { asOfToday } from './migration.ts';
import type { RecordStore, StoredRecord, Telemetry } from './ports.ts';
import { keyOf, readRecord, snapshotOf } from './record.ts';
import type { ActorRecord } from './record.ts';
import type { Found } from './steps/untold.ts';

export interface LoadParts {
  readonly store: RecordStore;
  readonly telemetry: Telemetry;
  readonly kinds: ReadonlyMap<string, HostedKind>;
  readonly partition: number;
}

export interface Loaded {
  readonly highestFence: number;
  readonly found: readonly Found[];
  /** What every actor of a kind that runs here is like, with the revision of its record. */
  readonly seen: readonly (readonly [ResourceKey, KindSnapshot, number])[];
  /** With the wall time at which each is due, milliseconds; 0: at once. */
  readonly wakes: readonly (readonly [ResourceKey, number])[];
}

/** Rejects when the store stops answering. What cannot be read is logged and left alone. */
export async function loadPartition(parts: LoadParts): Promise<Loaded> {
  const { store, kinds, partition } = parts;
  const found: Found[] = [];
  const seen: [ResourceKey, KindSnapshot, number][] = [];
  const wakes: [ResourceKey, number][] = [];
  let highestFence = 0;
  for await (const stored of store.scan([partition])) {
    const record = readable(parts, stored);
    if (record === undefined) continue;
    highestFence = Math.max(highestFence, record.fence);
    const key = keyOf(record);
    const hosted = kinds.get(key.kind);
    if (hosted === undefined || recordKey(key) !== stored.key) continue;
    seen.push([key, snapshotOf(asOfToday(record, hosted)), stored.revision]);
    found.push({ key, record });
    if (record.wakeAtMs !== null) wakes.push([key, record.wakeAtMs]);
  }
  return { highestFence, found, seen, wakes };
}

function readable({ telemetry }: LoadParts, { key, bytes }: StoredRecord): ActorRecord | undefined {
  const read = readRecord(bytes);
  if (read.ok) return read.record;
  const fields = { key, reason: read.reason };
  telemetry.log('error', fields, 'a record cannot be read; its actor is not started');
  return undefined;
}
