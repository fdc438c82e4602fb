/** The manifest that models and unit tests of the replication chart declare: two zones, one volume, points every minute. */
import { replicationManifestSchema } from '../../../machines/specs.ts';
import type { ReplicationManifest } from '../../../machines/specs.ts';

const place = (zone: string) => ({
  cluster: `eu-${zone}`,
  region: 'eu-west-1',
  zone: `eu-west-1${zone}`,
});
const onInstance = (instance: string, volumeId: string | undefined) => ({
  ...{ instanceId: `i-${instance}`, device: '/dev/sdf' },
  ...(volumeId !== undefined && { volumeId: `vol-${volumeId}` }),
});

/** @param spec  parts of the manifest's own, written over those here */
export function replicationManifest(
  spec: Readonly<Record<string, unknown>> = {},
): ReplicationManifest {
  const isReversed = spec['initialSource'] === 'away';
  const id = '0123456789abcdef0';
  // Checked: the back end is settled, as the type of a checked manifest says.
  return replicationManifestSchema.parse({
    apiVersion: 'fairlead.dev/v1',
    kind: 'Replication',
    metadata: { namespace: 'prod', name: 'db-1' },
    spec: {
      endpoints: { home: place('a'), away: place('b') },
      volumes: [
        {
          name: 'data',
          home: onInstance('0123456789abcdef0', isReversed ? undefined : id),
          away: onInstance('0123456789abcdef1', isReversed ? id : undefined),
        },
      ],
      schedule: { every: '1m', rpo: '2m' },
      backend: 'ebs',
      ...spec,
    },
  }) as ReplicationManifest;
}
