/** A snapshot at a moment: its state, how far it is, and finding it by id. */
import { AwsError } from '../../errors.ts';
import type { SnapshotRecord } from '../../state/volume-records.ts';
import { drawDuration } from '../../world.ts';
import type { Call, World } from '../../world.ts';
import { assertForm } from '../lookup.ts';

export type SnapshotState = 'pending' | 'completed' | 'error';

/** What is true at the moment. */
export const snapshotStateAt = (record: SnapshotRecord, nowMs: number): SnapshotState =>
  nowMs < record.endsAtMs ? 'pending' : record.outcome;

/** What reads show. */
export const seenSnapshotState = (record: SnapshotRecord, nowMs: number): SnapshotState =>
  nowMs < record.endSeenAtMs ? 'pending' : record.outcome;

/** Percent; 99 until it is seen to be over. */
export function progressOf(record: SnapshotRecord, nowMs: number): number {
  const state = seenSnapshotState(record, nowMs);
  if (state === 'completed') return 100;
  const wholeMs = record.endsAtMs - record.startedAtMs;
  const done = wholeMs <= 0 ? 1 : (nowMs - record.startedAtMs) / wholeMs;
  return Math.min(99, Math.max(0, Math.floor(100 * done)));
}

/** Pending work goes on after a delete, and counts until it is over. */
export const isWorking = (record: SnapshotRecord, nowMs: number): boolean =>
  snapshotStateAt(record, nowMs) === 'pending';

const isVisible = (record: SnapshotRecord, nowMs: number): boolean =>
  nowMs >= record.visibleAtMs && record.deletedAtMs === undefined;

export function snapshotsOf(call: Call): SnapshotRecord[] {
  return [...call.world.tables.snapshots.all()].filter(
    (record) => record.region === call.region && isVisible(record, call.nowMs),
  );
}

/**
 * @param region where it is looked for
 * @throws AwsError `InvalidParameterValue` for an id of the wrong form, `InvalidSnapshot.NotFound`
 */
export function findSnapshot(
  snapshotId: string,
  call: Call,
  region: string = call.region,
): SnapshotRecord {
  assertForm(snapshotId, 'snap', 'InvalidParameterValue', 'Invalid id');
  const record = call.world.tables.snapshots.get(snapshotId);
  if (record?.region === region && isVisible(record, call.nowMs)) return record;
  throw new AwsError('InvalidSnapshot.NotFound', `The snapshot '${snapshotId}' does not exist.`);
}

/** Reads lag behind both ends of the work. */
export function timesOf(
  world: World,
  snapshotId: string,
  { startedAtMs, endsAtMs }: Pick<SnapshotRecord, 'startedAtMs' | 'endsAtMs'>,
): Pick<SnapshotRecord, 'startedAtMs' | 'visibleAtMs' | 'endsAtMs' | 'endSeenAtMs'> {
  return {
    startedAtMs,
    visibleAtMs: startedAtMs + drawDuration(world, 'lag', snapshotId),
    endsAtMs,
    endSeenAtMs: endsAtMs + drawDuration(world, 'lag', `${snapshotId}/end`),
  };
}
