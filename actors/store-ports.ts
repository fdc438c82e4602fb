/** Where hosting keeps what outlives a process: records and outcomes of calls under compare-and-set, and a shelf. */

export interface StoredRecord {
  readonly key: string;
  readonly bytes: string;
  readonly revision: number;
}

/**
 * How a write ended. `stale`: somebody else wrote in between, nothing was written. `unknown`: the answer is missing, read
 * the key back before deciding anything.
 */
export type WriteOutcome =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unknown'; readonly cause: string };

/** One JSON document per actor under compare-and-set. Reads come from the leader. */
export interface RecordStore {
  load(key: string): Promise<StoredRecord | undefined>;
  /** `expectedRevision` 0 creates. Never retries by itself and never rejects. */
  write(key: string, bytes: string, expectedRevision: number): Promise<WriteOutcome>;
  /** Every record of the given partitions, latest revision once each; all partitions when left out. */
  scan(partitions?: readonly number[]): AsyncIterable<StoredRecord>;
}

/**
 * What became of calls, by key, under compare-and-set: the same promises as for records. Entries vanish by themselves
 * when their time is over. Nothing is retried inside; `load` rejects when the store is away.
 */
export interface IdempotencyStore {
  load(key: string): Promise<StoredRecord | undefined>;
  write(key: string, bytes: string, expectedRevision: number): Promise<WriteOutcome>;
  scan(): AsyncIterable<StoredRecord>;
}

/** One small text of this host that outlives its process. The last save wins; losing it costs memory, not safety. */
export interface Shelf {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}
