/** A snapshot as EC2 describes it, in the SDK's words. */
import type { Snapshot, SnapshotInfo } from '@aws-sdk/client-ec2';
import { ownerId } from '../../catalogue.ts';
import type { SnapshotRecord } from '../../state/volume-records.ts';
import { toTagList } from '../tags.ts';
import { progressOf, seenSnapshotState } from './snapshot-state.ts';

export function viewSnapshot(record: SnapshotRecord, nowMs: number): Snapshot {
  const state = seenSnapshotState(record, nowMs);
  const isCopy = record.copyOf !== undefined;
  const minutes = record.durationMinutes;
  return {
    ...viewInfo(record, nowMs),
    StorageTier: 'standard',
    ...(record.kmsKeyId === undefined ? {} : { KmsKeyId: record.kmsKeyId }),
    ...(state === 'error' && record.message !== undefined ? { StateMessage: record.message } : {}),
    ...(state === 'completed' ? { CompletionTime: new Date(record.endsAtMs) } : {}),
    ...(isCopy ? { TransferType: minutes === undefined ? 'standard' : 'time-based' } : {}),
    ...(minutes === undefined ? {} : { CompletionDurationMinutes: minutes }),
  };
}

/** The shorter form that CreateSnapshots answers with. */
export function viewInfo(record: SnapshotRecord, nowMs: number): SnapshotInfo {
  return {
    SnapshotId: record.snapshotId,
    VolumeId: record.volumeId,
    VolumeSize: record.sizeGiB,
    OwnerId: ownerId,
    State: seenSnapshotState(record, nowMs),
    Progress: `${String(progressOf(record, nowMs))}%`,
    StartTime: new Date(record.startedAtMs),
    Description: record.description,
    Encrypted: record.isEncrypted,
    Tags: toTagList(record.tags),
  };
}
