/** Whether a number may be claimed: never below one that the volumes of that side already carry. */
import type { ReplicationEffects } from '../../../machines/replication-effects.ts';
import { volumeFault } from './faults.ts';
import { isVolumeOf, ownVolumes } from './lookups.ts';
import type { Work } from './work.ts';

type Claim = ReplicationEffects['replication.claim'];

/** Only its own region is asked: the other may be what is lost. @throws VolumeFault `epoch.stale` */
export async function claim(work: Work, { endpoint, epoch }: Claim['in']): Promise<Claim['out']> {
  const own = (await ownVolumes(work, endpoint)).filter(isVolumeOf(work.of.uid, endpoint));
  const newest = Math.max(0, ...own.map((each) => each.epoch));
  if (newest <= epoch) return {};
  throw volumeFault(
    'Conflict',
    'epoch.stale',
    `asked for epoch ${epoch}, but ${endpoint} has volumes of epoch ${newest}`,
  );
}
