/** What the rules of block storage need first: volumes that are available, snapshots that are completed. */
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import type { CreateVolumeCommandInput, Snapshot, Volume } from '@aws-sdk/client-ec2';
import { find, unique } from './scene.ts';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

export function volumeInput(
  target: Target,
  more: Partial<CreateVolumeCommandInput> = {},
): CreateVolumeCommandInput {
  return {
    AvailabilityZone: `${target.region}a`,
    Size: 8,
    VolumeType: 'gp3',
    ClientToken: unique('token'),
    ...more,
  };
}

/** A volume in the zone of `launched` machines, seen as available. */
export async function volume(
  target: Target,
  more: Partial<CreateVolumeCommandInput> = {},
): Promise<string> {
  const input = volumeInput(target, more);
  const { VolumeId = '' } = await target.ec2.send(new CreateVolumeCommand(input));
  await volumeIn(target, VolumeId, 'available');
  return VolumeId;
}

export function volumeIn(target: Target, id: string, state: string): Promise<Volume> {
  return eventually(`${id} ${state}`, target, async () => {
    const Filters = [{ Name: 'volume-id', Values: [id] }];
    const { Volumes = [] } = await target.ec2.send(new DescribeVolumesCommand({ Filters }));
    return Volumes[0]?.State === state ? Volumes[0] : undefined;
  });
}

export function attach(target: Target, VolumeId: string, InstanceId: string, Device = '/dev/sdf') {
  return target.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device }));
}

/** Attaches and waits until reads show it as attached. */
export async function attached(target: Target, id: string, instanceId: string): Promise<void> {
  await attach(target, id, instanceId);
  await eventually(`${id} attached`, target, async () => {
    const seen = await volumeIn(target, id, 'in-use');
    return seen.Attachments?.[0]?.State === 'attached' ? seen : undefined;
  });
}

/** A snapshot seen as completed. */
export async function snapshot(target: Target, VolumeId: string): Promise<string> {
  const { SnapshotId = '' } = await target.ec2.send(new CreateSnapshotCommand({ VolumeId }));
  await completed(target, SnapshotId);
  return SnapshotId;
}

export function completed(
  target: Pick<Target, 'ec2' | 'patienceMs'>,
  id: string,
): Promise<Snapshot> {
  return eventually(`${id} completed`, target, async () => {
    const Filters = [{ Name: 'snapshot-id', Values: [id] }];
    const wish = new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters });
    const { Snapshots = [] } = await target.ec2.send(wish);
    return Snapshots[0]?.State === 'completed' ? Snapshots[0] : undefined;
  });
}

/** The same account in another region, which the caller closes. */
export function elsewhere(target: Target, region: string): Pick<Target, 'ec2' | 'patienceMs'> {
  const { endpoint, credentials } = target.ec2.config;
  if (endpoint === undefined) throw new Error('the target has no endpoint');
  const ec2 = new EC2Client({ region, endpoint, credentials, maxAttempts: 1 });
  return { ec2, patienceMs: target.patienceMs };
}

/** The device names of an instance with their volumes, as DescribeInstances shows them. */
export async function devicesOf(target: Target, id: string): Promise<Record<string, string>> {
  const mappings = (await find(target, id))?.BlockDeviceMappings ?? [];
  return Object.fromEntries(
    mappings.map(({ DeviceName = '', Ebs }) => [DeviceName, Ebs?.VolumeId ?? '']),
  );
}
