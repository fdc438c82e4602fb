/** What a RunInstances request asks for, after every check EC2 makes before it looks for capacity. */
import type { RunInstancesRequest } from '@aws-sdk/client-ec2';
import { imagesOf, instanceTypeOf, isOffered, networkOf } from '../catalogue.ts';
import type { ImageEntry, InstanceTypeEntry, SubnetEntry } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import type { Call } from '../world.ts';
import { assertForm, findGroup } from './lookup.ts';
import { tagsFor } from './tags.ts';
import type { Tags } from './tags.ts';

export interface LaunchRequest {
  readonly countMin: number;
  readonly countMax: number;
  readonly image: ImageEntry;
  readonly type: InstanceTypeEntry;
  readonly subnet: SubnetEntry;
  /** True when the caller named the subnet or the zone: the token's scope is then that zone. */
  readonly isZonal: boolean;
  readonly groupIds: readonly string[];
  readonly lifecycle: 'onDemand' | 'spot';
  readonly hasPublicIp: boolean;
  readonly tags: Tags;
  readonly profileName: string | undefined;
  readonly token: string | undefined;
}

const userDataMaxBytes = 16_384;
const tokenMaxCharacters = 64;

/** @throws AwsError in the order in which EC2 is documented to look: form, existence, fit */
export function readLaunch(input: RunInstancesRequest, call: Call): LaunchRequest {
  const { countMin, countMax } = readCounts(input);
  checkToken(input.ClientToken);
  checkUserData(input.UserData);
  refuseWhatIsNotModelled(input);
  const type = readType(input.InstanceType ?? 'm1.small');
  const image = readImage(input.ImageId, call);
  checkArchitecture(type, image);
  const { subnet, isZonal } = readPlace(input, call);
  if (!isOffered(type, subnet.zone)) throw notOffered(type, subnet);
  return {
    countMin,
    countMax,
    image,
    type,
    subnet,
    isZonal,
    groupIds: readGroups(input, call),
    lifecycle: input.InstanceMarketOptions?.MarketType === 'spot' ? 'spot' : 'onDemand',
    hasPublicIp: input.NetworkInterfaces?.[0]?.AssociatePublicIpAddress ?? true,
    tags: readAllTags(input),
    profileName: readProfile(input),
    token: input.ClientToken === '' ? undefined : input.ClientToken,
  };
}

function readCounts(input: RunInstancesRequest): { countMin: number; countMax: number } {
  const countMin = input.MinCount ?? 0;
  const countMax = input.MaxCount ?? 0;
  if (countMin < 1 || countMax < 1) {
    throw invalid(
      `Value (${String(Math.min(countMin, countMax))}) for parameter minCount or maxCount is invalid. It must be at least 1.`,
    );
  }
  if (countMin > countMax) {
    throw invalid(
      `Value (${String(countMin)}) for parameter minCount is invalid. It must not be greater than maxCount.`,
    );
  }
  return { countMin, countMax };
}

function checkToken(token: string | undefined): void {
  if (token === undefined) return;
  if (token.length > tokenMaxCharacters || !/^[\x20-\x7e]*$/.test(token)) {
    throw invalid(
      `Value (${token}) for parameter clientToken is invalid. It must be at most 64 ASCII characters.`,
    );
  }
}

function checkUserData(text: string | undefined): void {
  if (text === undefined) return;
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(text))
    throw invalid('Invalid BASE64 encoding of user data.');
  if (Buffer.from(text, 'base64').length > userDataMaxBytes) {
    throw invalid(`User data is limited to ${String(userDataMaxBytes)} bytes`);
  }
}

function refuseWhatIsNotModelled(input: RunInstancesRequest): void {
  if (input.LaunchTemplate !== undefined) {
    throw new AwsError('NotImplemented', 'The simulator has no launch templates.');
  }
  if (input.KeyName !== undefined) {
    throw new AwsError('InvalidKeyPair.NotFound', `The key pair '${input.KeyName}' does not exist`);
  }
}

function readType(name: string): InstanceTypeEntry {
  const entry = instanceTypeOf(name);
  if (entry === undefined) throw invalid(`Invalid value '${name}' for InstanceType.`);
  return entry;
}

function readImage(imageId: string | undefined, call: Call): ImageEntry {
  if (imageId === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter ImageId');
  }
  assertForm(imageId, 'ami', 'InvalidAMIID.Malformed', 'Invalid id');
  const image = imagesOf(call.region).find((entry) => entry.imageId === imageId);
  if (image === undefined) {
    throw new AwsError('InvalidAMIID.NotFound', `The image id '[${imageId}]' does not exist`);
  }
  return image;
}

function checkArchitecture(type: InstanceTypeEntry, image: ImageEntry): void {
  if (type.architecture === image.architecture) return;
  throw invalid(
    `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${image.architecture}' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again.`,
  );
}

function readPlace(
  input: RunInstancesRequest,
  call: Call,
): { subnet: SubnetEntry; isZonal: boolean } {
  const { subnets } = networkOf(call.region);
  const subnetId = input.SubnetId ?? input.NetworkInterfaces?.[0]?.SubnetId;
  const zoneName = input.Placement?.AvailabilityZone;
  if (subnetId !== undefined) {
    const subnet = subnets.find((entry) => entry.subnetId === subnetId);
    if (subnet !== undefined) return { subnet, isZonal: true };
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${subnetId}' does not exist`);
  }
  const index = subnets.findIndex((entry) => entry.zone.name === zoneName);
  if (zoneName !== undefined && index === -1)
    throw invalid(`Invalid availability zone: [${zoneName}]`);
  const subnet = subnets[Math.max(index, 0)];
  if (subnet === undefined) throw new Error(`${call.region} has no subnet`);
  return { subnet, isZonal: zoneName !== undefined };
}

function readGroups(input: RunInstancesRequest, call: Call): readonly string[] {
  const onInterface = input.NetworkInterfaces?.[0]?.Groups;
  if (input.NetworkInterfaces !== undefined && input.SecurityGroupIds !== undefined) {
    throw new AwsError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level security groups may not be specified on the same request',
    );
  }
  const ids = onInterface ?? input.SecurityGroupIds ?? [];
  if (ids.length === 0) return [networkOf(call.region).defaultGroupId];
  return ids.map((id) => findGroup(id, call).groupId);
}

/** Tags on volume and network interface are checked like those of the instance; only these are kept. */
function readAllTags(input: RunInstancesRequest): Tags {
  for (const type of ['volume', 'network-interface', 'spot-instances-request']) {
    tagsFor(input.TagSpecifications, type);
  }
  return tagsFor(input.TagSpecifications, 'instance');
}

function readProfile(input: RunInstancesRequest): string | undefined {
  const { Name, Arn } = input.IamInstanceProfile ?? {};
  const name = Name ?? Arn?.split('/').at(-1);
  if (name === undefined || /^[\w+=,.@-]{1,128}$/.test(name)) return name;
  throw invalid(
    `Value (${name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name`,
  );
}

function notOffered(type: InstanceTypeEntry, subnet: SubnetEntry): AwsError {
  return new AwsError(
    'Unsupported',
    `Your requested instance type (${type.name}) is not supported in your requested Availability Zone (${subnet.zone.name}).`,
  );
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
