/** Gets snapshots or copies of a set made, one per volume: looks, sends what is missing, follows until all are complete. */
import { ebs } from '../../../machines/limits-ebs.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { goneSnapshot, hasCode, unlessDone, volumeFault } from './faults.ts';
import type { SnapshotFact } from './lookups.ts';
import { isComplete, progressOf } from './sets.ts';
import type { SetFound } from './sets.ts';
import { call, isFollowed, mustBeAskedAgain, pause, tell } from './work.ts';
import type { Work } from './work.ts';

export type Gathered =
  | { readonly isDone: true; readonly set: readonly SnapshotFact[] }
  | { readonly isDone: false; readonly progress: number };

interface Gathering {
  /** Side whose region the snapshots are in. */
  readonly side: Side;
  readonly size: number;
  look(): Promise<SetFound>;
  /** Sends what is missing, as far as rates and quotas let it now. */
  send(missing: readonly string[]): Promise<void>;
  /** Deletes all of a set that has come to nothing. */
  abandon(): Promise<void>;
}

/**
 * None of these calls knows a token: nothing is sent before two looks, apart by more than reads may lag, found it missing.
 * @throws VolumeFault `volume.pointFailed` when one ended in an error: the whole set is deleted
 */
export async function gather(work: Work, what: Gathering): Promise<Gathered> {
  for (let looksMissing = 0; ;) {
    const { best, spares, missing } = await what.look();
    await dropSpares(work, what.side, spares);
    const broken = best.find(({ state }) => state === 'error');
    if (broken !== undefined) {
      await what.abandon();
      throw failed(broken);
    }
    if (missing.length === 0 && best.every(isComplete)) return { isDone: true, set: best };
    if (missing.length > 0) looksMissing += 1;
    if (looksMissing >= 2 && missing.length > 0) {
      if (mustBeAskedAgain(work)) return underway(best, what.size);
      await what.send(missing);
    }
    if (isFollowed(work)) return underway(best, what.size);
    await pause(work, looksMissing === 1 && missing.length > 0 ? ebs.readLagMs : ebs.pollMs);
  }
}

const underway = (found: readonly SnapshotFact[], size: number): Gathered => ({
  isDone: false,
  progress: progressOf(found, size),
});

/** A bad key shows only here, long after the call was accepted. */
function failed({ id, message }: SnapshotFact) {
  const text = message === '' ? 'EC2 gives no reason' : message;
  return volumeFault('ProviderError', 'volume.pointFailed', `${id} ended in an error: ${text}`);
}

async function dropSpares(work: Work, side: Side, spares: readonly SnapshotFact[]): Promise<void> {
  if (spares.length === 0) return;
  tell(work, 'a call was sent twice; what it made too much is deleted', {
    snapshots: spares.map(({ id }) => id).join(' '),
  });
  await deleteSnapshots(work, side, spares);
}

/** Those gone are gone. @returns those in use, which are left for the next round */
export async function deleteSnapshots(
  work: Work,
  side: Side,
  found: readonly SnapshotFact[],
): Promise<readonly SnapshotFact[]> {
  const inUse: SnapshotFact[] = [];
  for (const each of found)
    try {
      await unlessDone(goneSnapshot, call(work, side, 'deleteSnapshot', { SnapshotId: each.id }));
    } catch (thrown) {
      if (!hasCode(thrown, ['InvalidSnapshot.InUse'])) throw thrown;
      inUse.push(each);
    }
  return inUse;
}

/** Held back by a rate or a quota: it is its turn a little later, and no circuit is to blame. */
const heldBack = [
  'SnapshotCreationPerVolumeRateExceeded',
  'ConcurrentSnapshotLimitExceeded',
  'ResourceLimitExceeded',
];
export async function unlessHeldBack<T>(sent: Promise<T>): Promise<T | undefined> {
  try {
    return await sent;
  } catch (thrown) {
    if (hasCode(thrown, heldBack)) return undefined;
    throw thrown;
  }
}
