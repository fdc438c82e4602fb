/** The cluster that sizes are measured with: three servers, and one pool of agents for the rest. */
import type { ProfileName } from '../../machines/limits.ts';

const SERVERS = 3;

export const grown = { namespace: 'bench', kind: 'cluster', name: 'grown' } as const;

export function grownManifest(nodes: number, profile: ProfileName) {
  const instanceTypes = ['m6i.large', 'm6a.large', 'm5.large'];
  const agents = nodes - SERVERS;
  return {
    apiVersion: 'fairlead.dev/v1',
    kind: 'Cluster',
    metadata: { namespace: grown.namespace, name: grown.name },
    spec: {
      ...{ profile, region: 'eu-central-1' },
      servers: { count: SERVERS, instanceTypes },
      agentPools: agents === 0 ? [] : [{ name: 'pool', count: agents, instanceTypes }],
    },
  };
}
