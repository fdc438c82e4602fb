/** DescribeSnapshots and DeleteSnapshot. */
import { DeleteSnapshot$, DescribeSnapshots$ } from '@aws-sdk/client-ec2';
import type {
  DeleteSnapshotRequest,
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
} from '@aws-sdk/client-ec2';
import { ownerId } from '../../catalogue.ts';
import { AwsError } from '../../errors.ts';
import { operation } from '../../operation.ts';
import type { SnapshotRecord } from '../../state/volume-records.ts';
import { matcher, tagFields } from '../filters.ts';
import type { Fields } from '../filters.ts';
import { hasFlag } from './circumstances.ts';
import { isInForce } from './fast-restore-state.ts';
import { pageOf } from './listing.ts';
import { findSnapshot, progressOf, seenSnapshotState, snapshotsOf } from './snapshot-state.ts';
import { viewSnapshot } from './snapshot-view.ts';

export const describeSnapshots = operation(
  DescribeSnapshots$,
  (input: DescribeSnapshotsRequest, call): DescribeSnapshotsResult => {
    const ids = input.SnapshotIds ?? [];
    const owners = input.OwnerIds ?? ['self'];
    const isOurs = owners.some((owner) => owner === 'self' || owner === ownerId);
    const matches = matcher(input.Filters, filterNames);
    const all = ids.length > 0 ? ids.map((id) => findSnapshot(id, call)) : snapshotsOf(call);
    const { items, more } = pageOf(
      all.filter((record) => isOurs && matches(fieldsOf(record, call.nowMs))),
      (record) => record.snapshotId,
      { ...input, ids, pageMax: 1_000 },
    );
    return { Snapshots: items.map((record) => viewSnapshot(record, call.nowMs)), ...more };
  },
);

const filterNames = [
  'description',
  'encrypted',
  'owner-id',
  'progress',
  'snapshot-id',
  'start-time',
  'status',
  'storage-tier',
  'tag-key',
  'volume-id',
  'volume-size',
];

function fieldsOf(record: SnapshotRecord, nowMs: number): Fields {
  return new Map<string, readonly string[]>([
    ['description', [record.description]],
    ['encrypted', [String(record.isEncrypted)]],
    ['owner-id', [ownerId]],
    ['progress', [`${String(progressOf(record, nowMs))}%`]],
    ['snapshot-id', [record.snapshotId]],
    ['start-time', [new Date(record.startedAtMs).toISOString()]],
    ['status', [seenSnapshotState(record, nowMs)]],
    ['storage-tier', ['standard']],
    ['volume-id', [record.volumeId]],
    ['volume-size', [String(record.sizeGiB)]],
    ...tagFields(record.tags),
  ]);
}

export const deleteSnapshot = operation(
  DeleteSnapshot$,
  (input: DeleteSnapshotRequest, call): object => {
    const record = findSnapshot(input.SnapshotId ?? '', call);
    const { snapshotId } = record;
    const { fastRestores, snapshots } = call.world.tables;
    const isRestored = [...fastRestores.all()].some(
      (row) => row.snapshotId === snapshotId && isInForce(row, call.nowMs),
    );
    if (isRestored || hasFlag(call.world, 'snapshotInUse', snapshotId)) {
      throw new AwsError(
        'InvalidSnapshot.InUse',
        `The snapshot ${snapshotId} is currently in use${isRestored ? ' by fast snapshot restore' : ''}.`,
      );
    }
    // The volumes made from it keep their blocks; what is pending goes on and counts until it is over.
    snapshots.put(snapshotId, { ...record, deletedAtMs: call.nowMs });
    return {};
  },
);
