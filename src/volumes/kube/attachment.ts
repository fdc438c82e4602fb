/** Whether anything at an endpoint has its claims mounted: no pod that uses them, and no attachment of their volumes. */
import type { KubeObject, KubePort } from '../../../actors/kube-port.ts';
import type { Attempt } from '../../../actors/ports.ts';
import type { Claim } from './work.ts';

export interface Attachment {
  readonly isAttached: boolean;
  /** Who uses them; for people. */
  readonly users: readonly string[];
}

/** @throws whatever the port throws: a cluster that cannot be asked proves nothing */
export async function attachmentOf(
  port: KubePort,
  claims: readonly Claim[],
  attempt: Attempt,
): Promise<Attachment> {
  const namespaces = [...new Set(claims.map(({ namespace }) => namespace))];
  const [attachments, ...pods] = await Promise.all([
    port.list({ kind: 'VolumeAttachment' }, attempt),
    ...namespaces.map((namespace) => port.list({ kind: 'Pod', namespace }, attempt)),
  ]);
  const volumes: readonly unknown[] = await Promise.all(
    claims.map((claim) => volumeOf(port, claim, attempt)),
  );
  const users = [
    ...pods
      .flat()
      .filter((pod) => isUser(pod, claims))
      .map((pod) => `pod ${pod.metadata.name}`),
    ...attachments
      .filter((one) => volumes.includes(volumeIn(one)))
      .map((one) => `attachment ${one.metadata.name}`),
  ];
  return { isAttached: users.length > 0, users };
}

/** Name of the volume a claim is bound to; one that is not bound is attached nowhere. */
async function volumeOf(port: KubePort, { pvc, namespace }: Claim, attempt: Attempt) {
  const ref = { kind: 'PersistentVolumeClaim', namespace, name: pvc } as const;
  const name = (await port.get(ref, attempt))?.spec?.['volumeName'];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const volumeIn = ({ spec }: KubeObject): unknown =>
  asRecord(spec?.['source'])['persistentVolumeName'] ?? '';

/** Pods that are over hold nothing any more. */
function isUser({ metadata, spec, status }: KubeObject, claims: readonly Claim[]): boolean {
  if (['Succeeded', 'Failed'].includes(String(status?.['phase']))) return false;
  const volumes = Array.isArray(spec?.['volumes']) ? (spec['volumes'] as readonly unknown[]) : [];
  return volumes.some((volume) => {
    const { claimName } = asRecord(asRecord(volume)['persistentVolumeClaim']);
    return claims.some(
      ({ pvc, namespace }) => pvc === claimName && namespace === metadata.namespace,
    );
  });
}
