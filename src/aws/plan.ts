/** Planning: what a spec means in this account, region and hour. Reads only; everything wrong is told at once. */
import type { Attempt, Surroundings } from '../../actors/ports.ts';
import type { ClusterPlan, Offer } from '../../machines/messages.ts';
import type { ClusterSpec } from '../../machines/specs.ts';
import { resolveVersion } from './channels.ts';
import { pinImage } from './images.ts';
import type { PinnedImage } from './images.ts';
import { architectureOf, readTypes, typeProblems } from './instance-types.ts';
import type { TypeCatalogue } from './instance-types.ts';
import { confirmOwner } from './owner.ts';
import { tryLaunch } from './permission.ts';
import type { TrialOrder } from './permission.ts';
import { chooseZones, placeProblems, readNetwork, zonesOf } from './places.ts';
import type { Place } from './places.ts';
import { poolsOf } from './pools.ts';
import type { PoolRequest } from './pools.ts';
import { problemsFault } from './problems.ts';
import type { Problem } from './problems.ts';
import type { CallScope, Sessions } from './session.ts';

export type PlanRequest = Parameters<Surroundings['plan']>[0];

/**
 * @param artifactsUrl the host's artifact address; a manifest's own base wins over it
 * @throws CloudFault `InvalidSpec` with every problem's path; `Unauthorized` when a right is missing; else by the call
 */
export async function makePlan(
  sessions: Sessions,
  artifactsUrl: string | undefined,
  request: PlanRequest,
  attempt: Attempt,
): Promise<ClusterPlan> {
  const { spec, account, region } = request;
  const scope: CallScope = { account, region, ...attempt };
  const problems: Problem[] = [];
  const pools = poolsOf(spec);
  const wanted = pools.flatMap((pool) => pool.instanceTypes);
  const [, network, types, version] = await Promise.all([
    confirmOwner(sessions, scope),
    readNetwork(sessions, scope, spec, problems),
    readTypes(sessions, scope, wanted),
    resolveVersion(spec, artifactsUrl, attempt.signal, problems),
  ]);
  const chosen = network === undefined ? [] : chooseZones(spec, network, pools, types, problems);
  if (chosen.length > 0) {
    problems.push(...placeProblems(pools, chosen));
    problems.push(...typeProblems(pools, types, region, (pool) => zonesOf(pool, chosen)));
  }
  const architecture = architectureOf(pools, types);
  const image =
    architecture === undefined
      ? undefined
      : await pinImage(sessions, scope, spec, architecture, pools, problems);
  if (
    problems.length > 0 ||
    network === undefined ||
    version === undefined ||
    architecture === undefined ||
    image === undefined
  )
    throw problemsFault(problems.length > 0 ? problems : [nothingToLaunch]);
  const offers = Object.fromEntries(
    pools.map((pool) => [pool.name, offersOf(pool, types, chosen, image)]),
  );
  const refused = await trials(sessions, scope, request, pools, offers, image);
  if (refused.length > 0) throw problemsFault(refused);
  return {
    number: request.plan,
    version,
    vpcId: network.vpcId,
    rootDevice: image.rootDevice,
    architecture,
    offers,
    zones: chosen.map(({ zone }) => zone),
  };
}

/** Reached when EC2 describes types without an architecture we know. */
const nothingToLaunch: Problem = {
  path: 'spec.servers.instanceTypes',
  code: 'manifest.typeNotOffered',
  text: 'names no type of a known architecture; write one such as t3.medium',
};

/** Types in the order of preference; within a type the zones that offer it, in the cluster's order. */
function offersOf(
  pool: PoolRequest,
  types: TypeCatalogue,
  chosen: readonly Place[],
  image: PinnedImage,
): Offer[] {
  const zones = zonesOf(pool, chosen);
  return pool.instanceTypes.flatMap((instanceType) =>
    chosen
      .filter(({ zone }) => zones.includes(zone) && types.get(instanceType)?.zones.has(zone))
      .map(({ zone, subnetId }) => ({ instanceType, zone, subnetId, imageId: image.imageId })),
  );
}

/** One trial per role, since each passes a role of its own to its nodes. */
async function trials(
  sessions: Sessions,
  scope: CallScope,
  { spec, uid }: PlanRequest,
  pools: readonly PoolRequest[],
  offers: Readonly<Record<string, readonly Offer[]>>,
  image: PinnedImage,
): Promise<Problem[]> {
  const roles = (['server', 'agent'] as const).flatMap((role) => {
    const pool = pools.find((each) => each.role === role && each.count > 0);
    const offer = pool === undefined ? undefined : offers[pool.name]?.[0];
    if (pool === undefined || offer === undefined) return [];
    return [{ role, order: trialOrder(spec, pool, offer, image) }];
  });
  const found = await Promise.all(
    roles.map(({ role, order }) => tryLaunch(sessions, scope, role, uid, order)),
  );
  return found.flat();
}

const trialOrder = (
  spec: ClusterSpec,
  pool: PoolRequest,
  offer: Offer,
  image: PinnedImage,
): TrialOrder => ({
  offer,
  rootDevice: image.rootDevice,
  rootVolume: pool.rootVolume,
  securityGroupIds: [],
  instanceProfile: spec.instanceProfiles[pool.role],
  publicIp: spec.network.publicIPs,
  protected: pool.role === 'server' && spec.protection.instances,
});
