/** What the simulated cloud offers: two types in three zones. */
import type { ClusterPlan } from '../../../machines/messages.ts';
import type { ClusterSpec } from '../../../machines/specs.ts';

const letters = ['a', 'b', 'c'] as const;

export function planOf(spec: ClusterSpec, number: number): ClusterPlan {
  const zones = letters.map((letter) => `${spec.region}${letter}`);
  const offersOf = (types: readonly string[]) =>
    types.flatMap((instanceType) =>
      zones.map((zone) => ({ instanceType, zone, subnetId: `subnet-${zone}`, imageId: 'ami-1' })),
    );
  const pools = spec.agentPools.map(({ name, instanceTypes }) => [name, offersOf(instanceTypes)]);
  return {
    ...{ number, version: 'v1.31.4+k3s1', vpcId: 'vpc-1', rootDevice: '/dev/xvda' },
    ...{ architecture: 'arm64', zones },
    offers: { server: offersOf(spec.servers.instanceTypes), ...Object.fromEntries(pools) },
  };
}
