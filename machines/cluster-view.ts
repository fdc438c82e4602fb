/** What a user sees of a cluster: the resource with its status, read from context alone. Never a secret. */
import { admitCluster } from './cluster-admission.ts';
import { autoRetryMs } from './cluster-steps.ts';
import { changePercent, roundSize } from './cluster-changes.ts';
import { capital, clusterConditions, nodeConditions } from './cluster-conditions.ts';
import { clusterVerbs } from './cluster-verbs.ts';
import { bounds } from './limits.ts';
import type { ClusterContext } from './cluster-context.ts';
import { nameOf, percentDone } from './cluster-plan.ts';
import { apiVersion } from './ids.ts';

const phases = ['provisioning', 'installing', 'configuring'] as const;

/** Steps on the way to running, each Pending, InProgress, Done or Failed. */
function progressSteps(context: ClusterContext): { name: string; state: string }[] {
  const current = phases.findIndex((phase) => context.phase.startsWith(phase));
  const failedAt =
    context.lastError === null
      ? -1
      : phases.findIndex((phase) => context.lastError?.step.startsWith(phase));
  const hasFailed = context.phase.startsWith('failed');
  return phases.map((phase, index) => {
    const name = capital(phase);
    if (context.access !== null) return { name, state: 'Done' };
    if (hasFailed && index === failedAt) return { name, state: 'Failed' };
    const at = hasFailed ? failedAt : current;
    if (index < at) return { name, state: 'Done' };
    return { name, state: index === current ? 'InProgress' : 'Pending' };
  });
}

function health(context: ClusterContext): string {
  if (!context.phase.startsWith('running')) return 'unknown';
  const servers = Object.values(context.nodes).filter((entry) => entry.role === 'server');
  const voting = servers.filter((entry) => entry.phase === 'ready').length;
  const majority = Math.floor(servers.length / 2) + 1;
  if (voting < majority) return 'quorumLost';
  if (servers.length > 1 && voting === majority && voting < servers.length) return 'quorumAtRisk';
  const all = Object.values(context.nodes).every((entry) => entry.phase === 'ready');
  return all ? 'healthy' : 'degraded';
}

/** What a failed creation does next: tried again by itself at the latest at `nextRetryAt`, or not at all. */
function retryOutlook(context: ClusterContext): object {
  if (context.phase !== 'failed.retryable') return {};
  const attempt = context.autoRetries + 1;
  const step = context.lastError?.step ?? '';
  if (context.autoRetries >= bounds.autoRetriesMax) return { operation: { step, attempt } };
  const nextRetryAt = context.sinceMs + autoRetryMs(context.autoRetries);
  return { operation: { step, attempt, maxAttempts: bounds.autoRetriesMax + 1, nextRetryAt } };
}

/** The change under way and what its call waits for; null members are left out. */
function operationOf({ change, phase, waiting }: ClusterContext): object {
  if (change === null) return waiting === null ? {} : { operation: waiting };
  const { kind, opId, startedAtMs, deadlineAtMs, by, changes, undoes } = change;
  return {
    operation: {
      ...{ kind, opId, step: phase, startedAtMs, deadlineAtMs, changes },
      ...(by !== '' && { by }),
      ...(undoes !== '' && { undoes }),
      ...waiting,
    },
  };
}

const percentOf = (context: ClusterContext): number =>
  context.change === null ? percentDone(context) : changePercent(context);

/** The whole resource: manifest as accepted, and status. Times are epoch milliseconds. */
export function viewCluster(context: ClusterContext): Readonly<Record<string, unknown>> {
  return {
    apiVersion,
    kind: 'Cluster',
    metadata: {
      namespace: context.namespace,
      name: context.name,
      uid: context.uid,
      labels: context.labels,
      annotations: context.annotations,
    },
    spec: context.spec ?? {},
    status: {
      phase: capital(context.phase.split('.')[0] ?? ''),
      state: context.phase,
      generation: context.generation,
      paused: context.paused,
      health: health(context),
      createdAtMs: context.createdAtMs,
      sinceMs: context.sinceMs,
      ...(context.plan === null
        ? {}
        : { resolved: { version: context.plan.version, zones: context.plan.zones } }),
      nodes: Object.entries(context.nodes).map(([slot, entry]) => ({
        name: nameOf(context, entry),
        role: entry.role,
        pool: entry.pool,
        slot,
        incarnation: entry.incarnation,
        instanceId: entry.instanceId,
        zone: entry.zone,
        type: entry.instanceType,
        state: entry.phase,
        progress: entry.progress,
        privateIp: entry.privateIp,
        sinceMs: entry.sinceMs,
        reason: entry.reason,
        ...(entry.task !== undefined && { task: entry.task }),
        ...(entry.waiting !== undefined && { operation: entry.waiting }),
        conditions: nodeConditions(entry),
      })),
      ...operationOf(context),
      ...(context.lastChange !== null && { lastOperation: context.lastChange }),
      ...(context.spec !== null && { concurrency: roundSize(context) }),
      progress: { percent: percentOf(context), steps: progressSteps(context) },
      ...(context.lastError === null ? {} : { lastError: context.lastError }),
      ...retryOutlook(context),
      ...(context.access === null ? {} : { access: context.access }),
      conditions: clusterConditions(context),
      correlationId: context.correlationId,
    },
    allowedNext: allowedVerbs(context),
  };
}

/** Verbs that would be accepted now. */
export function allowedVerbs(context: ClusterContext): string[] {
  if (context.phase === 'deleted') return ['create', 'apply'];
  if (context.phase.startsWith('deleting'))
    return context.phase === 'deleting.stuck' ? ['retry', 'delete'] : ['delete'];
  const stamp = { atMs: 0, roll: 0, commandId: '', correlationId: '' };
  const simple = (
    ['retry', 'pause', 'resume', 'cancel', 'stop', 'start', 'restart'] as const
  ).filter(
    (verb) => admitCluster(context, { type: `cluster.${verb}`, ...stamp }).kind === 'accepted',
  );
  const mayScale = context.phase.startsWith('running');
  const mayDelete =
    admitCluster(context, { type: 'cluster.delete', force: false, ...stamp }).kind === 'accepted';
  const allowed = new Set<string>([
    ...['apply', ...simple],
    ...(mayDelete ? ['delete'] : []),
    ...(mayScale ? ['scale'] : []),
  ]);
  return clusterVerbs.filter((verb) => allowed.has(verb));
}

/** Fields of a success reply. */
export const replyOf = (context: ClusterContext): Readonly<Record<string, unknown>> => ({
  uid: context.uid,
  generation: context.generation,
  ...(context.change !== null && { opId: context.change.opId }),
});
