/** Reads of what a region offers: instance types, where they are to be had, and images. */
import {
  DescribeImages$,
  DescribeInstanceTypeOfferings$,
  DescribeInstanceTypes$,
} from '@aws-sdk/client-ec2';
import type {
  DescribeImagesRequest,
  DescribeImagesResult,
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
  Image,
  InstanceTypeInfo,
  InstanceTypeOffering,
} from '@aws-sdk/client-ec2';
import { imagesOf, instanceTypeOf, instanceTypes, isOffered, zonesOf } from '../catalogue.ts';
import type { ImageEntry, InstanceTypeEntry } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import { matcher } from './filters.ts';
import { assertForm } from './lookup.ts';

type TypeName = NonNullable<InstanceTypeInfo['InstanceType']>;

const badToken = () => new AwsError('InvalidNextToken', 'The specified NextToken is not valid.');

export const describeInstanceTypes = operation(
  DescribeInstanceTypes$,
  (input: DescribeInstanceTypesRequest): DescribeInstanceTypesResult => {
    const names: readonly string[] = input.InstanceTypes ?? [];
    const unknown = names.filter((name) => instanceTypeOf(name) === undefined);
    if (unknown.length > 0) {
      throw new AwsError(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    }
    const matches = matcher(input.Filters, [
      'instance-type',
      'processor-info.supported-architecture',
      'vcpu-info.default-vcpus',
      'memory-info.size-in-mib',
    ]);
    const listed = instanceTypes
      .filter((entry) => names.length === 0 || names.includes(entry.name))
      .filter((entry) =>
        matches(
          new Map([
            ['instance-type', [entry.name]],
            ['processor-info.supported-architecture', [entry.architecture]],
            ['vcpu-info.default-vcpus', [String(entry.vcpus)]],
            ['memory-info.size-in-mib', [String(entry.memoryMiB)]],
          ]),
        ),
      );
    const page = paginate(
      listed,
      (entry) => entry.name,
      input.MaxResults,
      input.NextToken,
      badToken,
    );
    return {
      InstanceTypes: page.items.map(viewType),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

function viewType(entry: InstanceTypeEntry): InstanceTypeInfo {
  return {
    InstanceType: entry.name as TypeName,
    CurrentGeneration: true,
    FreeTierEligible: false,
    SupportedUsageClasses: ['on-demand', 'spot'],
    SupportedRootDeviceTypes: ['ebs'],
    SupportedVirtualizationTypes: ['hvm'],
    BareMetal: false,
    Hypervisor: 'nitro',
    ProcessorInfo: { SupportedArchitectures: [entry.architecture] },
    VCpuInfo: { DefaultVCpus: entry.vcpus, DefaultCores: entry.vcpus, DefaultThreadsPerCore: 1 },
    MemoryInfo: { SizeInMiB: entry.memoryMiB },
    InstanceStorageSupported: false,
    BurstablePerformanceSupported: entry.name.startsWith('t'),
  };
}

export const describeInstanceTypeOfferings = operation(
  DescribeInstanceTypeOfferings$,
  (input: DescribeInstanceTypeOfferingsRequest, call): DescribeInstanceTypeOfferingsResult => {
    const locationType = input.LocationType ?? 'region';
    const zones = zonesOf(call.region);
    const offerings = instanceTypes.flatMap((entry): InstanceTypeOffering[] => {
      const InstanceType = entry.name as TypeName;
      if (locationType === 'region') {
        return [{ InstanceType, LocationType: 'region', Location: call.region }];
      }
      return zones
        .filter((zone) => isOffered(entry, zone))
        .map((zone) => ({
          InstanceType,
          LocationType: locationType,
          Location: locationType === 'availability-zone-id' ? zone.zoneId : zone.name,
        }));
    });
    const matches = matcher(input.Filters, ['instance-type', 'location']);
    const page = paginate(
      offerings.filter((it) =>
        matches(
          new Map([
            ['instance-type', [it.InstanceType ?? '']],
            ['location', [it.Location ?? '']],
          ]),
        ),
      ),
      (it) => `${it.InstanceType ?? ''}/${it.Location ?? ''}`,
      input.MaxResults,
      input.NextToken,
      badToken,
    );
    return {
      InstanceTypeOfferings: [...page.items],
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

export const describeImages = operation(
  DescribeImages$,
  (input: DescribeImagesRequest, call): DescribeImagesResult => {
    const images = imagesOf(call.region);
    const ids = input.ImageIds ?? [];
    for (const id of ids) assertForm(id, 'ami', 'InvalidAMIID.Malformed', 'Invalid id');
    const missing = ids.filter((id) => !images.some((image) => image.imageId === id));
    if (missing.length > 0) {
      throw new AwsError(
        'InvalidAMIID.NotFound',
        `The image id '[${missing.join(', ')}]' does not exist`,
      );
    }
    const matches = matcher(input.Filters, [
      'architecture',
      'image-id',
      'name',
      'owner-id',
      'state',
    ]);
    const owners: readonly string[] = input.Owners ?? [];
    const listed = images
      .filter((image) => ids.length === 0 || ids.includes(image.imageId))
      .filter((image) => owners.length === 0 || isOwnedBy(image, owners))
      .filter((image) =>
        matches(
          new Map([
            ['architecture', [image.architecture]],
            ['image-id', [image.imageId]],
            ['name', [image.name]],
            ['owner-id', [image.ownerId]],
            ['state', ['available']],
          ]),
        ),
      );
    return { Images: listed.map(viewImage) };
  },
);

function isOwnedBy(image: ImageEntry, owners: readonly string[]): boolean {
  const isAmazons = image.ownerId === '137112412989' && owners.includes('amazon');
  return isAmazons || owners.includes(image.ownerId);
}

function viewImage(image: ImageEntry): Image {
  return {
    ImageId: image.imageId,
    Name: image.name,
    Architecture: image.architecture,
    OwnerId: image.ownerId,
    State: 'available',
    Public: true,
    ImageType: 'machine',
    Hypervisor: 'xen',
    VirtualizationType: 'hvm',
    EnaSupport: true,
    RootDeviceType: 'ebs',
    RootDeviceName: image.rootDeviceName,
    BlockDeviceMappings: [
      {
        DeviceName: image.rootDeviceName,
        Ebs: { VolumeSize: image.rootSizeGiB, VolumeType: 'gp3', DeleteOnTermination: true },
      },
    ],
  };
}
