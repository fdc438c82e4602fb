/** A snapshot of what a side holds, before it may be overwritten. */
import type { KubeObject } from '../../../actors/kube-port.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import { claimsOf, portOf, resourceName, until } from './work.ts';
import type { Claim, Work } from './work.ts';
import { ensure } from './write.ts';

/**
 * One VolumeSnapshot for each claim, by the cluster's default class of its driver; made once for each epoch and kept.
 * @throws VolumeFault when the storage refuses one: then nothing may be overwritten
 */
export async function takeSafetyCopies(work: Work, side: Side): Promise<boolean> {
  const claims = claimsOf(work.of, side);
  for (const claim of claims) await ensureSnapshot(work, side, claim, `e${work.epoch}-safety`);
  const { isOver } = await until(work, kubeVolumes.settleMs, async () => {
    const all = await Promise.all(
      claims.map((claim) => ensureSnapshot(work, side, claim, `e${work.epoch}-safety`)),
    );
    return { isOver: all.every(isReady), value: undefined };
  });
  return isOver;
}

/** @param purpose  part of its name */
export const ensureSnapshot = (work: Work, side: Side, claim: Claim, purpose: string) =>
  ensure(work, side, {
    kind: 'VolumeSnapshot',
    metadata: {
      name: `${resourceName(work.of, claim.volume)}-${purpose}`,
      namespace: claim.namespace,
    },
    spec: { source: { persistentVolumeClaimName: claim.pvc } },
  });

export function isReady({ metadata, status }: KubeObject): boolean {
  const error = status?.['error'];
  if (typeof error === 'object' && error !== null && 'message' in error)
    throw volumeFault(
      'ProviderError',
      'volume.snapshotFailed',
      `VolumeSnapshot ${metadata.name}: ${String(error.message)}`,
    );
  return status?.['readyToUse'] === true;
}

/** `snapshotHandle` as the storage knows it; empty while it has none. */
export async function handleOf(work: Work, side: Side, snapshot: KubeObject): Promise<string> {
  const content = snapshot.status?.['boundVolumeSnapshotContentName'];
  if (typeof content !== 'string') return '';
  const ref = { kind: 'VolumeSnapshotContent', name: content } as const;
  const found = await portOf(work, side).get(ref, work.attempt);
  const handle = found?.status?.['snapshotHandle'];
  return typeof handle === 'string' ? handle : '';
}
