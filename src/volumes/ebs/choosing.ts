/** Which point a promotion or a test starts from. */
import type { PointMade, ReplicationFacts } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { promotable } from './copies.ts';
import { volumeFault } from './faults.ts';
import type { SnapshotFact } from './lookups.ts';
import { newestVolumes } from './points.ts';
import { isCommitted } from './sets.ts';
import { tell } from './work.ts';
import type { Work } from './work.ts';

/** No point: the newest data is in this side's own fenced volumes, which are cloned where they are. */
export const ownData = 0;

/** Nobody has written since this side did. */
const holdsNewestData = ({ armed }: ReplicationFacts, side: Side): boolean =>
  armed[side] > 0 && armed[side] > armed[peerOf(side)];

/**
 * The one asked for, else this side's own volumes where nothing is newer, else the newest committed one that is whole.
 * @throws VolumeFault `volume.pointGone`
 */
export async function choosePoint(
  work: Work,
  side: Side,
  wanted: number | null,
): Promise<PointMade> {
  if (wanted === null && holdsNewestData(work.of, side)) {
    const found = await newestVolumes(work, side);
    if (found.length === work.of.spec.volumes.length)
      return { seq: ownData, pitMs: work.tools.clock.nowMs() };
  }
  // Newest first; only what the record calls committed counts, whatever tags say.
  const committed = work.of.points
    .filter(({ at, seq }) => at === side && (wanted === null || seq === wanted))
    .reverse();
  for (const { seq, pitMs } of committed) {
    if ((await committedAt(work, side, seq)) !== undefined) return { seq, pitMs };
    tell(work, 'a committed point is not whole any more', { seq, endpoint: side });
  }
  throw volumeFault(
    'NotFound',
    'volume.pointGone',
    wanted === null
      ? `${side} has no committed point that is whole`
      : `point ${wanted} is not committed and whole at ${side}; see the replication's points`,
  );
}

/** Every member complete and marked; anything else is invisible to promotions. */
export async function committedAt(
  work: Work,
  side: Side,
  seq: number,
): Promise<readonly SnapshotFact[] | undefined> {
  const set = await promotable(work, side, seq);
  return set?.every(isCommitted) === true ? set : undefined;
}
