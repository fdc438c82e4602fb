/** One look at a side, and how long a promotion would take and what it would lose. Changes nothing. */
import type { EndpointSight, Estimate } from '../../../actors/replication-ports.ts';
import { ebs } from '../../../machines/limits-ebs.ts';
import { quietWindowMs } from '../../../machines/replication-limits.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { promotableRole } from './copies.ts';
import { isVolumeOf, ownSnapshots, ownVolumes } from './lookups.ts';
import type { SnapshotFact } from './lookups.ts';
import { isCommitted, pitOf } from './sets.ts';
import { lookAt } from './suspects.ts';
import type { Verdict } from './suspects.ts';
import { keys } from './tags.ts';
import type { Work } from './work.ts';

const transient = /\b(attaching|detaching|busy)\b/;

/** A region that does not answer is seen as unknown; other faults rise. */
export async function observe(work: Work, side: Side): Promise<EndpointSight> {
  const { of } = work;
  const verdict = await lookAt(work, side, of.epoch + 1);
  if (verdict.writable === 'unknown') return unknown(verdict);
  const [volumes, snapshots] = await Promise.all([
    ownVolumes(work, side),
    ownSnapshots(work, side),
  ]);
  const isAbsent = of.armed[side] === 0 && !volumes.some(isVolumeOf(of.uid, side));
  const arriving = snapshots.filter(({ state }) => state === 'pending');
  const { writable, observed } = verdict;
  return {
    ...{ writable, observed, link: 'healthy', isFresh: true },
    role: transient.test(observed)
      ? 'transient'
      : writable === 'yes'
        ? 'source'
        : isAbsent && !snapshots.some(isCommitted)
          ? 'absent'
          : 'replica',
    lastPitMs: newestPit(work, side, snapshots),
    progress:
      arriving.length === 0
        ? null
        : Math.floor(arriving.reduce((sum, each) => sum + each.progress, 0) / arriving.length),
  };
}

const unknown = ({ observed }: Verdict): EndpointSight => ({
  ...{ role: 'unknown', writable: 'unknown', link: 'unknown', lastPitMs: null, progress: null },
  ...{ isFresh: false, observed },
});

/** Of what came from the peer and could be promoted here. */
function newestPit(work: Work, side: Side, found: readonly SnapshotFact[]): number | null {
  const committed = found.filter(
    (each) =>
      each.tags[keys.role] === promotableRole(work) &&
      each.tags[keys.at] === peerOf(side) &&
      isCommitted(each),
  );
  return committed.length === 0 ? null : Math.max(...committed.map((each) => pitOf([each])));
}

/** By the window, the looks, and what the newest set took; a first one is not estimated. */
export async function estimate(work: Work, what: 'planned' | 'forced'): Promise<Estimate> {
  const { of, tools } = work;
  const from = of.writer === 'away' ? 'away' : 'home';
  const newest = of.points.findLast(({ at }) => at === peerOf(from));
  const waitsMs = quietWindowMs(false, of.safety) + of.safety.proofGapMs + ebs.promoteBaseMs;
  const lossMs = newest === undefined ? 0 : tools.clock.nowMs() - newest.pitMs;
  if (what === 'forced') return { rtoSeconds: up(waitsMs), lossSeconds: up(lossMs) };
  const [taken, brought] = await Promise.all([
    ownSnapshots(work, from),
    ownSnapshots(work, peerOf(from)),
  ]);
  const lastMs = Math.max(
    0,
    ...[...taken, ...brought]
      .filter(({ seq, endMs }) => seq === newest?.seq && Number.isFinite(endMs))
      .map(({ startMs, endMs }) => endMs - startMs),
  );
  // Taken and brought over once more, this time of detached volumes.
  return { rtoSeconds: up(waitsMs + 2 * lastMs + quietWindowMs(false, of.safety)), lossSeconds: 0 };
}

const up = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));
