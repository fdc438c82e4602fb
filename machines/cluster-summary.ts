/** A cluster in a line. Pure. */
import type { ClusterContext } from './cluster-context.ts';
import { lineOf, waitingText } from './summary.ts';
import type { Summary } from './summary.ts';
import { usualMsOf } from './usual-times.ts';

const atRest = /^(undeclared|stopped|deleted)/;
const failing = /^failed|\.(blocked|stuck)$/;

export function summaryOfCluster(context: ClusterContext): Summary {
  const { phase, sinceMs, spec } = context;
  return {
    severity: severityOf(context),
    sinceMs,
    reason: reasonOf(context),
    region: spec?.region ?? '',
    expectedMs: usualMsOf('cluster', phase),
  };
}

function severityOf(context: ClusterContext): Summary['severity'] {
  const { phase, isHalted, nodes } = context;
  if (isHalted || failing.test(phase)) return 'failing';
  if (atRest.test(phase)) return 'healthy';
  if (phase !== 'running.steady') return 'changing';
  const phases = Object.values(nodes).map((entry) => entry.phase);
  if (phases.some((each) => each === 'lost' || each === 'failed')) return 'failing';
  return phases.every((each) => each === 'ready') ? 'healthy' : 'changing';
}

function reasonOf(context: ClusterContext): string {
  const { phase, paused, isHalted, waiting, lastError, change, nodes } = context;
  const entries = Object.entries(nodes);
  const nodeWaiting = entries.find(([, { waiting: wait }]) => wait !== undefined);
  const waits = waiting ?? nodeWaiting?.[1].waiting;
  const where = waiting === null && nodeWaiting !== undefined ? `${nodeWaiting[0]}: ` : '';
  const failed = entries.find(([, entry]) => entry.phase === 'failed' || entry.phase === 'lost');
  const says = isHalted || failing.test(phase) ? errorText(lastError) : '';
  return lineOf(
    paused ? 'paused' : '',
    isHalted ? 'a change could neither be finished nor taken back' : '',
    says,
    waits === undefined ? '' : where + waitingText(waits),
    failed === undefined ? '' : `${failed[0]} ${failed[1].phase} ${failed[1].reason}`,
    change === null ? '' : change.kind,
    readyText(context),
  );
}

const errorText = (error: ClusterContext['lastError']): string =>
  error === null ? '' : `${error.code}: ${error.message}`;

/** Where nodes are awaited. */
function readyText({ phase, nodes }: ClusterContext): string {
  if (atRest.test(phase) || phase.startsWith('deleting')) return '';
  const entries = Object.values(nodes);
  const ready = entries.filter((entry) => entry.phase === 'ready').length;
  return ready === entries.length ? '' : `${ready} of ${entries.length} nodes ready`;
}
