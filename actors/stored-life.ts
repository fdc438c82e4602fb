/** What the store holds of a resource's life, and so what its actor may start from. */
import { recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { loadRecord } from './commit.ts';
import type { CommitOptions } from './commit.ts';
import { doubt } from './doubt.ts';
import type { HostedKind } from './household.ts';
import type { KindSnapshot } from './kind.ts';
import { migrated } from './migration.ts';
import type { OutboxEntry } from './outbox.ts';
import { readRecord, snapshotOf } from './record.ts';
import type { ActorRecord } from './record.ts';
import type { SeenEntry } from './seen.ts';

/** What an actor starts from: what outlived the name's last bearer, or its own stored record. */
export type Origin =
  | {
      readonly kind: 'new';
      /** Of the tombstone that is replaced; 0 when there is none. */
      readonly revision: number;
      readonly seen: readonly SeenEntry[];
      readonly outbox: readonly OutboxEntry[];
      /** The tombstone that is replaced. */
      readonly before?: KindSnapshot;
    }
  | {
      readonly kind: 'stored';
      readonly record: ActorRecord;
      readonly bytes: string;
      readonly revision: number;
    };
export type NewLife = Extract<Origin, { kind: 'new' }>;

type StoredLife =
  | Extract<Origin, { kind: 'stored' }>
  | { readonly kind: 'absent' }
  /** Over, and everything said of it: what is left is where a new life starts. */
  | { readonly kind: 'tombstone'; readonly origin: NewLife }
  /** It must not be awakened by this host. */
  | { readonly kind: 'doubtful'; readonly reason: string }
  /** Ownership is gone. */
  | { readonly kind: 'unowned' };

export async function storedLife(
  options: CommitOptions,
  key: ResourceKey,
  hosted: HostedKind,
  fence: number,
): Promise<StoredLife> {
  const stored = await loadRecord(options, recordKey(key));
  if (stored === 'unowned') return { kind: 'unowned' };
  if (!stored) return { kind: 'absent' };
  const { bytes, revision } = stored;
  const read = readRecord(bytes);
  if (!read.ok) return { kind: 'doubtful', reason: `the record cannot be read: ${read.reason}` };
  const today = migrated(read.record, hosted);
  // What is over stays over, whichever chart ended it.
  const record = today.ok ? today.record : read.record;
  const { seen, outbox } = record;
  const before = snapshotOf(record);
  if (hosted.kind.isTombstone(before) && outbox.length === 0)
    return { kind: 'tombstone', origin: { kind: 'new', revision, seen, outbox, before } };
  if (!today.ok) return { kind: 'doubtful', reason: today.reason };
  const reason = doubt(record, key, hosted, fence);
  if (reason !== undefined) return { kind: 'doubtful', reason };
  return { kind: 'stored', record, bytes, revision };
}
