/** An instance as EC2 describes it, in the SDK's words. */
import type { Instance, Reservation } from '@aws-sdk/client-ec2';
import { imagesOf, instanceTypeOf, ownerId, stableId } from '../catalogue.ts';
import type { InstanceRecord } from '../state/records.ts';
import type { World } from '../world.ts';
import { seenTransition, stateCodes } from './instance-state.ts';
import { toTagList } from './tags.ts';
import { mappingsOf } from './volumes/of-instance.ts';

type Mappings = ReturnType<typeof mappingsOf>;

function viewInstance(
  world: World,
  record: InstanceRecord,
  nowMs: number,
  mappings: Mappings,
): Instance {
  const seen = seenTransition(record, nowMs);
  const isGone = seen.state === 'terminated';
  const image = imagesOf(record.region).find((entry) => entry.imageId === record.imageId);
  return {
    InstanceId: record.instanceId,
    ImageId: record.imageId,
    InstanceType: record.instanceType as NonNullable<Instance['InstanceType']>,
    AmiLaunchIndex: record.launchIndex,
    Architecture: record.architecture,
    ClientToken: record.clientToken,
    LaunchTime: new Date(record.launchedAtMs),
    State: { Code: stateCodes[seen.state], Name: seen.state },
    StateTransitionReason: transitionReason(record, seen.state, seen.atMs),
    ...(seen.reason === undefined
      ? {}
      : { StateReason: { Code: seen.reason.code, Message: seen.reason.message } }),
    Placement: { AvailabilityZone: record.zone, GroupName: '', Tenancy: 'default' },
    CpuOptions: { CoreCount: instanceTypeOf(record.instanceType)?.vcpus ?? 1, ThreadsPerCore: 1 },
    EbsOptimized: false,
    EnaSupport: true,
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    RootDeviceName: image?.rootDeviceName ?? record.rootVolume.deviceName,
    RootDeviceType: 'ebs',
    Monitoring: { State: 'disabled' },
    MetadataOptions: {
      State: 'applied',
      HttpTokens: record.metadata.tokens,
      HttpPutResponseHopLimit: record.metadata.hopLimit,
      HttpEndpoint: 'enabled',
      InstanceMetadataTags: record.metadata.tags,
    },
    Tags: toTagList(record.tags),
    ...(record.lifecycle === 'spot' ? { InstanceLifecycle: 'spot' as const } : {}),
    ...(record.profileName === undefined
      ? {}
      : {
          IamInstanceProfile: {
            Arn: `arn:aws:iam::${ownerId}:instance-profile/${record.profileName}`,
            Id: stableId('AIPA', record.profileName).slice(5).toUpperCase(),
          },
        }),
    ...(isGone
      ? goneParts()
      : {
          ...networkParts(world, record, seen.state === 'stopped'),
          BlockDeviceMappings: mappings(record),
        }),
  };
}

/** What EC2 no longer tells of a terminated instance. */
function goneParts(): Partial<Instance> {
  return {
    SecurityGroups: [],
    NetworkInterfaces: [],
    BlockDeviceMappings: [],
    PrivateDnsName: '',
    PublicDnsName: '',
  };
}

function networkParts(world: World, record: InstanceRecord, isStopped: boolean): Partial<Instance> {
  const groups = record.groupIds.map((GroupId) => ({
    GroupId,
    GroupName: world.tables.groups.get(GroupId)?.name ?? 'default',
  }));
  const domain = `${record.region}.compute`;
  const publicIp = record.hasPublicIp && !isStopped ? publicIpOf(record) : undefined;
  return {
    SubnetId: record.subnetId,
    VpcId: record.vpcId,
    SourceDestCheck: record.sourceDestCheck ?? true,
    PrivateIpAddress: record.privateIp,
    PrivateDnsName: `ip-${record.privateIp.replaceAll('.', '-')}.${domain}.internal`,
    PublicDnsName:
      publicIp === undefined ? '' : `ec2-${publicIp.replaceAll('.', '-')}.${domain}.amazonaws.com`,
    ...(publicIp === undefined ? {} : { PublicIpAddress: publicIp }),
    SecurityGroups: groups,
    NetworkInterfaces: [
      {
        NetworkInterfaceId: stableId('eni', record.instanceId),
        SubnetId: record.subnetId,
        VpcId: record.vpcId,
        OwnerId: ownerId,
        Status: 'in-use',
        PrivateIpAddress: record.privateIp,
        SourceDestCheck: record.sourceDestCheck ?? true,
        Groups: groups,
        Attachment: {
          AttachmentId: stableId('eni-attach', record.instanceId),
          DeviceIndex: 0,
          DeleteOnTermination: true,
          Status: 'attached',
          AttachTime: new Date(record.launchedAtMs),
        },
      },
    ],
  };
}

/** An address of the block reserved for documentation; another one after each start, as AWS gives none back. */
function publicIpOf(record: InstanceRecord): string {
  const last = Number.parseInt(stableId('ip', record.instanceId).slice(3, 7), 16);
  return `203.0.113.${String(((last + record.transitions.length) % 254) + 1)}`;
}

function transitionReason(record: InstanceRecord, state: string, atMs: number): string {
  const isByUser = state === 'stopping' || state === 'stopped' || state === 'shutting-down';
  if (!isByUser && state !== 'terminated') return '';
  const when = new Date(atMs).toISOString().slice(0, 19).replace('T', ' ');
  const cause = record.transitions.findLast((step) => step.reason !== undefined)?.reason?.code;
  return cause?.startsWith('Server.') === true ? cause : `User initiated (${when} GMT)`;
}

/** Instances grouped by the launch that made them. */
export function viewReservations(
  world: World,
  records: readonly InstanceRecord[],
  nowMs: number,
): Reservation[] {
  const mappings = mappingsOf(world, nowMs);
  const byReservation = new Map<string, Instance[]>();
  for (const record of records) {
    const instances = byReservation.get(record.reservationId) ?? [];
    instances.push(viewInstance(world, record, nowMs, mappings));
    byReservation.set(record.reservationId, instances);
  }
  return [...byReservation].map(([ReservationId, Instances]) => ({
    ReservationId,
    OwnerId: ownerId,
    Groups: [],
    Instances,
  }));
}
