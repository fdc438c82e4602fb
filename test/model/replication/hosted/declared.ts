/** The replication that is declared in these worlds: two volumes of one instance, copied to another region. */
import { apiVersion } from '../../../../machines/ids.ts';

export interface Places {
  readonly home: { readonly instanceId: string; readonly volumeIds: readonly string[] };
  readonly away: { readonly instanceId: string };
}

export const devices = ['/dev/sdf', '/dev/sdg'] as const;
export const regions = { home: 'eu-west-1', away: 'eu-central-1' } as const;
export const zones = { home: 'eu-west-1a', away: 'eu-central-1b' } as const;

/** Points only by order: a schedule of its own would make the end of a story depend on how long it took. */
export const manifest = ({ home, away }: Places) => ({
  apiVersion,
  kind: 'Replication',
  metadata: { namespace: 'prod', name: 'db-1' },
  spec: {
    endpoints: {
      home: { cluster: 'eu-a', region: regions.home, zone: zones.home },
      away: { cluster: 'eu-b', region: regions.away, zone: zones.away },
    },
    volumes: home.volumeIds.map((volumeId, index) => ({
      name: `v${index}`,
      home: { volumeId, instanceId: home.instanceId, device: devices[index] },
      away: { instanceId: away.instanceId, device: devices[index] },
    })),
    schedule: { mode: 'interval', every: '24h', rpo: '2d', rto: '1h' },
    backend: 'ebs',
    retention: { keepLast: 2, minAge: '1h' },
  },
});
