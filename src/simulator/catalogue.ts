/** What every region of the simulated cloud offers without being asked: zones, default VPC, types, images. */
import { createHash } from 'node:crypto';

/** The account every simulated resource belongs to. */
export const ownerId = '000000000000';

type Architecture = 'x86_64' | 'arm64';

export interface InstanceTypeEntry {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: Architecture;
  /** Zone letters that do not offer it; the oldest or newest types are not everywhere. */
  readonly missingIn?: readonly string[];
}

export const instanceTypes: readonly InstanceTypeEntry[] = [
  { name: 't3.micro', vcpus: 2, memoryMiB: 1_024, architecture: 'x86_64' },
  { name: 't3.small', vcpus: 2, memoryMiB: 2_048, architecture: 'x86_64' },
  { name: 't3.medium', vcpus: 2, memoryMiB: 4_096, architecture: 'x86_64' },
  { name: 't3.large', vcpus: 2, memoryMiB: 8_192, architecture: 'x86_64' },
  { name: 'm5.large', vcpus: 2, memoryMiB: 8_192, architecture: 'x86_64' },
  { name: 'm5.xlarge', vcpus: 4, memoryMiB: 16_384, architecture: 'x86_64' },
  { name: 'm6a.large', vcpus: 2, memoryMiB: 8_192, architecture: 'x86_64' },
  { name: 'm6i.large', vcpus: 2, memoryMiB: 8_192, architecture: 'x86_64' },
  { name: 'm6i.xlarge', vcpus: 4, memoryMiB: 16_384, architecture: 'x86_64' },
  { name: 'm7i.large', vcpus: 2, memoryMiB: 8_192, architecture: 'x86_64', missingIn: ['c'] },
  { name: 'c6i.xlarge', vcpus: 4, memoryMiB: 8_192, architecture: 'x86_64' },
  { name: 'r6i.large', vcpus: 2, memoryMiB: 16_384, architecture: 'x86_64' },
  { name: 't4g.micro', vcpus: 2, memoryMiB: 1_024, architecture: 'arm64' },
  { name: 't4g.small', vcpus: 2, memoryMiB: 2_048, architecture: 'arm64' },
  { name: 't4g.medium', vcpus: 2, memoryMiB: 4_096, architecture: 'arm64' },
  { name: 't4g.large', vcpus: 2, memoryMiB: 8_192, architecture: 'arm64' },
  { name: 'm6g.large', vcpus: 2, memoryMiB: 8_192, architecture: 'arm64' },
  { name: 'm6g.xlarge', vcpus: 4, memoryMiB: 16_384, architecture: 'arm64' },
  { name: 'm7g.large', vcpus: 2, memoryMiB: 8_192, architecture: 'arm64' },
  { name: 'm7g.xlarge', vcpus: 4, memoryMiB: 16_384, architecture: 'arm64' },
  { name: 'c7g.large', vcpus: 2, memoryMiB: 4_096, architecture: 'arm64' },
  { name: 'c7g.xlarge', vcpus: 4, memoryMiB: 8_192, architecture: 'arm64' },
  { name: 'c7g.2xlarge', vcpus: 8, memoryMiB: 16_384, architecture: 'arm64', missingIn: ['c'] },
  { name: 'r7g.large', vcpus: 2, memoryMiB: 16_384, architecture: 'arm64' },
];

const typesByName = new Map(instanceTypes.map((entry) => [entry.name, entry]));

export function instanceTypeOf(name: string): InstanceTypeEntry | undefined {
  return typesByName.get(name);
}

export interface Zone {
  readonly name: string;
  readonly zoneId: string;
  readonly letter: string;
}

export function zonesOf(region: string): readonly Zone[] {
  return ['a', 'b', 'c'].map((letter, index) => ({
    name: `${region}${letter}`,
    zoneId: `${shortRegion(region)}-az${String(index + 1)}`,
    letter,
  }));
}

export function isOffered(entry: InstanceTypeEntry, zone: Zone): boolean {
  return !(entry.missingIn ?? []).includes(zone.letter);
}

/** `eu-central-1` → `euc1`, the form AWS uses inside zone ids. */
function shortRegion(region: string): string {
  const [area = '', direction = '', number = ''] = region.split('-');
  return `${area}${direction.slice(0, 1)}${number}`;
}

export interface SubnetEntry {
  readonly subnetId: string;
  readonly zone: Zone;
  readonly cidr: string;
  /** The first 32-bit address of the block. */
  readonly base: number;
}

export interface Network {
  readonly vpcId: string;
  readonly cidr: string;
  readonly defaultGroupId: string;
  readonly subnets: readonly SubnetEntry[];
}

/** Addresses in a /20 that AWS leaves to its users. */
export const subnetAddressesMax = 4_096 - 5;

/** Networks and images per region, made once: ids are hashes, and every description of an instance asks for both. */
const networks = new Map<string, Network>();
const images = new Map<string, readonly ImageEntry[]>();

export function networkOf(region: string): Network {
  const known = networks.get(region) ?? makeNetwork(region);
  networks.set(region, known);
  return known;
}

function makeNetwork(region: string): Network {
  return {
    vpcId: stableId('vpc', region),
    cidr: '172.31.0.0/16',
    defaultGroupId: stableId('sg', `${region}/default`),
    subnets: zonesOf(region).map((zone, index) => ({
      subnetId: stableId('subnet', zone.name),
      zone,
      cidr: `172.31.${String(index * 16)}.0/20`,
      base: (172 << 24) + (31 << 16) + ((index * 16) << 8),
    })),
  };
}

export interface ImageEntry {
  readonly imageId: string;
  readonly name: string;
  readonly architecture: Architecture;
  readonly rootDeviceName: string;
  readonly rootSizeGiB: number;
  readonly ownerId: string;
  /** Public SSM parameters that name it. */
  readonly parameters: readonly string[];
}

export function imagesOf(region: string): readonly ImageEntry[] {
  const known = images.get(region) ?? [...amazonLinux(region), ...ubuntu(region)];
  images.set(region, known);
  return known;
}

function amazonLinux(region: string): ImageEntry[] {
  return (['x86_64', 'arm64'] as const).map((architecture) => ({
    imageId: stableId('ami', `${region}/al2023/${architecture}`),
    name: `al2023-ami-2023.9.20261103.0-kernel-6.1-${architecture}`,
    architecture,
    rootDeviceName: '/dev/xvda',
    rootSizeGiB: 8,
    ownerId: '137112412989',
    parameters: [
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}`,
      `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-${architecture}`,
    ],
  }));
}

function ubuntu(region: string): ImageEntry[] {
  const releases = [
    { release: '24.04', codename: 'noble', volume: 'ebs-gp3' },
    { release: '22.04', codename: 'jammy', volume: 'ebs-gp2' },
  ];
  return releases.flatMap(({ release, codename, volume }) =>
    (['amd64', 'arm64'] as const).map((architecture) => ({
      imageId: stableId('ami', `${region}/ubuntu-${release}/${architecture}`),
      name: `ubuntu/images/hvm-ssd/ubuntu-${codename}-${release}-${architecture}-server-20261110`,
      architecture: architecture === 'amd64' ? ('x86_64' as const) : ('arm64' as const),
      rootDeviceName: '/dev/sda1',
      rootSizeGiB: 8,
      ownerId: '099720109477',
      parameters: [
        `/aws/service/canonical/ubuntu/server/${release}/stable/current/${architecture}/hvm/${volume}/ami-id`,
      ],
    })),
  );
}

/** An id in AWS's form that is the same in every run. */
export function stableId(prefix: string, of: string): string {
  return `${prefix}-${createHash('sha256').update(`${prefix}/${of}`).digest('hex').slice(0, 17)}`;
}
