/** Real inputs to start from: manifests, commands with their arguments, and what answers of the service may name. */
import { faults } from '../../actors/faults.ts';
import { replicationManifest } from '../model/replication/manifest.ts';
import { manifest } from '../unit/machines/cloud-double.ts';

export const clusterManifest = manifest(3, 2);
export const pairManifest = replicationManifest();
export const groupManifest = {
  apiVersion: 'fairlead.dev/v1',
  kind: 'ReplicationGroup',
  metadata: { namespace: 'prod', name: 'shop' },
  spec: { members: [{ name: 'db-1' }, { name: 'db-2' }] },
};

export const keys = {
  cluster: { kind: 'cluster', namespace: 'shop', name: 'eu' },
  replication: { kind: 'replication', namespace: 'prod', name: 'db-1' },
  replicationgroup: { kind: 'replicationgroup', namespace: 'prod', name: 'shop' },
  guard: { kind: 'guard', namespace: 'system', name: 'fleet' },
} as const;

/** Codes that the reference page lists. */
export const isCode = (code: unknown): boolean =>
  typeof code === 'string' && Object.hasOwn(faults, code);

/** Arguments that are taken, by kind and verb; verbs that are left out take none. */
export const realArguments: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  cluster: {
    create: { manifest: clusterManifest },
    apply: { manifest: clusterManifest },
    delete: { force: false, reason: 'no more' },
    scale: { pool: 'web', count: 3 },
    restart: { nodes: ['shop-eu-s1'] },
  },
  replication: {
    create: { manifest: pairManifest },
    apply: { manifest: pairManifest },
    promote: { endpoint: 'away', how: 'forced', point: 3, expectEpoch: 1 },
    barrier: { phase: 'ready', group: 'shop', order: 1 },
    override: { token: 'one-two-three' },
    reconfigure: { every: '5m' },
    'test-start': { ttlSeconds: 600 },
  },
  replicationgroup: {
    create: { manifest: groupManifest },
    apply: { manifest: groupManifest },
    failover: { how: 'planned' },
  },
  guard: {
    isolate: { key: 'main/eu-central-1/ec2:mutate', reason: 'trouble', forMs: 60_000 },
    set: { key: 'main/eu-central-1/ec2', reason: 'r', policy: { failuresMax: 3 } },
    reset: { key: 'main/eu-central-1/ec2', reason: 'r' },
  },
};
