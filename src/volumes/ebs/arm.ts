/** Makes a side writable: attaches the volumes of its new epoch, each where the manifest says. Takes no fence away. */
import { ebs } from '../../../machines/limits-ebs.ts';
import type { Sight } from '../../../machines/replication-effects.ts';
import { peerOf } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { unlessDone, volumeFault } from './faults.ts';
import { instances, isVolumeOf, ownVolumes } from './lookups.ts';
import type { VolumeFact } from './lookups.ts';
import { instancesOf, membersOf } from './places.ts';
import type { Member } from './places.ts';
import { lookAt, writableOf } from './suspects.ts';
import { keys } from './tags.ts';
import { act, within } from './work.ts';
import type { Work } from './work.ts';

/**
 * The last look at the peer is here, as the proof may be older than a restart. Only an accepted risk does without it.
 * @throws VolumeFault `call.issueExpired`, `volume.fenced`, `volume.attachedElsewhere`, `volume.missing`,
 *   `volume.peerWrites`
 */
export async function arm(work: Work, side: Side, epoch: number): Promise<void> {
  if (!work.of.isRiskTaken) {
    const peer = await lookAt(work, peerOf(side), epoch);
    if (peer.writable !== 'no')
      throw volumeFault(
        'Conflict',
        'volume.peerWrites',
        `${peerOf(side)} can write or nobody knows: ${peer.observed}`,
      );
  }
  const found = await volumesOf(work, side, epoch);
  for (const [member, volume] of found) await attach(work, side, member, volume);
  const isAttached = await within(work, ebs.attachMs, async () => {
    const seen = await volumesOf(work, side, epoch);
    return [...seen].every(([member, volume]) => stateAt(volume, member[side]) === 'attached')
      ? true
      : undefined;
  });
  if (isAttached !== true)
    throw volumeFault('Retryable', 'volume.attaching', `not all attached yet at ${side}`, {
      ...{ retryable: true, mayHaveHappened: true },
    });
}

/** @throws VolumeFault `volume.missing` */
async function volumesOf(
  work: Work,
  side: Side,
  epoch: number,
): Promise<ReadonlyMap<Member, VolumeFact>> {
  const own = (await ownVolumes(work, side)).filter(isVolumeOf(work.of.uid, side));
  const pairs = membersOf(work.of).map((member) => {
    const volume = own.find(
      (each) => each.epoch === epoch && each.tags[keys.member] === member.name,
    );
    if (volume !== undefined) return [member, volume] as const;
    throw volumeFault(
      'NotFound',
      'volume.missing',
      `no volume of epoch ${epoch} is found for ${member.name} at ${side}`,
      { retryable: true },
    );
  });
  return new Map(pairs);
}

const stateAt = (
  { attachments }: VolumeFact,
  { instanceId, device }: Member['home'],
): string | undefined =>
  attachments.find((each) => each.instanceId === instanceId && each.device === device)?.state;

async function attach(work: Work, side: Side, member: Member, volume: VolumeFact): Promise<void> {
  const place = member[side];
  if (volume.tags[keys.fenced] === 'true')
    throw volumeFault('Conflict', 'volume.fenced', `${volume.id} is fenced, for good`);
  const state = stateAt(volume, place);
  if (state === 'attached' || state === 'attaching') return;
  const [elsewhere] = volume.attachments;
  if (elsewhere !== undefined)
    throw volumeFault(
      'Conflict',
      'volume.attachedElsewhere',
      `${volume.id} is ${elsewhere.state} at ${elsewhere.instanceId} as ${elsewhere.device}: somebody else has attached it`,
    );
  // In use means here, by an earlier try, or elsewhere: the look that follows tells which.
  await unlessDone(
    ['VolumeInUse'],
    act(work, side, 'attachVolume', {
      ...{ VolumeId: volume.id, InstanceId: place.instanceId, Device: place.device },
    }),
  );
}

/** What writes here in this epoch, and what of older ones at the peer. */
export async function sight(work: Work, side: Side, epoch: number): Promise<Sight> {
  const [self, peer] = await Promise.all([
    writesHere(work, side, epoch),
    lookAt(work, peerOf(side), epoch),
  ]);
  return { self, peer: peer.writable };
}

/** Yes only of all members, each in its place at a running instance. */
async function writesHere(work: Work, side: Side, epoch: number): Promise<Sight['self']> {
  const found = await volumesOf(work, side, epoch);
  const known = await instances(work, side, instancesOf(work.of, side));
  const isInPlace = [...found].every(
    ([member, volume]) =>
      stateAt(volume, member[side]) === 'attached' &&
      known.get(member[side].instanceId)?.state === 'running',
  );
  if (isInPlace) return 'yes';
  return [...found.values()].every((volume) => writableOf(volume, known) === 'no')
    ? 'no'
    : 'unknown';
}
