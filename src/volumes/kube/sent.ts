/** Whether an endpoint holds writes that the other one never got, by the mark its resources carry. */
import type { KubeRef } from '../../../actors/kube-port.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { portOf } from './work.ts';
import type { Work } from './work.ts';
import { markOf, marks } from './write.ts';

/** A side never armed has written nothing; else the mark must be of the epoch it was last armed in, or of a later one. */
export async function isAllSent(
  work: Work,
  side: Side,
  refs: readonly KubeRef[],
): Promise<boolean> {
  const armed = work.of.armed[side];
  if (armed === 0) return true;
  const port = portOf(work, side);
  const objects = await Promise.all(refs.map((ref) => port.get(ref, work.attempt)));
  return objects.every((object) => Number(markOf(object, marks.sent)) >= armed);
}
