/** What the wanted instance types are and where they can be had; and whether each pool can live on them. */
import type { InstanceTypeInfo } from '@aws-sdk/client-ec2';
import type { PoolRequest } from './pools.ts';
import { allPages, inParts } from './pages.ts';
import type { Problem } from './problems.ts';
import type { CallScope, Sessions } from './session.ts';

export type Architecture = 'amd64' | 'arm64';

interface TypeFacts {
  readonly architecture: Architecture | undefined;
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Zones that offer it at all; whether there is room right now only a launch can tell. */
  readonly zones: ReadonlySet<string>;
}
export type TypeCatalogue = ReadonlyMap<string, TypeFacts>;

/** Values EC2 takes in one filter or id list. */
const valuesMax = 100;

/** Facts of the wanted types; one that the region does not offer is missing from the map. */
export async function readTypes(
  sessions: Sessions,
  scope: CallScope,
  wanted: readonly string[],
): Promise<TypeCatalogue> {
  const zones = await offeredZones(sessions, scope, [...new Set(wanted)]);
  const facts = new Map<string, TypeFacts>();
  for (const part of inParts([...zones.keys()], valuesMax)) {
    const infos = await allPages(
      (NextToken) =>
        sessions.ec2(scope, 'describeInstanceTypes', {
          // Names come from the offerings just read, so they are types whatever the SDK's list says.
          InstanceTypes: part as NonNullable<InstanceTypeInfo['InstanceType']>[],
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      (page) => page.InstanceTypes,
    );
    for (const info of infos)
      if (info.InstanceType !== undefined)
        facts.set(info.InstanceType, factsOf(info, zones.get(info.InstanceType) ?? new Set()));
  }
  return facts;
}

async function offeredZones(
  sessions: Sessions,
  scope: CallScope,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const zones = new Map<string, Set<string>>();
  for (const Values of inParts(wanted, valuesMax)) {
    const offerings = await allPages(
      (NextToken) =>
        sessions.ec2(scope, 'describeInstanceTypeOfferings', {
          LocationType: 'availability-zone',
          Filters: [{ Name: 'instance-type', Values }],
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      (page) => page.InstanceTypeOfferings,
    );
    for (const { InstanceType, Location } of offerings) {
      if (InstanceType === undefined || Location === undefined) continue;
      zones.set(InstanceType, (zones.get(InstanceType) ?? new Set()).add(Location));
    }
  }
  return zones;
}

function factsOf(info: InstanceTypeInfo, zones: ReadonlySet<string>): TypeFacts {
  const architectures: readonly string[] = info.ProcessorInfo?.SupportedArchitectures ?? [];
  return {
    architecture: architectures.includes('arm64')
      ? 'arm64'
      : architectures.includes('x86_64')
        ? 'amd64'
        : undefined,
    vcpus: info.VCpuInfo?.DefaultVCpus ?? 0,
    memoryMiB: info.MemoryInfo?.SizeInMiB ?? 0,
    zones,
  };
}

/** Least sizes that K3s documents for each role. */
const leastSize = {
  server: { vcpus: 2, memoryMiB: 2_048 },
  agent: { vcpus: 1, memoryMiB: 512 },
} as const;

/** Every type of every pool: known, large enough, of one architecture, offered in a zone of the pool. */
export function typeProblems(
  pools: readonly PoolRequest[],
  types: TypeCatalogue,
  region: string,
  zonesOf: (pool: PoolRequest) => readonly string[],
): Problem[] {
  const architecture = architectureOf(pools, types);
  return pools.flatMap((pool) =>
    pool.instanceTypes.flatMap((name, index): Problem[] => {
      const path = `${pool.path}.instanceTypes[${index}]`;
      const facts = types.get(name);
      const zones = zonesOf(pool);
      if (facts === undefined || !zones.some((zone) => facts.zones.has(zone))) {
        const where = facts === undefined ? region : zones.join(', ');
        const text = `is ${name}: not offered in ${where}; ${elsewhere(facts)}`;
        return [{ path, code: 'manifest.typeNotOffered', text }];
      }
      return [
        ...sizeProblems(path, name, pool.role, facts),
        ...(facts.architecture === architecture
          ? []
          : [
              {
                path,
                code: 'manifest.mixedArchitecture',
                text: `is ${name}: ${facts.architecture ?? 'of an unknown architecture'}, the first server type is ${architecture ?? 'unknown'}; write types of one architecture`,
              },
            ]),
      ];
    }),
  );
}

function elsewhere(facts: TypeFacts | undefined): string {
  if (facts === undefined) return 'write a type of this region, such as t3.medium';
  return `write another type, or use ${[...facts.zones].sort().join(', ')}`;
}

function sizeProblems(
  path: string,
  name: string,
  role: PoolRequest['role'],
  facts: TypeFacts,
): Problem[] {
  const least = leastSize[role];
  if (facts.vcpus >= least.vcpus && facts.memoryMiB >= least.memoryMiB) return [];
  const text = `is ${name}: ${facts.vcpus} vCPU and ${facts.memoryMiB} MiB, a K3s ${role} needs ${least.vcpus} vCPU and ${least.memoryMiB} MiB; write a larger type`;
  return [{ path, code: 'manifest.typeTooSmall', text }];
}

/** One image serves the whole cluster, so the first known type decides. */
export const architectureOf = (
  pools: readonly PoolRequest[],
  types: TypeCatalogue,
): Architecture | undefined =>
  pools
    .flatMap((pool) => pool.instanceTypes)
    .map((name) => types.get(name)?.architecture)
    .find((each) => each !== undefined);
