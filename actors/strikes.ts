/** Poison leaves a mark on the last good record; too many marks in a row, and the actor is held for inspection. */
import { recordKey } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import { bounds, hosting } from '../machines/limits.ts';
import type { Cut } from './commit-gate.ts';
import { commit, loadRecord } from './commit.ts';
import type { CommitOptions } from './commit.ts';
import type { Command } from './envelope.ts';
import { messageOf } from './faults.ts';
import { readRecord } from './record.ts';
import type { ActorRecord, Strikes } from './record.ts';
import { Seen } from './seen.ts';

/** Code and text of a turn that was discarded. */
export function blame(cut: Cut): { code: string; message: string } {
  if (cut.kind === 'poison') return { code: 'actor.poisoned', message: messageOf(cut.error) };
  if (cut.kind !== 'tooLarge') return { code: 'internal.assertion', message: cut.kind };
  const message = `the record would have ${cut.bytes} bytes; at most ${bounds.recordBytesMax} are stored`;
  return { code: 'record.tooLarge', message };
}

/**
 * Writes one more strike over the last good record, with the culprit's answer, so that its redelivery is not run again.
 * An actor without a record gets none: a creation that failed leaves nothing behind.
 */
export async function strike(
  options: CommitOptions,
  key: ResourceKey,
  machineVersion: number,
  cut: Cut,
  culprit: Command | undefined,
): Promise<void> {
  const fault = { ...blame(cut), machineVersion, atMs: options.clock.nowMs() };
  for (;;) {
    const stored = await loadRecord(options, recordKey(key));
    if (stored === 'unowned' || !stored) return;
    const read = readRecord(stored.bytes);
    if (!read.ok) return;
    const bytes = JSON.stringify(marked(read.record, stored.revision, fault, culprit));
    const outcome = await commit(options, recordKey(key), bytes, stored.revision);
    if (outcome.kind !== 'stale') return;
  }
}

function marked(
  record: ActorRecord,
  revision: number,
  fault: Omit<Strikes, 'count'>,
  culprit: Command | undefined,
): ActorRecord {
  const seen = new Seen(record.seen, revision);
  const { code, message } = fault;
  if (culprit) {
    const { commandId: id, correlationId } = culprit;
    seen.add({ id, code, correlationId, message });
  }
  const last = record.strikes;
  const addsUp =
    last?.machineVersion === fault.machineVersion &&
    fault.atMs - last.atMs < hosting.strikeWindowMs;
  return {
    ...record,
    seen: seen.list(),
    strikes: { ...fault, count: addsUp ? last.count + 1 : 1 },
  };
}
