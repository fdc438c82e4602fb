/** DescribeVolumes and DescribeVolumeStatus: what reads may see, filtered and in pages. */
import { DescribeVolumeStatus$, DescribeVolumes$ } from '@aws-sdk/client-ec2';
import type {
  DescribeVolumesRequest,
  DescribeVolumesResult,
  DescribeVolumeStatusRequest,
  DescribeVolumeStatusResult,
  VolumeStatusItem,
} from '@aws-sdk/client-ec2';
import { operation } from '../../operation.ts';
import type { VolumeRecord } from '../../state/volume-records.ts';
import type { Call } from '../../world.ts';
import { matcher, tagFields } from '../filters.ts';
import type { Fields } from '../filters.ts';
import { pageOf } from './listing.ts';
import { findVolume, seenAttachment, seenVolumeState, volumesOf } from './volume-state.ts';
import { viewVolume } from './volume-view.ts';

export const describeVolumes = operation(
  DescribeVolumes$,
  (input: DescribeVolumesRequest, call): DescribeVolumesResult => {
    const { items, more } = listed(input, 500, call);
    return { Volumes: items.map((record) => viewVolume(record, call.nowMs)), ...more };
  },
);

export const describeVolumeStatus = operation(
  DescribeVolumeStatus$,
  (input: DescribeVolumeStatusRequest, call): DescribeVolumeStatusResult => {
    const { items, more } = listed(input, 1_000, call);
    return { VolumeStatuses: items.map((record) => viewStatus(record, call)), ...more };
  },
);

function listed(input: DescribeVolumesRequest, pageMax: number, call: Call) {
  const ids = input.VolumeIds ?? [];
  const matches = matcher(input.Filters, filterNames);
  const all = ids.length > 0 ? ids.map((id) => findVolume(id, call)) : volumesOf(call);
  return pageOf(
    all.filter((record) => matches(fieldsOf(record, call.nowMs))),
    (record) => record.volumeId,
    { ...input, ids, pageMax },
  );
}

const filterNames = [
  'attachment.delete-on-termination',
  'attachment.device',
  'attachment.instance-id',
  'attachment.status',
  'availability-zone',
  'encrypted',
  'size',
  'snapshot-id',
  'status',
  'tag-key',
  'volume-id',
  'volume-type',
];

function fieldsOf(record: VolumeRecord, nowMs: number): Fields {
  const attachment = seenAttachment(record, nowMs);
  const ofAttachment: [string, readonly string[]][] =
    attachment === undefined
      ? []
      : [
          ['attachment.delete-on-termination', [String(attachment.deleteOnTermination)]],
          ['attachment.device', [attachment.device]],
          ['attachment.instance-id', [attachment.instanceId]],
          ['attachment.status', [attachment.state]],
        ];
  return new Map<string, readonly string[]>([
    ...ofAttachment,
    ['availability-zone', [record.zone]],
    ['encrypted', [String(record.isEncrypted)]],
    ['size', [String(record.sizeGiB)]],
    ['snapshot-id', [record.snapshotId]],
    ['status', [seenVolumeState(record, nowMs)]],
    ['volume-id', [record.volumeId]],
    ['volume-type', [record.volumeType]],
    ...tagFields(record.tags),
  ]);
}

function viewStatus(record: VolumeRecord, call: Call): VolumeStatusItem {
  const isFilled = call.nowMs >= record.filledAtMs;
  return {
    VolumeId: record.volumeId,
    AvailabilityZone: record.zone,
    Actions: [],
    Events: [],
    VolumeStatus: {
      Status: 'ok',
      Details: [
        { Name: 'io-enabled', Status: 'passed' },
        { Name: 'initialization-state', Status: isFilled ? 'completed' : 'initializing' },
      ],
    },
    ...(record.snapshotId === '' ? {} : { InitializationStatusDetails: fillOf(record, call) }),
  };
}

function fillOf(record: VolumeRecord, { nowMs, world }: Call) {
  const wholeMs = record.filledAtMs - record.createdAtMs;
  const leftMs = Math.max(0, record.filledAtMs - nowMs);
  const secondMs = world.clock.scaled(1_000);
  return {
    InitializationType:
      record.initializationRate === undefined
        ? ('default' as const)
        : ('provisioned-rate' as const),
    Progress: wholeMs <= 0 ? 100 : Math.floor(100 * (1 - leftMs / wholeMs)),
    // AWS can tell only where the rate was asked for.
    ...(record.initializationRate === undefined
      ? {}
      : { EstimatedTimeToCompleteInSeconds: Math.ceil(leftMs / secondMs) }),
  };
}
