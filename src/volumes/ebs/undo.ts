/** Takes back what an order has made, and ends tests: only what carries their ids, and nothing that was ever a writer's. */
import type { Side } from '../../../machines/replication-table.ts';
import { goneVolume, unlessDone, volumeFault } from './faults.ts';
import { climb, markFenced } from './fence.ts';
import { orderOf, siblingOp } from './ids.ts';
import { instances, isVolumeOf, ownVolumes } from './lookups.ts';
import type { VolumeFact } from './lookups.ts';
import { keys } from './tags.ts';
import { call } from './work.ts';
import type { Work } from './work.ts';

/** Disarms the side and deletes the volumes its promotion has made. @throws VolumeFault `volume.busy` */
export async function compensate(work: Work, side: Side): Promise<void> {
  const made = siblingOp(work.opId, 'materialize');
  await takeAway(
    work,
    side,
    (each) => isVolumeOf(work.of.uid, side)(each) && orderOf(each.tags[keys.op] ?? '') === made,
  );
}

/** Every clone of this side's tests goes, of whichever order. */
export const endTest = (work: Work, side: Side): Promise<void> =>
  takeAway(work, side, ({ tags }) => tags[keys.role] === 'test' && tags[keys.at] === side);

async function takeAway(
  work: Work,
  side: Side,
  isMeant: (volume: VolumeFact) => boolean,
): Promise<void> {
  const find = async () => (await ownVolumes(work, side)).filter(isMeant);
  const { fenced, observed } = await climb(work, side, async () => {
    const found = await find();
    const holders = found.flatMap(({ attachments }) => attachments.map((each) => each.instanceId));
    return { volumes: found, instances: await instances(work, side, holders) };
  });
  const left = await find();
  const held = left.filter(({ attachments }) => attachments.length > 0);
  if (!fenced || held.length > 0)
    throw volumeFault('Conflict', 'volume.busy', `not let go of yet: ${observed}`, {
      retryable: true,
    });
  // Made since the first look: marked like the others, so that nothing attaches it between two calls.
  await markFenced(work, side, left);
  await deleteVolumes(work, side, left);
}

export async function deleteVolumes(
  work: Work,
  side: Side,
  found: readonly VolumeFact[],
): Promise<void> {
  for (const { id, state } of found) {
    if (state === 'deleting' || state === 'deleted') continue;
    await unlessDone(goneVolume, call(work, side, 'deleteVolume', { VolumeId: id }));
  }
}
