/** Manifests: what a user may declare. Unknown keys are refused; every message says what to write instead. */
import { clusterManifestSchema } from './specs-cluster.ts';
import { replicationGroupManifestSchema } from './specs-group.ts';
import { replicationManifestSchema } from './specs-replication.ts';

export { clusterManifestSchema, clusterSpecSchema } from './specs-cluster.ts';
export type { ClusterManifest, ClusterSpec } from './specs-cluster.ts';
export { replicationGroupManifestSchema } from './specs-group.ts';
export type { ReplicationGroupManifest } from './specs-group.ts';
export { backendNames, duration, replicationManifestSchema } from './specs-replication.ts';
export type { BackendName, ReplicationManifest, ReplicationSpec } from './specs-replication.ts';
export { overlaps } from './specs-network.ts';

/** Manifest kinds this version knows; anything else is refused by name. */
export const manifestSchemas = {
  Cluster: clusterManifestSchema,
  Replication: replicationManifestSchema,
  ReplicationGroup: replicationGroupManifestSchema,
} as const;
