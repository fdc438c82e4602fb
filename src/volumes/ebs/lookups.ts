/** What EC2 shows of a replication, read whole and turned into facts of our own. */
import type { Filter, Instance, Snapshot, Volume } from '@aws-sdk/client-ec2';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from './faults.ts';
import { keys, ofRelation, readTags } from './tags.ts';
import { call } from './work.ts';
import type { Work } from './work.ts';

type Tags = Readonly<Record<string, string>>;

interface AttachmentFact {
  readonly instanceId: string;
  readonly device: string;
  /** Only `detached` is: also `busy` and `detaching` ones may still write. */
  readonly state: string;
}

export interface VolumeFact {
  readonly id: string;
  readonly zone: string;
  readonly state: string;
  readonly type: string;
  readonly createdMs: number;
  /** Those that are not certainly over. */
  readonly attachments: readonly AttachmentFact[];
  readonly epoch: number;
  readonly tags: Tags;
}

export interface SnapshotFact {
  readonly id: string;
  readonly volumeId: string;
  readonly state: string;
  readonly message: string;
  /** Percent. */
  readonly progress: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly seq: number;
  readonly epoch: number;
  readonly tags: Tags;
}

export interface InstanceFact {
  readonly id: string;
  readonly zone: string;
  readonly state: string;
  readonly rootDevice: string;
}

/** More pages than all snapshots of an account fill; reached only when a service repeats its token for ever. */
const pagesMax = 200;

async function allPages<Item>(
  read: (more: { NextToken?: string }) => Promise<{
    readonly items: readonly Item[] | undefined;
    readonly token: string | undefined;
  }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let more = {};
  for (let page = 0; page < pagesMax; page += 1) {
    const { items, token } = await read(more);
    found.push(...(items ?? []));
    if (token === undefined || token === '') return found;
    more = { NextToken: token };
  }
  throw volumeFault('ProviderError', 'pages.endless', `more than ${pagesMax} pages in one answer`);
}

/** Of the region of that side. */
export async function volumes(
  work: Work,
  side: Side,
  Filters: Filter[],
): Promise<readonly VolumeFact[]> {
  const found = await allPages(async (more) => {
    const answer = await call(work, side, 'describeVolumes', { Filters, ...more });
    return { items: answer.Volumes, token: answer.NextToken };
  });
  return found.map(volumeFact);
}

export function volumeFact(volume: Volume): VolumeFact {
  const tags = readTags(volume.Tags);
  return {
    id: volume.VolumeId ?? '',
    zone: volume.AvailabilityZone ?? '',
    state: volume.State ?? 'unknown',
    type: volume.VolumeType ?? '',
    createdMs: volume.CreateTime?.getTime() ?? 0,
    attachments: (volume.Attachments ?? [])
      .filter(({ State }) => State !== 'detached')
      .map(({ InstanceId = '', Device = '', State = 'unknown' }) => ({
        ...{ instanceId: InstanceId, device: Device, state: State },
      })),
    epoch: Number(tags[keys.epoch] ?? 0),
    tags,
  };
}

/** Everything of this replication in the region of that side, whichever side it belongs to. */
export const ownVolumes = (work: Work, side: Side): Promise<readonly VolumeFact[]> =>
  volumes(work, side, [ofRelation(work.of.uid)]);

export const isVolumeOf =
  (uid: string, side: Side) =>
  ({ tags }: VolumeFact): boolean =>
    tags[keys.rel] === uid && tags[keys.at] === side && tags[keys.role] === 'volume';

/** Of the region of that side, our own account's. */
export async function snapshots(
  work: Work,
  side: Side,
  Filters: Filter[],
): Promise<readonly SnapshotFact[]> {
  const found = await allPages(async (more) => {
    const asked = { OwnerIds: ['self'], Filters, ...more };
    const answer = await call(work, side, 'describeSnapshots', asked);
    return { items: answer.Snapshots, token: answer.NextToken };
  });
  return found.map(snapshotFact);
}

export function snapshotFact(snapshot: Snapshot): SnapshotFact {
  const tags = readTags(snapshot.Tags);
  return {
    id: snapshot.SnapshotId ?? '',
    volumeId: snapshot.VolumeId ?? '',
    state: snapshot.State ?? 'pending',
    message: snapshot.StateMessage ?? '',
    progress: Number.parseInt(snapshot.Progress ?? '0', 10) || 0,
    startMs: snapshot.StartTime?.getTime() ?? 0,
    endMs: snapshot.CompletionTime?.getTime() ?? Number.POSITIVE_INFINITY,
    seq: Number(tags[keys.seq] ?? 0),
    epoch: Number(tags[keys.epoch] ?? 0),
    tags,
  };
}

export const ownSnapshots = (work: Work, side: Side): Promise<readonly SnapshotFact[]> =>
  snapshots(work, side, [ofRelation(work.of.uid)]);

/** Those that EC2 knows; one that has been gone for long is not among them. */
export async function instances(
  work: Work,
  side: Side,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InstanceFact>> {
  if (ids.length === 0) return new Map();
  const Filters = [{ Name: 'instance-id', Values: [...new Set(ids)] }];
  const found = await allPages(async (more) => {
    const answer = await call(work, side, 'describeInstances', { Filters, ...more });
    const items = answer.Reservations?.flatMap(({ Instances }) => Instances ?? []);
    return { items, token: answer.NextToken };
  });
  return new Map(found.map(instanceFact).map((each) => [each.id, each]));
}

const instanceFact = (instance: Instance): InstanceFact => ({
  id: instance.InstanceId ?? '',
  zone: instance.Placement?.AvailabilityZone ?? '',
  state: instance.State?.Name ?? 'unknown',
  rootDevice: instance.RootDeviceName ?? '',
});
