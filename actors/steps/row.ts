/** The line of an actor in the fleet's index, from what is stored of it. */
import { stepLimits } from '../../machines/limits.ts';
import type { Summary } from '../../machines/summary.ts';
import type { Kind, KindSnapshot } from '../kind.ts';
import { redactText } from './redact.ts';
import type { Row } from './step.ts';

type Place = Pick<Row, 'actor' | 'uid' | 'revision' | 'seq' | 'host'>;

/** Kinds that summarise nothing are healthy, and have always been. */
const silent: Summary = {
  ...{ severity: 'healthy', sinceMs: 0, reason: '', region: '', expectedMs: 0 },
};

export function rowOf(kind: Kind, snapshot: KindSnapshot, place: Place): Row {
  const { reason, region, ...summary } = kind.summary?.(snapshot) ?? silent;
  return {
    ...{ actor: place.actor, uid: place.uid, state: kind.stateText(snapshot) },
    ...summary,
    reason: redactText(reason).slice(0, stepLimits.reasonChars),
    region: redactText(region),
    ...{ revision: place.revision, seq: place.seq, host: place.host },
    isGone: kind.isTombstone(snapshot),
  };
}
