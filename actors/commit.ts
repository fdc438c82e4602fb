/** One record write until its outcome is certain: written, stale, or no longer ours to find out. */
import { hosting } from '../machines/limits.ts';
import { messageOf } from './faults.ts';
import { pause } from './heap-clock.ts';
import type { Clock, RecordStore, StoredRecord, Telemetry, WriteOutcome } from './ports.ts';

export interface CommitOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** False once another host may write; then nothing more is tried. */
  readonly owned: () => boolean;
}

export type CommitOutcome =
  | { readonly kind: 'written'; readonly revision: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'unowned' };

/**
 * Waits in place while the store is away. A missing answer is read back: our bytes mean written, the old revision means
 * write again, anything else is stale. A stale answer is never followed by another write.
 */
export async function commit(
  options: CommitOptions,
  key: string,
  bytes: string,
  expectedRevision: number,
): Promise<CommitOutcome> {
  const wait = patience(options, key);
  let isUnclear = false;
  while (options.owned()) {
    const outcome = await write(options, key, bytes, expectedRevision);
    if (outcome.kind === 'written') return outcome;
    // "Stale" may be our own late write when an earlier answer is missing.
    if (outcome.kind === 'stale' && !isUnclear) return outcome;
    isUnclear = true;
    if (outcome.kind === 'unknown') await wait(outcome.cause);
    const found = await readBack(options, key, wait);
    if (found === 'unowned') break;
    if (found?.bytes === bytes) return { kind: 'written', revision: found.revision };
    if ((found?.revision ?? 0) !== expectedRevision) return { kind: 'stale' };
  }
  return { kind: 'unowned' };
}

/** Reads until an answer comes, for as long as the record is ours to read. */
export async function loadRecord(
  options: CommitOptions,
  key: string,
): Promise<StoredRecord | undefined | 'unowned'> {
  const found = await readBack(options, key, patience(options, key));
  // An answer that was long on its way may tell of the next owner's doings.
  return options.owned() ? found : 'unowned';
}

type Wait = (cause: string) => Promise<void>;

async function readBack(
  options: CommitOptions,
  key: string,
  wait: Wait,
): Promise<StoredRecord | undefined | 'unowned'> {
  while (options.owned()) {
    try {
      return await options.store.load(key);
    } catch (thrown) {
      await wait(messageOf(thrown));
    }
  }
  return 'unowned';
}

async function write(
  { store, clock, telemetry }: CommitOptions,
  key: string,
  bytes: string,
  expectedRevision: number,
): Promise<WriteOutcome> {
  const startMs = clock.monotonicMs();
  const outcome = await store
    .write(key, bytes, expectedRevision)
    .catch((thrown: unknown): WriteOutcome => ({ kind: 'unknown', cause: messageOf(thrown) }));
  telemetry.count('fairlead_store_writes_total', { outcome: outcome.kind });
  telemetry.observe('fairlead_store_write_seconds', (clock.monotonicMs() - startMs) / 1000);
  return outcome;
}

/** Growing pauses between tries; says once, loudly, when they have added up. */
function patience({ clock, telemetry }: CommitOptions, key: string): Wait {
  const startMs = clock.monotonicMs();
  let waitMs: number = hosting.storeRetryFirstMs;
  let isTold = false;
  return async (cause) => {
    const waitedMs = clock.monotonicMs() - startMs;
    if (!isTold && waitedMs > hosting.storeAlarmMs) {
      isTold = true;
      telemetry.log('error', { key, waitedMs, cause }, 'the record store does not answer');
    }
    await pause(clock, waitMs);
    waitMs = Math.min(waitMs * 2, hosting.storeRetryMaxMs);
  };
}
