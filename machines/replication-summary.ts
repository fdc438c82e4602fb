/** A replication in a line, as seen from its recovery side. Pure. */
import type { Health } from './replication-conditions.ts';
import { publicStateOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import { sides } from './replication-table.ts';
import { lineOf, faultText, waitingText } from './summary.ts';
import type { Summary } from './summary.ts';
import { usualMsOf } from './usual-times.ts';

const moving =
  /^(absent|promoting|demoting|syncing)|\.(seeding|reconfiguring|preflight\w+|testing)$/;

export function summaryOfReplication(context: ReplicationContext, health: Health): Summary {
  const { lifecycle, home, away, spec } = context;
  const state = lifecycle === 'active' ? away.phase : lifecycle;
  return {
    severity: severityOf(context, health),
    sinceMs: lifecycle === 'active' ? away.sinceMs : Math.max(home.sinceMs, away.sinceMs),
    reason: reasonOf(context),
    region: spec?.endpoints.away.region ?? '',
    expectedMs: usualMsOf('replication', state),
  };
}

function severityOf(context: ReplicationContext, health: Health): Summary['severity'] {
  const { lifecycle, riskAccepted } = context;
  if (lifecycle === 'deleted') return 'healthy';
  const phases = sides.map((side) => context[side].phase);
  const isFailing = phases.some(
    (phase) =>
      publicStateOf(phase) === 'failed' ||
      phase === 'source.contested' ||
      phase === 'promoting.awaitingOverride',
  );
  const isAtRisk = riskAccepted !== null && riskAccepted.clearedAtMs === null;
  if (isFailing || isAtRisk || health === 'unhealthy') return 'failing';
  if (lifecycle === 'deleting' || phases.some((phase) => moving.test(phase))) return 'changing';
  if (health === 'unknown') return 'unknown';
  return health === 'healthy' ? 'healthy' : 'changing';
}

function reasonOf(context: ReplicationContext): string {
  const { reason, waiting, operation, lastFault, isPaused, home, lagRatio } = context;
  const hasFailed = [context.home, context.away].some(({ phase }) => phase.startsWith('failed'));
  return lineOf(
    isPaused ? 'paused' : '',
    reason,
    waiting === null ? '' : waitingText(waiting),
    operation === null ? '' : `${operation.verb} ${operation.how}, home is ${home.phase}`,
    hasFailed && lastFault !== null ? faultText(lastFault) : '',
    lagRatio >= 1 ? `behind by ${lagRatio.toFixed(1)} times its objective` : '',
  );
}
