/** How long the phases of one cluster's creation took, from its own events. */
import type { ResourceKey } from '../../../machines/ids.ts';
import { readHistory } from '../reads.ts';
import type { Session } from '../session.ts';
import { isObject } from '../view.ts';
import type { PhaseTimes } from '../../kpi/kpis.ts';

interface Change {
  readonly atMs: number;
  readonly to: string;
}

/** Newest events read; of an old cluster those of its creation may be gone, and its times are then unknown. */
const eventsRead = 500;

/** @param createdAtMs when the cluster was declared */
export async function clusterTimes(
  session: Session,
  key: ResourceKey,
  createdAtMs: number | undefined,
): Promise<PhaseTimes> {
  const events = (await readHistory(session, key, { limit: eventsRead })).filter(isObject);
  return timesOf(events.flatMap(changeIn), createdAtMs);
}

/** Changes of the phase, which is the first word of the state. */
function changeIn({ type, time, data }: Readonly<Record<string, unknown>>): Change[] {
  const isChange = type === 'fairlead.cluster.phaseChanged.v1' && isObject(data);
  if (!isChange || typeof time !== 'string') return [];
  const [from, to] = [data['from'], data['to']].map((state) => String(state).split('.')[0] ?? '');
  return to === undefined || from === to ? [] : [{ atMs: Date.parse(time), to }];
}

/** Of the creation: until the cluster ran for the first time. */
export function timesOf(changes: readonly Change[], createdAtMs: number | undefined): PhaseTimes {
  const end = changes.find(({ to }) => to === 'running');
  const seconds = (phase: string): number | undefined => {
    const at = changes.findIndex(({ to }) => to === phase);
    const [start, next] = [changes[at], changes[at + 1]];
    return start === undefined || next === undefined ? undefined : (next.atMs - start.atMs) / 1_000;
  };
  return {
    creation:
      end === undefined || createdAtMs === undefined ? undefined : (end.atMs - createdAtMs) / 1_000,
    installing: seconds('installing'),
    configuring: seconds('configuring'),
  };
}
