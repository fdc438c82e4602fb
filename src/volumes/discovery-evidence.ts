/** What shows that a cluster can replicate with a back end: its CRDs, and signs that somebody acts on them. */
import type { KubeKind, KubeObject } from '../../actors/kube-port.ts';

export type KubeBackendName = 'csi-addons' | 'trident' | 'powerstore';

export interface Evidence {
  /** Full names of CRDs, without which nothing works. */
  readonly needed: readonly string[];
  /** Without these, something does not work. */
  readonly wished: readonly string[];
  /** Resources whose status is written by the controller. */
  readonly watched: KubeKind;
  /** Its mere presence shows a driver that speaks to the controller. */
  readonly node: KubeKind | null;
  /** Where controllers and sidecars keep their leases. */
  readonly leaseNamespaces: readonly string[];
}

const csi = 'replication.storage.openshift.io';

export const evidenceOf: Readonly<Record<KubeBackendName, Evidence>> = {
  'csi-addons': {
    needed: [`volumereplications.${csi}`, `volumereplicationclasses.${csi}`],
    wished: [],
    watched: 'VolumeReplication',
    node: 'CSIAddonsNode',
    leaseNamespaces: ['csi-addons-system'],
  },
  trident: {
    needed: ['tridentmirrorrelationships.trident.netapp.io'],
    wished: ['tridentactionmirrorupdates.trident.netapp.io'],
    watched: 'TridentMirrorRelationship',
    node: null,
    leaseNamespaces: ['trident'],
  },
  powerstore: {
    needed: ['dellcsireplicationgroups.replication.storage.dell.com'],
    wished: [],
    watched: 'DellCSIReplicationGroup',
    node: null,
    leaseNamespaces: ['dell-replication-controller', 'csi-powerstore'],
  },
};

const entries = (value: unknown): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(value)
    ? value.filter((one): one is Record<string, unknown> => typeof one === 'object' && one !== null)
    : [];

/** The API server serves its kind. */
export const isEstablished = (crd: KubeObject | undefined): boolean =>
  entries(crd?.status?.['conditions']).some(
    (one) => one['type'] === 'Established' && one['status'] === 'True',
  );

/** Somebody has looked at the newest spec of this resource. */
export function isSeenTo({ metadata, status }: KubeObject): boolean {
  const { generation } = metadata;
  if (generation === undefined || status === undefined) return false;
  return [status, ...entries(status['conditions'])].some(
    (one) => one['observedGeneration'] === generation,
  );
}

/** @param ageMaxMs  renewed no longer ago than this */
export function isRenewed(lease: KubeObject, nowMs: number, ageMaxMs: number): boolean {
  const renewed = lease.spec?.['renewTime'];
  return typeof renewed === 'string' && nowMs - Date.parse(renewed) <= ageMaxMs;
}
