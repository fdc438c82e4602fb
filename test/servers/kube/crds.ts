/** The shapes that published CRDs give the kinds Fairlead writes: what an API server accepts, refuses, and lets nobody change. */
import { z } from 'zod';

interface CrdShape {
  readonly apiVersion: string;
  readonly spec: z.ZodType;
  /** Paths below `spec` that keep their first value; one that was empty may be set once. */
  readonly immutable: readonly string[];
  /** Changes of the status do not come from those who write the spec. */
  readonly hasStatus: boolean;
}

const csiReplication = 'replication.storage.openshift.io/v1alpha1';
const replicationState = z.enum(['primary', 'secondary', 'resync']);
const selector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z.array(z.unknown()).optional(),
});

const mirrorMapping = z.strictObject({
  localPVCName: z.string().min(1),
  remoteVolumeHandle: z.string().optional(),
  promotedSnapshotHandle: z.string().optional(),
});

const mirror = z
  .strictObject({
    state: z.enum(['', 'established', 'reestablished', 'promoted']).optional(),
    replicationPolicy: z.string().optional(),
    replicationSchedule: z.string().optional(),
    volumeMappings: z.array(mirrorMapping).length(1),
  })
  .refine(
    ({ state, volumeMappings: [mapping] }) =>
      state === 'promoted' || (mapping?.remoteVolumeHandle ?? '') !== '',
    { message: 'a mapping needs remoteVolumeHandle unless the state is promoted' },
  )
  .refine(
    ({ state, volumeMappings: [mapping] }) =>
      state === 'promoted' || (mapping?.promotedSnapshotHandle ?? '') === '',
    { message: 'promotedSnapshotHandle goes with the state promoted only' },
  );

/** Actions that Dell's controllers know; a driver takes a part of them and resets the others without a word. */
export const dellActions = [
  ...['', 'FAILOVER_REMOTE', 'FAILOVER_LOCAL', 'UNPLANNED_FAILOVER_LOCAL'],
  ...['UNPLANNED_FAILOVER_REMOTE', 'REPROTECT_LOCAL', 'REPROTECT_REMOTE', 'SWAP_LOCAL'],
  ...['FAILBACK_LOCAL', 'ACTION_FAILBACK_DISCARD_CHANGES_LOCAL', 'SUSPEND', 'RESUME', 'SYNC'],
  ...['ESTABLISH', 'CREATE_SNAPSHOT', 'FAILOVER_WITHOUT_SWAP_LOCAL'],
  'FAILOVER_WITHOUT_SWAP_REMOTE',
] as const;

export const crds: Readonly<Record<string, CrdShape>> = {
  VolumeReplication: {
    apiVersion: csiReplication,
    spec: z.strictObject({
      volumeReplicationClass: z.string().min(1),
      replicationState,
      dataSource: z.strictObject({
        apiGroup: z.string().optional(),
        kind: z.enum(['PersistentVolumeClaim', 'VolumeGroupReplication']),
        name: z.string().min(1),
      }),
      autoResync: z.boolean().optional(),
      replicationHandle: z.string().optional(),
    }),
    immutable: ['volumeReplicationClass', 'dataSource'],
    hasStatus: true,
  },
  VolumeReplicationClass: {
    apiVersion: csiReplication,
    spec: z.strictObject({
      provisioner: z.string().min(1),
      parameters: z.record(z.string(), z.string()).optional(),
    }),
    immutable: ['provisioner', 'parameters'],
    hasStatus: true,
  },
  VolumeGroupReplication: {
    apiVersion: csiReplication,
    spec: z.strictObject({
      volumeGroupReplicationClassName: z.string().min(1),
      volumeReplicationClassName: z.string().min(1),
      volumeReplicationName: z.string().optional(),
      volumeGroupReplicationContentName: z.string().optional(),
      source: z.strictObject({ selector }),
      replicationState,
      autoResync: z.boolean().optional(),
      external: z.boolean().optional(),
    }),
    immutable: [
      ...['volumeGroupReplicationClassName', 'volumeReplicationClassName'],
      ...['volumeReplicationName', 'volumeGroupReplicationContentName', 'source.selector'],
    ],
    hasStatus: true,
  },
  NetworkFence: {
    apiVersion: 'csiaddons.openshift.io/v1alpha1',
    spec: z.strictObject({
      fenceState: z.enum(['Fenced', 'Unfenced']),
      cidrs: z.array(z.string().min(1)).min(1),
      networkFenceClassName: z.string().optional(),
    }),
    immutable: ['networkFenceClassName'],
    hasStatus: true,
  },
  TridentMirrorRelationship: {
    apiVersion: 'trident.netapp.io/v1',
    spec: mirror,
    immutable: [
      ...['replicationPolicy', 'replicationSchedule'],
      ...['volumeMappings.0.localPVCName', 'volumeMappings.0.remoteVolumeHandle'],
    ],
    hasStatus: true,
  },
  TridentActionMirrorUpdate: {
    apiVersion: 'trident.netapp.io/v1',
    spec: z.strictObject({
      tridentMirrorRelationshipName: z.string().min(1),
      snapshotHandle: z.string().optional(),
    }),
    immutable: ['tridentMirrorRelationshipName', 'snapshotHandle'],
    hasStatus: true,
  },
  VolumeSnapshot: {
    apiVersion: 'snapshot.storage.k8s.io/v1',
    spec: z.strictObject({
      volumeSnapshotClassName: z.string().optional(),
      source: z.strictObject({ persistentVolumeClaimName: z.string().min(1) }),
    }),
    immutable: ['source'],
    hasStatus: true,
  },
  DellCSIReplicationGroup: {
    apiVersion: 'replication.storage.dell.com/v1',
    spec: z.strictObject({
      driverName: z.string(),
      requestParametersClass: z.string().optional(),
      action: z.enum(dellActions),
      remoteClusterId: z.string(),
      protectionGroupId: z.string(),
      protectionGroupAttributes: z.record(z.string(), z.string()).optional(),
      remoteProtectionGroupId: z.string(),
      remoteProtectionGroupAttributes: z.record(z.string(), z.string()).optional(),
    }),
    immutable: [],
    hasStatus: true,
  },
};

const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return (inner as Readonly<Record<string, unknown>>)[key];
  }, value);

const isSet = (value: unknown): boolean => value !== undefined && value !== '';

/** Why an API server refuses this spec; empty when it takes it. @param before  the spec it replaces, if any */
export function problemsOf(kind: string, spec: unknown, before?: unknown): readonly string[] {
  const shape = crds[kind];
  if (shape === undefined) return [];
  const parsed = shape.spec.safeParse(spec);
  const found = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `spec.${path.join('.')}: ${message}`);
  if (before === undefined) return found;
  const changed = shape.immutable.filter(
    (path) =>
      isSet(at(before, path)) &&
      JSON.stringify(at(before, path)) !== JSON.stringify(at(spec, path)),
  );
  return [...found, ...changed.map((path) => `spec.${path}: field is immutable`)];
}
