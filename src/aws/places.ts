/** Where nodes may stand: the VPC, one subnet per zone, and which zones a cluster takes. */
import type { Subnet, Vpc } from '@aws-sdk/client-ec2';
import { overlaps } from '../../machines/specs.ts';
import type { ClusterSpec } from '../../machines/specs.ts';
import { unlessDone } from './faults.ts';
import type { TypeCatalogue } from './instance-types.ts';
import { allPages } from './pages.ts';
import type { PoolRequest } from './pools.ts';
import type { Problem } from './problems.ts';
import type { CallScope, Sessions } from './session.ts';

export interface Place {
  readonly zone: string;
  readonly subnetId: string;
  readonly freeAddresses: number;
}

export interface Network {
  readonly vpcId: string;
  /** At most one per zone, by zone name. */
  readonly places: readonly Place[];
}

/** Reads VPC, zones and subnets; nothing found is a problem, not an error. */
export async function readNetwork(
  sessions: Sessions,
  scope: CallScope,
  spec: ClusterSpec,
  problems: Problem[],
): Promise<Network | undefined> {
  const [vpc, zones] = await Promise.all([
    findVpc(sessions, scope, spec, problems),
    openZones(sessions, scope),
  ]);
  if (vpc?.VpcId === undefined) return undefined;
  problems.push(...rangeProblems(spec, vpc));
  const subnets = await findSubnets(sessions, scope, spec, vpc.VpcId, problems);
  return { vpcId: vpc.VpcId, places: onePerZone(subnets, zones) };
}

async function findVpc(
  sessions: Sessions,
  scope: CallScope,
  spec: ClusterSpec,
  problems: Problem[],
): Promise<Vpc | undefined> {
  const wanted = spec.network.vpcId;
  const reply = await unlessDone(['InvalidVpcID.NotFound'], () =>
    sessions.ec2(
      scope,
      'describeVpcs',
      wanted === ''
        ? { Filters: [{ Name: 'is-default', Values: ['true'] }] }
        : { VpcIds: [wanted] },
    ),
  );
  const vpc = reply?.Vpcs?.[0];
  if (vpc === undefined)
    problems.push({
      path: 'spec.network.vpcId',
      code: 'manifest.vpcNotFound',
      text:
        wanted === ''
          ? `is empty: ${scope.region} has no default VPC; write the id of a VPC`
          : `is ${wanted}: not found in ${scope.region}; write a VPC of this account and region`,
    });
  return vpc;
}

async function openZones(sessions: Sessions, scope: CallScope): Promise<ReadonlySet<string>> {
  const reply = await sessions.ec2(scope, 'describeAvailabilityZones', {});
  const open = (reply.AvailabilityZones ?? []).filter(
    ({ State, ZoneType }) =>
      State === 'available' && (ZoneType === undefined || ZoneType === 'availability-zone'),
  );
  return new Set(open.flatMap(({ ZoneName }) => (ZoneName === undefined ? [] : [ZoneName])));
}

/** Pods and services must not shadow addresses of the VPC. */
function rangeProblems(spec: ClusterSpec, vpc: Vpc): Problem[] {
  const ranges = (vpc.CidrBlockAssociationSet ?? [])
    .map(({ CidrBlock }) => CidrBlock)
    .concat(vpc.CidrBlock)
    .filter((range) => range !== undefined);
  return (['clusterCIDR', 'serviceCIDR'] as const).flatMap((key): Problem[] => {
    const own = spec.network[key];
    const hit = ranges.find((range) => overlaps(own, range));
    if (hit === undefined) return [];
    const text = `is ${own}: overlaps ${hit} of the VPC; choose a disjoint range`;
    return [{ path: `spec.network.${key}`, code: 'manifest.cidrOverlap', text }];
  });
}

async function findSubnets(
  sessions: Sessions,
  scope: CallScope,
  spec: ClusterSpec,
  vpcId: string,
  problems: Problem[],
): Promise<Subnet[]> {
  const subnets = await allPages(
    (NextToken) =>
      sessions.ec2(scope, 'describeSubnets', {
        Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    (page) => page.Subnets,
  );
  const wanted = spec.network.subnetIds;
  wanted.forEach((id, index) => {
    if (subnets.some(({ SubnetId }) => SubnetId === id)) return;
    const text = `is ${id}: not a subnet of ${vpcId}; write subnets of that VPC, or its own id in spec.network.vpcId`;
    problems.push({
      path: `spec.network.subnetIds[${index}]`,
      code: 'manifest.subnetNotFound',
      text,
    });
  });
  if (wanted.length === 0) return subnets;
  return subnets.filter(({ SubnetId }) => SubnetId !== undefined && wanted.includes(SubnetId));
}

/** The zone's default subnet first, then the one with the most free addresses. */
function onePerZone(subnets: readonly Subnet[], zones: ReadonlySet<string>): Place[] {
  const rank = ({ DefaultForAz, AvailableIpAddressCount }: Subnet) =>
    (DefaultForAz === true ? 1e9 : 0) + (AvailableIpAddressCount ?? 0);
  const places = new Map<string, Place>();
  const best = [...subnets].sort(
    (left, right) =>
      rank(right) - rank(left) || (left.SubnetId ?? '').localeCompare(right.SubnetId ?? ''),
  );
  for (const { AvailabilityZone: zone, SubnetId: subnetId, AvailableIpAddressCount } of best) {
    if (zone === undefined || subnetId === undefined) continue;
    if (!zones.has(zone) || places.has(zone)) continue;
    places.set(zone, { zone, subnetId, freeAddresses: AvailableIpAddressCount ?? 0 });
  }
  return [...places.values()].sort((left, right) => left.zone.localeCompare(right.zone));
}

/**
 * The zones of a cluster: as named, or the `count` best ones, where best means that most pools find a type there. Fewer
 * than asked for is accepted only while every server still gets a zone of its own choice of spread.
 */
export function chooseZones(
  spec: ClusterSpec,
  network: Network,
  pools: readonly PoolRequest[],
  types: TypeCatalogue,
  problems: Problem[],
): Place[] {
  const { places, vpcId } = network;
  const wanted = spec.network.zones;
  const open = places.map(({ zone }) => zone).join(', ') || 'none';
  if ('names' in wanted)
    return wanted.names.flatMap((name, index): Place[] => {
      const place = places.find(({ zone }) => zone === name);
      if (place !== undefined) return [place];
      problems.push({
        path: `spec.network.zones.names[${index}]`,
        code: 'manifest.zoneNotUsable',
        text: `is ${name}: ${vpcId} has no subnet in an open zone of that name; write some of ${open}`,
      });
      return [];
    });
  const served = ({ zone }: Place) =>
    pools.filter((pool) => pool.instanceTypes.some((name) => types.get(name)?.zones.has(zone)))
      .length;
  const needed = Math.min(wanted.count, spec.servers.count);
  if (places.length < needed)
    problems.push({
      path: 'spec.network.zones.count',
      code: 'manifest.tooFewZones',
      text: `is ${wanted.count}: ${vpcId} has subnets in ${places.length} open zones (${open}), the servers need ${needed}; write a smaller count or add subnets`,
    });
  return [...places]
    .sort((left, right) => served(right) - served(left) || left.zone.localeCompare(right.zone))
    .slice(0, wanted.count)
    .sort((left, right) => left.zone.localeCompare(right.zone));
}

/** Zones a pool may use, as far as the cluster has them. */
export const zonesOf = (pool: PoolRequest, chosen: readonly Place[]): string[] => {
  const all = chosen.map(({ zone }) => zone);
  return pool.zones.length === 0 ? all : all.filter((zone) => pool.zones.includes(zone));
};

/** Zones of pools that the cluster does not have, and too few addresses for all nodes. */
export function placeProblems(pools: readonly PoolRequest[], chosen: readonly Place[]): Problem[] {
  const all = chosen.map(({ zone }) => zone);
  const strangers = pools.flatMap((pool) =>
    pool.zones.flatMap((zone, index): Problem[] =>
      all.includes(zone)
        ? []
        : [
            {
              path: `${pool.path}.zones[${index}]`,
              code: 'manifest.zoneNotUsable',
              text: `is ${zone}: not a zone of this cluster; write some of ${all.join(', ')}`,
            },
          ],
    ),
  );
  const nodes = pools.reduce((sum, pool) => sum + pool.count, 0);
  const free = chosen.reduce((sum, place) => sum + place.freeAddresses, 0);
  if (chosen.length === 0 || free >= nodes) return strangers;
  const text = `leads to subnets with ${free} free addresses for ${nodes} nodes; write larger subnets`;
  return [...strangers, { path: 'spec.network.subnetIds', code: 'manifest.tooFewAddresses', text }];
}
