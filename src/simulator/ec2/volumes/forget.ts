/** Deleted volumes and snapshots stay in the truth for a day, so that a checker can still read what was on them. */
import type { Call, World } from '../../world.ts';
import { deletedKeptMs } from '../../timing.ts';
import { settled } from './append-log.ts';
import { stepAt } from './steps.ts';

/** Drops what has been deleted for longer; called whenever something new is made, so that the tables stay bounded. */
export function forgetDeleted({ world, nowMs }: Call): void {
  const { volumes, snapshots, volumeTokens } = world.tables;
  const beforeMs = nowMs - world.clock.scaled(deletedKeptMs);
  const forgotten = new Set<string>();
  for (const record of [...volumes.all()]) {
    const { state, atMs } = stepAt(record.steps, nowMs);
    if (state !== 'deleted' || atMs > beforeMs) continue;
    volumes.remove(record.volumeId);
    forgotten.add(record.volumeId);
  }
  for (const { snapshotId, deletedAtMs } of [...snapshots.all()]) {
    if (deletedAtMs !== undefined && deletedAtMs <= beforeMs) snapshots.remove(snapshotId);
  }
  if (forgotten.size === 0) return;
  for (const { key, volumeId } of [...volumeTokens.all()]) {
    if (forgotten.has(volumeId)) volumeTokens.remove(key);
  }
}

/** Writes down what the instance has written: once it is forgotten, nobody can work it out any more. */
export function settleBefore(world: World, instanceId: string, nowMs: number): void {
  for (const record of [...world.tables.volumes.all()]) {
    if (record.attachment?.instanceId !== instanceId) continue;
    world.tables.volumes.put(record.volumeId, settled(world, record, nowMs));
  }
}
