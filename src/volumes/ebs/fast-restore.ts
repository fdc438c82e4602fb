/** Fast restores of committed points: a wish that shortens a promotion. Nothing waits for them, and no promotion needs one. */
import type { Side } from '../../../machines/replication-table.ts';
import { faultIn } from './faults.ts';
import { ownSnapshots } from './lookups.ts';
import type { SnapshotFact } from './lookups.ts';
import { settingsOf } from './places.ts';
import { isCommitted } from './sets.ts';
import { act, call, tell } from './work.ts';
import type { Work } from './work.ts';

/** A region that has no more of them is told about in the log. */
export async function enableFastRestore(work: Work, side: Side, seq: number): Promise<void> {
  if (!settingsOf(work.of).fastRestore) return;
  const found = (await ownSnapshots(work, side)).filter(
    (each) => each.seq === seq && isCommitted(each),
  );
  try {
    const { Unsuccessful = [] } = await act(work, side, 'enableFastSnapshotRestores', {
      AvailabilityZones: [work.of.spec.endpoints[side].zone],
      SourceSnapshotIds: found.map(({ id }) => id),
    });
    const [refused] = Unsuccessful.flatMap(
      ({ FastSnapshotRestoreStateErrors: errors }) => errors ?? [],
    );
    if (refused !== undefined) refusal(work, seq, refused.Error?.Code);
  } catch (thrown) {
    const fault = faultIn(thrown);
    if (work.attempt.signal.aborted || fault === undefined) throw thrown;
    refusal(work, seq, fault.code);
  }
}

const refusal = (work: Work, seq: number, code = 'no reason given'): void => {
  tell(work, 'no fast restore of a point', { seq, code });
};

const inForce = ['enabling', 'optimizing', 'enabled'];

export async function disableFastRestore(
  work: Work,
  side: Side,
  found: readonly SnapshotFact[],
): Promise<void> {
  const Filters = [{ Name: 'snapshot-id', Values: found.map(({ id }) => id) }];
  const { FastSnapshotRestores = [] } = await call(work, side, 'describeFastSnapshotRestores', {
    Filters,
  });
  const ids = FastSnapshotRestores.filter(({ State }) => inForce.includes(State ?? '')).flatMap(
    ({ SnapshotId }) => SnapshotId ?? [],
  );
  if (ids.length === 0) return;
  await call(work, side, 'disableFastSnapshotRestores', {
    AvailabilityZones: [work.of.spec.endpoints[side].zone],
    SourceSnapshotIds: [...new Set(ids)],
  });
}
