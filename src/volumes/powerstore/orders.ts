/** Orders to a replication group: written once, at the right side, and followed until they ended as they should. */
import type { KubeObject, KubeRef } from '../../../actors/kube-port.ts';
import type { Side } from '../../../machines/replication-table.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { volumeFault } from '../ebs/faults.ts';
import type { Seen } from '../kube/seen.ts';
import { writeAs } from '../kube/translated.ts';
import { notYet, portOf, tell } from '../kube/work.ts';
import type { Work } from '../kube/work.ts';
import { change, markOf, marks } from '../kube/write.ts';
import { dellBefore, dellOrderOf, dellOutcomeOf } from './translation.ts';
import type { DellOutcome, DellWish } from './translation.ts';

const ordered = {
  /** Call and action: one call may need several. */
  by: 'fairlead.dev/ordered-by',
  /** Time of the last action before, as the group told it. */
  before: 'fairlead.dev/last-action-before',
  atMs: 'fairlead.dev/ordered-at-ms',
} as const;

/** @throws VolumeFault without the extension of this back end */
export function refOf({ spec }: ReplicationFacts, side: Side): KubeRef {
  const extension = spec.extensions.powerstore;
  if (extension !== undefined)
    return { kind: 'DellCSIReplicationGroup', name: extension.replicationGroup[side] };
  throw volumeFault(
    'InvalidSpec',
    'manifest.required',
    'spec.extensions.powerstore is missing; write { replicationGroup: { home, away } }',
  );
}

export const groupOf = (work: Work, side: Side): Promise<KubeObject | undefined> =>
  portOf(work, side).get(refOf(work.of, side), work.attempt);

export interface Ordered {
  readonly outcome: DellOutcome['kind'];
  /** When it was written, by our clock: what is sent is no older. */
  readonly atMs: number;
}

/**
 * Writes the order, or looks how the same order goes.
 * @param side  the endpoint the wish is about; the table says at whose group the order is written
 * @param leadsTo  what the group has to be like in the end
 * @param key  names the order across calls; by default the call's own id
 * @throws VolumeFault `operation.unsupported` when the driver took the order back; `volume.orderFailed`; `volume.notYet`
 *   while another order waits there
 */
export async function give(
  work: Work,
  side: Side,
  wish: DellWish,
  leadsTo: (found: Seen) => boolean,
  key = work.opId,
): Promise<Ordered> {
  const order = writeAs(work.tools, 'powerstore', () => dellOrderOf(wish));
  if (order === null) throw volumeFault('NotSupported', 'operation.unsupported', wish);
  const { action } = order;
  const by = `${key}/${action}`;
  const group = await change(work, side, refOf(work.of, side), (object) => {
    if (markOf(object, ordered.by) === by) return 'none';
    const { action: waiting, time } = dellBefore(object);
    if (waiting !== '') throw notYet(`${side}: ${waiting} still waits in ${object.metadata.name}`);
    const atMs = String(work.tools.clock.nowMs());
    return {
      spec: { action },
      marks: { [ordered.by]: by, [ordered.before]: time, [ordered.atMs]: atMs },
    };
  });
  const lastActionTime = markOf(group, ordered.before);
  const outcome = dellOutcomeOf(group, { action, lastActionTime }, leadsTo);
  if (outcome.kind === 'failed')
    throw volumeFault('ProviderError', 'volume.orderFailed', `${action}: ${outcome.message}`);
  if (outcome.kind === 'reset') {
    tell(work, 'order taken back by the driver', { action, group: group.metadata.name });
    throw volumeFault('NotSupported', 'operation.unsupported', `the driver knows no ${action}`);
  }
  return { outcome: outcome.kind, atMs: Number(markOf(group, ordered.atMs)) || 0 };
}

/** Epoch and what else is to be remembered, on the group of that side. */
export const markGroup = (work: Work, side: Side, more: Readonly<Record<string, string>> = {}) =>
  change(work, side, refOf(work.of, side), (object) => {
    const wanted = { [marks.epoch]: String(work.epoch), ...more };
    const has = Object.entries(wanted).every(([mark, value]) => markOf(object, mark) === value);
    return has ? 'none' : { marks: wanted };
  });
