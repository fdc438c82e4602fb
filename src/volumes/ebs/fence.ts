/**
 * The write fence: a tag that stays for good, then rung by rung until nothing of an older epoch can write any more.
 * DetachVolume → StopInstances(Force) → DetachVolume(Force) of the stopped → TerminateInstances. There is no way back.
 */
import { ebs } from '../../../machines/limits-ebs.ts';
import type { FenceAnswer } from '../../../machines/replication-effects.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { goneVolume, isSilence, unlessDone } from './faults.ts';
import type { VolumeFact } from './lookups.ts';
import { settingsOf } from './places.ts';
import { silenceOf, suspectsOf, verdictOf, writableOf } from './suspects.ts';
import type { Suspects } from './suspects.ts';
import { keys, mark } from './tags.ts';
import { call, within } from './work.ts';
import type { Work } from './work.ts';

/** Looks again; answers undefined while something is not at rest. */
type Look = () => Promise<Suspects>;

/** In a region that stays silent nothing is proven: answered, so that somebody may decide. */
export async function fence(work: Work, side: Side, olderThanEpoch: number): Promise<FenceAnswer> {
  const look: Look = () => suspectsOf(work, side, olderThanEpoch);
  let silence: unknown;
  const answer = await within(work, ebs.silenceMs, async () => {
    try {
      return await climb(work, side, look);
    } catch (thrown) {
      if (work.attempt.signal.aborted || !isSilence(thrown)) throw thrown;
      silence = thrown;
      return undefined;
    }
  });
  return answer ?? { fenced: false, observed: silenceOf(work, side, silence) };
}

/** Everything that is found is marked first: from there on no late call attaches it again. */
export async function climb(work: Work, side: Side, look: Look): Promise<FenceAnswer> {
  const rungs = ['detach', 'stop', 'force', 'terminate'] as const;
  const highest = rungs.indexOf(settingsOf(work.of).fencing);
  let found = await look();
  await markFenced(work, side, found.volumes);
  for (const rung of rungs.slice(0, highest + 1)) {
    if (isAllDetached(found)) break;
    // Stopped ones cannot write: they are made to let go, and nothing ends for that.
    if (isAtRest(found) && (rung === 'stop' || rung === 'terminate')) continue;
    found = await climbers[rung](work, side, found, look);
  }
  const { writable, observed } = verdictOf(found);
  return { fenced: writable === 'no', observed };
}

const isAllDetached = ({ volumes }: Suspects): boolean =>
  volumes.every(({ attachments }) => attachments.length === 0);
const isAtRest = (found: Suspects): boolean => verdictOf(found).writable === 'no';

type Climber = (work: Work, side: Side, found: Suspects, look: Look) => Promise<Suspects>;

const climbers: Readonly<Record<'detach' | 'stop' | 'force' | 'terminate', Climber>> = {
  detach: async (work, side, found, look) => {
    await detach(work, side, found, false);
    return wait(work, ebs.detachMs, look, isAllDetached);
  },

  stop: async (work, side, found, look) => {
    await stop(work, side, found);
    const stopped = await wait(work, ebs.stopMs, look, isAtRest);
    if (!isAtRest(stopped)) return stopped;
    // A stopped instance lets go at once; started again it shall not find its old volume.
    await detach(work, side, stopped, false);
    return wait(work, ebs.forceMs, look, isAllDetached);
  },

  /** Of the stopped only: taken from a running instance, a file system is torn, and writes may be under way. */
  force: async (work, side, found, look) => {
    const { volumes, instances } = found;
    const stopped = volumes.filter((each) => writableOf(each, instances) === 'no');
    if (stopped.length === 0) return found;
    await detach(work, side, { volumes: stopped, instances }, true);
    return wait(work, ebs.forceMs, look, isAllDetached);
  },

  terminate: async (work, side, found, look) => {
    await keepVolumes(work, side, found);
    const InstanceIds = writers(found);
    if (InstanceIds.length > 0) await call(work, side, 'terminateInstances', { InstanceIds });
    return wait(work, ebs.terminateMs, look, isAtRest);
  },
};

/** As it stands when all is well, or when the time of this rung is over. */
async function wait(
  work: Work,
  pacingMs: number,
  look: Look,
  isEnough: (found: Suspects) => boolean,
): Promise<Suspects> {
  const seen = await within(work, pacingMs, async () => {
    const found = await look();
    return isEnough(found) ? found : undefined;
  });
  return seen ?? look();
}

export async function markFenced(
  work: Work,
  side: Side,
  found: readonly VolumeFact[],
): Promise<void> {
  const Resources = found.filter(({ tags }) => tags[keys.fenced] !== 'true').map(({ id }) => id);
  if (Resources.length === 0) return;
  await call(work, side, 'createTags', { Resources, Tags: [mark(keys.fenced)] });
}

async function detach(work: Work, side: Side, found: Suspects, Force: boolean): Promise<void> {
  for (const { id, attachments } of found.volumes)
    for (const { instanceId, state } of attachments) {
      // Asking again for what is on its way changes nothing; only force does.
      if (!Force && state === 'detaching') continue;
      const request = { VolumeId: id, InstanceId: instanceId, ...(Force && { Force }) };
      await unlessDone(
        [...goneVolume, 'IncorrectState', 'InvalidAttachment.NotFound'],
        call(work, side, 'detachVolume', request),
      );
    }
}

const writers = ({ volumes, instances }: Suspects): string[] => [
  ...new Set(
    volumes
      .filter((volume) => writableOf(volume, instances) !== 'no')
      .flatMap(({ attachments }) => attachments.map(({ instanceId }) => instanceId)),
  ),
];

async function stop(work: Work, side: Side, found: Suspects): Promise<void> {
  const InstanceIds = writers(found);
  if (InstanceIds.length === 0) return;
  await unlessDone(
    ['IncorrectInstanceState'],
    call(work, side, 'stopInstances', { InstanceIds, Force: true }),
  );
}

/** What an instance takes with it when it ends would be the only copy of the newest writes. */
async function keepVolumes(work: Work, side: Side, { volumes }: Suspects): Promise<void> {
  for (const { attachments } of volumes)
    for (const { instanceId, device } of attachments)
      await call(work, side, 'modifyInstanceAttribute', {
        InstanceId: instanceId,
        BlockDeviceMappings: [{ DeviceName: device, Ebs: { DeleteOnTermination: false } }],
      });
}
