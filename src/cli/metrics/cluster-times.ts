/** How long the phases of one cluster's creation took, from its own events. */
import type { ResourceKey } from '../../../machines/ids.ts';
import { readHistory } from '../reads.ts';
import type { Session } from '../session.ts';
import { isObject } from '../view.ts';
import type { PhaseTimes } from './kpis.ts';

interface Change {
  readonly atMs: number;
  readonly to: string;
}

/** Events read; a creation is among the first of them. */
const eventsRead = 500;

export async function clusterTimes(session: Session, key: ResourceKey): Promise<PhaseTimes> {
  const events = (await readHistory(session, key, { limit: eventsRead })).filter(isObject);
  return timesOf(events.flatMap(changeIn));
}

function changeIn({ type, time, data }: Readonly<Record<string, unknown>>): Change[] {
  const isChange = type === 'fairlead.cluster.phaseChanged.v1' && isObject(data);
  if (!isChange || typeof time !== 'string' || typeof data['to'] !== 'string') return [];
  return [{ atMs: Date.parse(time), to: data['to'].toLowerCase() }];
}

/** Of the last creation: from its first phase until it ran. */
export function timesOf(changes: readonly Change[]): PhaseTimes {
  const begun = changes.findLastIndex(({ to }) => to === 'provisioning');
  const creation = begun < 0 ? [] : changes.slice(begun);
  const seconds = (from: string, until: (change: Change) => boolean): number | undefined => {
    const at = creation.findIndex(({ to }) => to === from);
    const end = at < 0 ? undefined : creation.slice(at + 1).find(until);
    const start = creation[at];
    return start === undefined || end === undefined ? undefined : (end.atMs - start.atMs) / 1_000;
  };
  const any = (): boolean => true;
  return {
    creation: seconds('provisioning', ({ to }) => to === 'running'),
    installing: seconds('installing', any),
    configuring: seconds('configuring', any),
  };
}
