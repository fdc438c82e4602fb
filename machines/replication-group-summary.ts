/** A group of replications in a line. Pure. */
import type { GroupContext } from './replication-group-context.ts';
import { commonWriter } from './replication-group-facts.ts';
import { lineOf, faultText, waitingText } from './summary.ts';
import type { Summary } from './summary.ts';
import { usualMsOf } from './usual-times.ts';

export function summaryOfGroup(context: GroupContext): Summary {
  const { phase, sinceMs, operation, waiting, lastFault, outcomes } = context;
  const last = outcomes.at(-1);
  const order = operation === null ? '' : `${operation.verb} ${operation.how}`;
  const failed = last?.ok === false ? `${last.verb} failed: ${last.cause}` : '';
  const isResting = phase === 'resting';
  return {
    severity: severityOf(context),
    sinceMs,
    reason: lineOf(
      ...[order, operation?.cause ?? '', waiting === null ? '' : waitingText(waiting)],
      ...[isResting ? failed : '', isResting ? standingOf(context) : ''],
      lastFault === null || isResting ? '' : faultText(lastFault),
    ),
    region: '',
    expectedMs: usualMsOf('replicationgroup', phase),
  };
}

function severityOf({ phase, members, outcomes }: GroupContext): Summary['severity'] {
  if (phase === 'deleted') return 'healthy';
  if (phase !== 'resting') return phase === 'aborting' ? 'failing' : 'changing';
  if (members.length === 0) return 'unknown';
  const isInStep = members.every(({ exists }) => exists) && commonWriter(members) !== undefined;
  return isInStep && outcomes.at(-1)?.ok !== false ? 'healthy' : 'failing';
}

function standingOf({ members }: GroupContext): string {
  const absent = members.filter(({ exists }) => !exists).map(({ name }) => name);
  if (absent.length > 0) return `there is no ${absent.join(', ')}`;
  if (members.length === 0) return 'its members were not read yet';
  return commonWriter(members) === undefined ? 'members write on both sides' : '';
}
