/** The mirror relationship of each claim, on both sides: a source has one too, which tells the handle of its volume. */
import type { KubeObject, KubeRef } from '../../../actors/kube-port.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import { claimsOf, portOf, resourceName } from '../kube/work.ts';
import type { Claim, Work } from '../kube/work.ts';
import type { TridentMirror } from './translation.ts';

export interface Mirror {
  readonly claim: Claim;
  readonly ref: KubeRef;
}

export const mirrorsOf = (of: ReplicationFacts, side: Side): readonly Mirror[] =>
  claimsOf(of, side).map((claim) => ({
    claim,
    ref: {
      kind: 'TridentMirrorRelationship',
      name: resourceName(of, claim.volume),
      namespace: claim.namespace,
    },
  }));

export const mirrorOf = (of: ReplicationFacts, side: Side, volume: string): Mirror | undefined =>
  mirrorsOf(of, side).find(({ claim }) => claim.volume === volume);

export const read = (work: Work, side: Side, ref: KubeRef): Promise<KubeObject | undefined> =>
  portOf(work, side).get(ref, work.attempt);

/** @throws VolumeFault without the extension of this back end */
export function termsOf({ spec }: ReplicationFacts, { pvc }: Claim): TridentMirror {
  const extension = spec.extensions.trident;
  if (extension !== undefined) return { localPVCName: pvc, ...extension };
  throw volumeFault(
    'InvalidSpec',
    'manifest.required',
    'spec.extensions.trident is missing; write { policy, schedule }',
  );
}
