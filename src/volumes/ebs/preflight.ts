/** What would keep a promotion or demotion from ending well, looked up before anything is committed to. Changes nothing. */
import type { ReplicationEffects } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { choosePoint } from './choosing.ts';
import { faultIn, hasCode, isSilence } from './faults.ts';
import { instances, volumes } from './lookups.ts';
import { instancesOf, placesOf } from './places.ts';
import { newestVolumes } from './points.ts';
import { silenceOf } from './suspects.ts';
import type { Work } from './work.ts';

type Preflight = ReplicationEffects['replication.preflight'];

export async function preflight(work: Work, asked: Preflight['in']): Promise<Preflight['out']> {
  const { endpoint, kind, how } = asked;
  const looks =
    kind === 'promote'
      ? [
          at(work, endpoint, () => placeProblems(work, endpoint)),
          at(work, endpoint, () => dataProblems(work, endpoint)),
          ...(how === 'planned'
            ? [at(work, peerOf(endpoint), () => writerProblems(work, peerOf(endpoint)))]
            : []),
        ]
      : [
          at(work, endpoint, () => writerProblems(work, endpoint)),
          at(work, peerOf(endpoint), () => placeProblems(work, peerOf(endpoint))),
        ];
  const because = [...new Set((await Promise.all(looks)).flat())];
  return { ok: because.length === 0, because };
}

/** A side that does not answer is a reason by itself. */
async function at(
  work: Work,
  side: Side,
  look: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    return await look();
  } catch (thrown) {
    if (work.attempt.signal.aborted || !isSilence(thrown)) throw thrown;
    return [silenceOf(work, side, thrown)];
  }
}

/** The instances are there, and the places of the new volumes are free. */
async function placeProblems(work: Work, side: Side): Promise<readonly string[]> {
  const ids = instancesOf(work.of, side);
  const [known, held] = await Promise.all([
    instances(work, side, ids),
    volumes(work, side, [{ Name: 'attachment.instance-id', Values: ids }]),
  ]);
  const usable = new Set(['running', 'stopped', 'stopping', 'pending']);
  const missing = ids.filter((id) => !usable.has(known.get(id)?.state ?? ''));
  const taken = held.filter(({ attachments }) =>
    attachments.some((each) =>
      placesOf(work.of, side).some(
        ({ instanceId, device }) => instanceId === each.instanceId && device === each.device,
      ),
    ),
  );
  return [
    ...missing.map((id) => `${id} at ${side} is ${known.get(id)?.state ?? 'not found'}`),
    ...taken.map(({ id, attachments }) => `${id} is attached as ${attachments[0]?.device ?? ''}`),
  ];
}

async function dataProblems(work: Work, side: Side): Promise<readonly string[]> {
  try {
    await choosePoint(work, side, null);
    return [];
  } catch (thrown) {
    if (!hasCode(thrown, ['volume.pointGone'])) throw thrown;
    return [faultIn(thrown)?.message ?? ''];
  }
}

/** A planned end of writing takes a last point of what writes there now. */
async function writerProblems(work: Work, side: Side): Promise<readonly string[]> {
  const found = await newestVolumes(work, side);
  const { length } = work.of.spec.volumes;
  return found.length === length
    ? []
    : [`${found.length} of ${length} volumes of epoch ${work.of.armed[side]} are found at ${side}`];
}
