/** Orders to bring a mirror up to date: one resource per order and volume, named by epoch and number, and how it ended. */
import type { KubeObject } from '../../../actors/kube-port.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { volumeFault } from '../ebs/faults.ts';
import type { Flow } from '../kube/driver.ts';
import { inFlow } from '../kube/driver.ts';
import { timeMs } from '../kube/seen.ts';
import { labelsOf, portOf } from '../kube/work.ts';
import type { Work } from '../kube/work.ts';
import { ensure } from '../kube/write.ts';
import type { Mirror } from './resources.ts';
import { tridentActionOf } from './translation.ts';

const kind = 'TridentActionMirrorUpdate';
const mirrorLabel = 'fairlead.dev/mirror';

const order = (
  work: Work,
  side: Side,
  { ref, claim }: Mirror,
  { seq, round, snapshotHandle }: { seq: number; round: number; snapshotHandle: string },
): Promise<KubeObject> =>
  ensure(work, side, {
    kind,
    metadata: {
      name: `${ref.name}-e${work.epoch}-s${seq}-r${round}`,
      namespace: claim.namespace,
      labels: { [mirrorLabel]: claim.volume },
    },
    spec: {
      tridentMirrorRelationshipName: ref.name,
      ...(snapshotHandle !== '' && { snapshotHandle }),
    },
  });

/**
 * Orders the update, or looks how it goes. Done with the time it was ordered: what is sent is no older. An order that failed
 * is given again a few times, as a restart of Trident alone makes it fail.
 * @param side  where the mirror lives: the side that is written to
 */
export async function update(
  work: Work,
  side: Side,
  mirror: Mirror,
  seq: number,
  snapshotHandle = '',
): Promise<Flow> {
  for (let round = 1; round <= kubeVolumes.actionsMax; round += 1) {
    const object = await order(work, side, mirror, { seq, round, snapshotHandle });
    const outcome = tridentActionOf(object);
    if (outcome === 'failed') continue;
    const orderedMs = timeMs(object.metadata.creationTimestamp);
    if (outcome !== 'done' || orderedMs === null) return inFlow;
    return { isDone: true, pitMs: orderedMs };
  }
  throw volumeFault(
    'ProviderError',
    'volume.updateFailed',
    `mirror ${mirror.ref.name}: ${kubeVolumes.actionsMax} ordered updates failed`,
  );
}

/** Deletes orders that are over, all but the newest. */
export async function tidy(work: Work, side: Side, { claim }: Mirror): Promise<void> {
  const port = portOf(work, side);
  const { namespace, volume } = claim;
  const all = await port.list({ kind, namespace }, work.attempt);
  const own = all.filter(({ metadata: { labels = {} } }) =>
    Object.entries({ ...labelsOf(work.of), [mirrorLabel]: volume }).every(
      ([key, value]) => labels[key] === value,
    ),
  );
  const over = own
    .filter((one) => tridentActionOf(one) !== 'underway')
    .sort((left, right) => orderedMs(right) - orderedMs(left))
    .slice(kubeVolumes.actionsKept);
  for (const { metadata } of over)
    await port.delete({ kind, namespace, name: metadata.name }, {}, work.attempt);
}

const orderedMs = ({ metadata }: KubeObject): number => timeMs(metadata.creationTimestamp) ?? 0;
