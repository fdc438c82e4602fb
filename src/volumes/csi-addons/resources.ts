/** The resources of one relationship: a VolumeReplication for each claim, or one for the whole group; and its network fence. */
import type { KubeDraft, KubeRef } from '../../../actors/kube-port.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import { claimsOf, resourceName } from '../kube/work.ts';

type Draft = KubeDraft & { readonly spec: Readonly<Record<string, unknown>> };

/** @throws VolumeFault without the extension of this back end */
function extensionOf({ spec }: ReplicationFacts) {
  const extension = spec.extensions['csi-addons'];
  if (extension !== undefined) return extension;
  throw volumeFault(
    'InvalidSpec',
    'manifest.required',
    'spec.extensions.csi-addons is missing; write { volumeReplicationClass }',
  );
}

/** By these labels a group finds its claims. */
export const groupLabel = 'fairlead.dev/replication';

/** What is written once and cannot change; the role comes later. */
export function draftsOf(of: ReplicationFacts, side: Side): readonly Draft[] {
  const { volumeReplicationClass, groupReplicationClass } = extensionOf(of);
  const claims = claimsOf(of, side);
  const [first] = claims;
  if (groupReplicationClass !== undefined && first !== undefined)
    return [
      {
        kind: 'VolumeGroupReplication',
        metadata: { name: resourceName(of, 'group'), namespace: first.namespace },
        spec: {
          volumeGroupReplicationClassName: groupReplicationClass,
          volumeReplicationClassName: volumeReplicationClass,
          source: { selector: { matchLabels: { [groupLabel]: of.name } } },
        },
      },
    ];
  return claims.map(({ volume, pvc, namespace }) => ({
    kind: 'VolumeReplication',
    metadata: { name: resourceName(of, volume), namespace },
    spec: { volumeReplicationClass, dataSource: { kind: 'PersistentVolumeClaim', name: pvc } },
  }));
}

export const refOf = ({ kind, metadata }: Draft): KubeRef => ({
  kind,
  name: metadata.name,
  ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
});

/** Cuts the machines of `side` off from the storage; it stands in the cluster of the other side, which is alive. */
export function networkFenceOf(of: ReplicationFacts, side: Side): Draft | undefined {
  const { networkFence } = extensionOf(of);
  if (networkFence === undefined) return undefined;
  const { className } = networkFence;
  return {
    kind: 'NetworkFence',
    metadata: { name: resourceName(of, side) },
    spec: {
      fenceState: 'Fenced',
      cidrs: networkFence[side],
      ...(className !== undefined && { networkFenceClassName: className }),
    },
  };
}
