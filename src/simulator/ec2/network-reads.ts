/** Reads of a region's zones and its default network. */
import { DescribeAvailabilityZones$, DescribeSubnets$, DescribeVpcs$ } from '@aws-sdk/client-ec2';
import type {
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  DescribeVpcsRequest,
  DescribeVpcsResult,
} from '@aws-sdk/client-ec2';
import { networkOf, ownerId, zonesOf } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { freeAddresses } from './addresses.ts';
import { matcher } from './filters.ts';

export const describeVpcs = operation(
  DescribeVpcs$,
  (input: DescribeVpcsRequest, call): DescribeVpcsResult => {
    const network = networkOf(call.region);
    const missing = (input.VpcIds ?? []).find((id) => id !== network.vpcId);
    if (missing !== undefined) {
      throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${missing}' does not exist`);
    }
    const isMatch = matcher(input.Filters, ['cidr', 'is-default', 'isDefault', 'state', 'vpc-id'])(
      new Map([
        ['cidr', [network.cidr]],
        ['is-default', ['true']],
        ['isDefault', ['true']],
        ['state', ['available']],
        ['vpc-id', [network.vpcId]],
      ]),
    );
    if (!isMatch) return { Vpcs: [] };
    const block = { CidrBlock: network.cidr, CidrBlockState: { State: 'associated' as const } };
    return {
      Vpcs: [
        {
          VpcId: network.vpcId,
          CidrBlock: network.cidr,
          CidrBlockAssociationSet: [block],
          OwnerId: ownerId,
          State: 'available',
          IsDefault: true,
          InstanceTenancy: 'default',
        },
      ],
    };
  },
);

export const describeSubnets = operation(
  DescribeSubnets$,
  (input: DescribeSubnetsRequest, call): DescribeSubnetsResult => {
    const network = networkOf(call.region);
    const ids = input.SubnetIds ?? [];
    const missing = ids.find((id) => !network.subnets.some((subnet) => subnet.subnetId === id));
    if (missing !== undefined) {
      throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${missing}' does not exist`);
    }
    const matches = matcher(input.Filters, [
      'availability-zone',
      'availability-zone-id',
      'default-for-az',
      'state',
      'subnet-id',
      'vpc-id',
    ]);
    const listed = network.subnets
      .filter((subnet) => ids.length === 0 || ids.includes(subnet.subnetId))
      .filter((subnet) =>
        matches(
          new Map([
            ['availability-zone', [subnet.zone.name]],
            ['availability-zone-id', [subnet.zone.zoneId]],
            ['default-for-az', ['true']],
            ['state', ['available']],
            ['subnet-id', [subnet.subnetId]],
            ['vpc-id', [network.vpcId]],
          ]),
        ),
      );
    return {
      Subnets: listed.map((subnet) => ({
        SubnetId: subnet.subnetId,
        VpcId: network.vpcId,
        AvailabilityZone: subnet.zone.name,
        AvailabilityZoneId: subnet.zone.zoneId,
        CidrBlock: subnet.cidr,
        AvailableIpAddressCount: freeAddresses(subnet, call),
        DefaultForAz: true,
        MapPublicIpOnLaunch: true,
        OwnerId: ownerId,
        State: 'available',
      })),
    };
  },
);

export const describeAvailabilityZones = operation(
  DescribeAvailabilityZones$,
  (input: DescribeAvailabilityZonesRequest, call): DescribeAvailabilityZonesResult => {
    const zones = zonesOf(call.region);
    const named = [...(input.ZoneNames ?? []), ...(input.ZoneIds ?? [])];
    const missing = named.find(
      (name) => !zones.some((zone) => zone.name === name || zone.zoneId === name),
    );
    if (missing !== undefined) {
      throw new AwsError('InvalidParameterValue', `Invalid availability zone: [${missing}]`);
    }
    const matches = matcher(input.Filters, [
      'region-name',
      'state',
      'zone-id',
      'zone-name',
      'zone-type',
    ]);
    const listed = zones
      .filter(
        (zone) => named.length === 0 || named.includes(zone.name) || named.includes(zone.zoneId),
      )
      .filter((zone) =>
        matches(
          new Map([
            ['region-name', [call.region]],
            ['state', ['available']],
            ['zone-id', [zone.zoneId]],
            ['zone-name', [zone.name]],
            ['zone-type', ['availability-zone']],
          ]),
        ),
      );
    return {
      AvailabilityZones: listed.map((zone) => ({
        ZoneName: zone.name,
        ZoneId: zone.zoneId,
        RegionName: call.region,
        ZoneType: 'availability-zone',
        State: 'available',
        OptInStatus: 'opt-in-not-required',
        Messages: [],
      })),
    };
  },
);
