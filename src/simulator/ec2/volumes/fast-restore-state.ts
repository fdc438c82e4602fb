/** Fast snapshot restore of one snapshot in one zone, at a moment. */
import type { FastRestoreRecord } from '../../state/volume-records.ts';
import type { Call } from '../../world.ts';
import { stateAt } from './steps.ts';

export const fastRestoreKey = (snapshotId: string, zone: string): string => `${snapshotId}/${zone}`;

export function isFastRestorable(snapshotId: string, zone: string, call: Call): boolean {
  const record = call.world.tables.fastRestores.get(fastRestoreKey(snapshotId, zone));
  return record !== undefined && stateAt(record.steps, call.nowMs) === 'enabled';
}

/** True while it is on, or on its way there or back: it counts against the quota. */
export const isInForce = (record: FastRestoreRecord, nowMs: number): boolean =>
  stateAt(record.steps, nowMs) !== 'disabled';
