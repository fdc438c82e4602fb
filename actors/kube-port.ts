/** What the rings inside need of a Kubernetes API: a few kinds of objects, plain, under compare-and-set, with faults that say what is known. */
import type { Attempt } from './ports.ts';

interface KindRow {
  readonly apiVersion: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** False: only looked at. */
  readonly isWritable: boolean;
}

const row = (
  apiVersion: string,
  plural: string,
  scope: 'namespaced' | 'cluster',
  access: 'read' | 'write',
): KindRow => ({
  ...{ apiVersion, plural },
  isNamespaced: scope === 'namespaced',
  isWritable: access === 'write',
});

const csiReplication = 'replication.storage.openshift.io/v1alpha1';
const csiAddons = 'csiaddons.openshift.io/v1alpha1';
const trident = 'trident.netapp.io/v1';

/** Every kind that Fairlead may ask a cluster for. What is not here is refused before any call, `Secret` above all. */
export const kubeKinds = {
  VolumeReplication: row(csiReplication, 'volumereplications', 'namespaced', 'write'),
  VolumeReplicationClass: row(csiReplication, 'volumereplicationclasses', 'cluster', 'read'),
  VolumeGroupReplication: row(csiReplication, 'volumegroupreplications', 'namespaced', 'write'),
  VolumeGroupReplicationClass: row(
    csiReplication,
    'volumegroupreplicationclasses',
    'cluster',
    'read',
  ),
  VolumeGroupReplicationContent: row(
    csiReplication,
    'volumegroupreplicationcontents',
    'cluster',
    'read',
  ),
  NetworkFence: row(csiAddons, 'networkfences', 'cluster', 'write'),
  CSIAddonsNode: row(csiAddons, 'csiaddonsnodes', 'namespaced', 'read'),
  TridentMirrorRelationship: row(trident, 'tridentmirrorrelationships', 'namespaced', 'write'),
  TridentActionMirrorUpdate: row(trident, 'tridentactionmirrorupdates', 'namespaced', 'write'),
  DellCSIReplicationGroup: row(
    'replication.storage.dell.com/v1',
    'dellcsireplicationgroups',
    'cluster',
    'write',
  ),
  CustomResourceDefinition: row(
    'apiextensions.k8s.io/v1',
    'customresourcedefinitions',
    'cluster',
    'read',
  ),
  PersistentVolumeClaim: row('v1', 'persistentvolumeclaims', 'namespaced', 'write'),
  PersistentVolume: row('v1', 'persistentvolumes', 'cluster', 'write'),
  StorageClass: row('storage.k8s.io/v1', 'storageclasses', 'cluster', 'read'),
  /** The last state of a source that a mirror takes over. */
  VolumeSnapshot: row('snapshot.storage.k8s.io/v1', 'volumesnapshots', 'namespaced', 'write'),
  VolumeSnapshotContent: row(
    'snapshot.storage.k8s.io/v1',
    'volumesnapshotcontents',
    'cluster',
    'read',
  ),
  VolumeAttachment: row('storage.k8s.io/v1', 'volumeattachments', 'cluster', 'read'),
  /** A sidecar that leads renews one: the evidence that a controller lives. */
  Lease: row('coordination.k8s.io/v1', 'leases', 'namespaced', 'read'),
  Pod: row('v1', 'pods', 'namespaced', 'read'),
} as const satisfies Record<string, KindRow>;
export type KubeKind = keyof typeof kubeKinds;

/** Owner of the fields that Fairlead applies. */
export const kubeFieldManager = 'fairlead-replication';

/** One object. `namespace` exactly where its kind has one. */
export interface KubeRef {
  readonly kind: KubeKind;
  readonly namespace?: string;
  readonly name: string;
}

/** Objects of a kind; without `namespace` those of all namespaces. */
export interface KubeListing {
  readonly kind: KubeKind;
  readonly namespace?: string;
  /** As the API takes it, such as `app=db,tier!=cache`. */
  readonly labelSelector?: string;
}

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  /** Grows with every change of the spec; a status counts only when it observed this one. */
  readonly generation?: number;
  readonly creationTimestamp?: string;
  /** Set: its deletion has begun and waits for finalizers. */
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
}

/** An object as it stands in JSON. Fields of its spec and status are what somebody wrote: parse before trusting them. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What to write; `apiVersion` follows from the kind. */
export interface KubeDraft {
  readonly kind: KubeKind;
  readonly metadata: KubeMetadata;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** When a change may begin at the latest, wall time; later it is refused with `call.issueExpired`. Absent: at any time. */
export interface KubeIssue {
  readonly issueBeforeMs?: number;
}

/** What a watch tells: first everything (`synced`), then one by one; `synced` again whenever it had to begin anew. */
export type KubeNews =
  | { readonly type: 'synced'; readonly objects: readonly KubeObject[] }
  | { readonly type: 'changed' | 'removed'; readonly object: KubeObject }
  /** Not heard from for now: what was told before may be old. Another `synced` follows. */
  | { readonly type: 'lost'; readonly message: string };

export interface KubeCapabilities {
  /** Changes go through SSM: they may land `lateMs` after they were let begin, so quiet windows are longer. */
  readonly viaSsm: boolean;
  /** Milliseconds beyond the attempt's own time; 0 for direct access. */
  readonly lateMs: number;
  /** False: poll. */
  readonly canWatch: boolean;
}

/**
 * One cluster's API. Nothing is retried inside. All methods reject with `CloudFault`-shaped errors (`actors/faults.ts`):
 * `Conflict` (another version, or a field of somebody else), `InvalidSpec`, `Unauthorized`, `NotSupported` (the cluster
 * does not serve this kind, or it is not one of ours), `Unavailable`, `Timeout`, `RateLimit`, `CircuitOpen`.
 * A cluster that cannot be reached makes everything about it unknown: no answer here ever means "is not there".
 */
export interface KubePort {
  readonly capabilities: KubeCapabilities;
  /** Undefined only when the API itself says that there is no such object. */
  get(ref: KubeRef, attempt: Attempt): Promise<KubeObject | undefined>;
  /** All of them or a fault (`kube.tooMany` past the bound). In no particular order. */
  list(what: KubeListing, attempt: Attempt): Promise<readonly KubeObject[]>;
  /**
   * Server-side apply as `fairlead-replication`: creates, or sets just the fields given and gives up those left out since
   * the last time. Repeating it changes nothing. With `force` fields of other managers are taken over instead of refused.
   */
  apply(
    draft: KubeDraft,
    issue: KubeIssue & { readonly force?: boolean },
    attempt: Attempt,
  ): Promise<KubeObject>;
  /**
   * Replaces the object (not its status) if `metadata.resourceVersion` is still the current one.
   * @throws `Conflict` when it is not, `NotFound` when there is none
   */
  casReplace(object: KubeObject, issue: KubeIssue, attempt: Attempt): Promise<KubeObject>;
  /** `deleting`: finalizers hold it. With `uid` only that very object. Already gone is a success. */
  delete(
    ref: KubeRef & { readonly uid?: string },
    issue: KubeIssue,
    attempt: Attempt,
  ): Promise<{ readonly state: 'gone' | 'deleting' }>;
  /**
   * Follows objects until the signal fires, then resolves; connects again by itself with growing pauses. Present when
   * `capabilities.canWatch`.
   * @throws at once when the kind is not served or not allowed
   */
  watch?(what: KubeListing, tell: (news: KubeNews) => void, attempt: Attempt): Promise<void>;
}

/** The clusters that this host can ask, by `<namespace>/<name>`. @throws `NotSupported` for one it has no access to */
export interface KubeClusters {
  of(cluster: string): KubePort;
}
