/** A small region as EC2 and SSM would tell of it: what planning reads. */
import type { Answer, CapturedCall } from './captured.ts';

/** Type → vCPU, MiB, architecture, zone letters. */
const types: Record<string, [number, number, string, string]> = {
  't3.medium': [2, 4096, 'x86_64', 'abc'],
  't3.nano': [2, 512, 'x86_64', 'abc'],
  'm7i.large': [2, 8192, 'x86_64', 'bc'],
  'm7g.large': [2, 8192, 'arm64', 'abc'],
};
const letters = (text: string) => Array.from(text);
const zoneOf = (letter: string) => `eu-central-1${letter}`;

/** A small region: three zones, a default VPC with a subnet per zone, two images. */
export function region(call: CapturedCall, zones = 'abc'): Answer {
  const { form } = call;
  switch (call.action) {
    case 'DescribeSecurityGroups':
      return { reply: { securityGroupInfo: [{ groupId: 'sg-1', ownerId: '000000000000' }] } };
    case 'DescribeVpcs':
      return { reply: { vpcSet: [{ vpcId: 'vpc-1', cidrBlock: '172.31.0.0/16' }] } };
    case 'DescribeAvailabilityZones': {
      const item = (letter: string) => ({ zoneName: zoneOf(letter), zoneState: 'available' });
      return { reply: { availabilityZoneInfo: letters('abc').map(item) } };
    }
    case 'DescribeSubnets':
      return {
        reply: {
          subnetSet: letters(zones)
            .reverse()
            .flatMap((letter) => subnets(letter)),
        },
      };
    case 'DescribeInstanceTypeOfferings': {
      const asked = Object.entries(form).filter(([key]) => key.startsWith('Filter.1.Value.'));
      const rows = asked.flatMap(([, type]) =>
        letters(types[type]?.[3] ?? '').map((letter) => ({
          instanceType: type,
          location: zoneOf(letter),
        })),
      );
      return { reply: { instanceTypeOfferingSet: rows } };
    }
    case 'DescribeInstanceTypes': {
      const asked = Object.entries(form).filter(([key]) => key.startsWith('InstanceType.'));
      return { reply: { instanceTypeSet: asked.map(([, type]) => typeXml(type)) } };
    }
    case 'GetParameter':
      return { reply: { Parameter: { Value: 'ami-0123abcd' } } };
    case 'DescribeImages':
      return { reply: { imagesSet: [imageXml(form['ImageId.1'] ?? '')] } };
    case 'RunInstances':
      return { error: 'DryRunOperation', status: 412 };
    default:
      throw new Error(`unexpected ${call.action}`);
  }
}

const subnets = (letter: string) => [
  subnet(letter, 'f', 4000, false),
  subnet(letter, '0', 150, true),
];
const subnet = (letter: string, tail: string, free: number, isDefault: boolean) => ({
  subnetId: `subnet-0000000${letter}${tail}`,
  availabilityZone: zoneOf(letter),
  availableIpAddressCount: free,
  defaultForAz: isDefault,
});
const typeXml = (type: string) => {
  const [vcpus, memory, architecture] = types[type] ?? [0, 0, ''];
  return {
    instanceType: type,
    vCpuInfo: { defaultVCpus: vcpus },
    memoryInfo: { sizeInMiB: memory },
    processorInfo: { supportedArchitectures: [architecture] },
  };
};
export const imageXml = (imageId: string) => ({
  imageId,
  imageState: 'available',
  architecture: 'x86_64',
  rootDeviceName: '/dev/xvda',
  rootDeviceType: 'ebs',
  blockDeviceMapping: [{ deviceName: '/dev/xvda', ebs: { volumeSize: 8 } }],
});
