/** The least that a manifest of each kind needs, to begin with in a form. Pure. */
import type { CommandInfo } from '../../../api.ts';

const kinds: Readonly<Record<string, string>> = {
  cluster: 'Cluster',
  replication: 'Replication',
  replicationgroup: 'ReplicationGroup',
};

const specs: Readonly<Record<string, object>> = {
  cluster: { region: 'eu-central-1', servers: { count: 1 } },
  replication: {
    endpoints: {
      home: { cluster: 'eu-a', region: 'eu-west-1', zone: 'eu-west-1a', storageClass: 'gp3' },
      away: { cluster: 'eu-b', region: 'eu-central-1', zone: 'eu-central-1b', storageClass: 'gp3' },
    },
    volumes: [
      {
        name: 'data',
        home: {
          ...{ volumeId: 'vol-0a1b2c3d4e5f60718', instanceId: 'i-0a1b2c3d4e5f60718' },
          device: '/dev/sdf',
        },
        away: { instanceId: 'i-0f1e2d3c4b5a69788', device: '/dev/sdf' },
      },
    ],
    schedule: { rpo: '15m', rto: '30m' },
  },
  replicationgroup: { members: [{ name: 'db-1' }, { name: 'db-2' }] },
};

/** Filled into the form at first; empty for a command that makes nothing. */
export function exampleOf(
  { kind, creating }: Pick<CommandInfo, 'kind' | 'creating'>,
  namespace: string,
  name: string,
): Readonly<Record<string, unknown>> {
  const spec = specs[kind];
  if (!creating || spec === undefined) return {};
  return {
    manifest: {
      ...{ apiVersion: 'fairlead.dev/v1', kind: kinds[kind] },
      ...{ metadata: { name, namespace }, spec },
    },
  };
}
