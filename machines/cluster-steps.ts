/** What each event changes in a cluster's context: pure functions the chart assigns from. */
import { isBlocking } from './cluster-context.ts';
import type { ClusterContext, ClusterEvent, LastError, NodeEntry } from './cluster-context.ts';
import { isUnmade } from './cluster-slots.ts';
import { offersFor } from './cluster-grants.ts';
import { isInitLost, mayRetryNode } from './cluster-plan.ts';
import { bounds, pacing } from './limits.ts';
import type { ClusterPlan, EffectFault, ScriptAnswer, SecurityGroups } from './messages.ts';
import { answerOf, faultOf, outputOf } from './node-context.ts';
import type { NodeReport, NodeWaiting } from './node-context.ts';

type Change = Partial<ClusterContext>;

const hints: Readonly<Partial<Record<EffectFault['type'], string>>> = {
  Unauthorized: 'grant the missing permission, then retry',
  QuotaExceeded: 'raise the quota or ask for less, then retry',
  Cancelled: 'retry to go on, or delete the cluster',
  InvalidSpec: 'correct the manifest and apply it again',
  NotSupported: 'choose another type, zone or region and apply again',
  CapacityShortage: 'add instance types or zones to the manifest and apply it again, or wait',
};

function lastErrorOf(fault: EffectFault, step: string, atMs: number): LastError {
  return {
    type: fault.type,
    code: fault.code,
    message: fault.message,
    step,
    hint: hints[fault.type] ?? 'it is tried again; retry now, or delete the cluster',
    atMs,
  };
}

export function noteStamp(event: ClusterEvent): Change {
  return 'correlationId' in event ? { correlationId: event.correlationId } : {};
}

/** A plan keeps the version an earlier one pinned, so that nodes staged before and after agree. */
export function notePlan(context: ClusterContext, event: unknown): Change {
  const { result } = outputOf(event);
  if (!result.ok) return {};
  const plan = result.value as ClusterPlan;
  return {
    plan: { ...plan, version: context.plan?.version ?? plan.version },
    lastError: null,
  };
}

export function noteGroups(event: unknown): Change {
  const { result } = outputOf(event);
  return result.ok ? { groups: result.value as SecurityGroups } : {};
}

export function noteSecrets(event: unknown): Change {
  const { result } = outputOf(event);
  return result.ok ? { secrets: result.value as { server: string; agent: string } } : {};
}

export function noteFault(context: ClusterContext, event: unknown): Change {
  const { atMs } = outputOf(event).result;
  const answer = answerOf(event);
  const fault: EffectFault = faultOf(event) ?? {
    type: 'ProviderError',
    code: answer?.code ?? 'script.failed',
    message: answer?.hint ?? 'the script gave no reason',
  };
  return { lastError: lastErrorOf(fault, context.phase, atMs) };
}

/** The creation was cancelled: it rests until somebody retries it or deletes the cluster. */
export const noteCancelled = (context: ClusterContext, event: unknown): Change => ({
  lastError: {
    type: 'Cancelled',
    code: 'operation.cancelled',
    message: `the creation was cancelled in ${context.phase}`,
    step: context.phase,
    hint: 'retry to go on with it, or delete the cluster',
    atMs: atMsOf(event) ?? context.sinceMs,
  },
});

/** What a step of a change says of its own. */
export const noteTrouble = (
  context: ClusterContext,
  event: unknown,
  { code, message }: { readonly code: string; readonly message: string },
): Change => ({
  lastError: lastErrorOf(
    { type: 'Conflict', code, message },
    context.phase,
    atMsOf(event) ?? context.sinceMs,
  ),
});

export function noteLate(context: ClusterContext, event: unknown): Change {
  const fault: EffectFault = {
    type: 'Timeout',
    code: 'cluster.deadline',
    message: `${context.phase} did not end within its deadline`,
  };
  return { lastError: lastErrorOf(fault, context.phase, atMsOf(event) ?? context.sinceMs) };
}

export const atMsOf = (event: unknown): number | undefined => {
  const stamped = event as { atMs?: number; output?: { result?: { atMs?: number } } };
  return stamped.atMs ?? stamped.output?.result?.atMs;
};

/** Phases in which a node rests until it is told to go on. */
const beforeGrant: ReadonlySet<string> = new Set([
  ...['waiting', 'registered', 'staged', 'ready', 'drained', 'undrained', 'rebooted', 'left'],
  'stopped',
]);

/** A node's report folded into its entry. */
export function noteNode(context: ClusterContext, report: NodeReport): Change {
  const before = context.nodes[report.slot];
  if (before === undefined) return {};
  // Sent before the grant reached the node: the answer to the grant is on its way.
  if (before.pending === 'grant' && beforeGrant.has(report.phase)) return {};
  const moved = before.phase !== report.phase;
  // What waited has ended, or was left.
  const { waiting: _ended, isUnjoined: _known, mayHaveJoined: _before, task, ...kept } = before;
  const isDone = moved && report.phase === 'ready' && task !== 'leave';
  const entry: NodeEntry = {
    ...kept,
    phase: report.phase,
    incarnation: report.incarnation,
    instanceId: report.instanceId,
    privateIp: report.privateIp,
    progress: report.progress,
    reason: report.reason,
    sinceMs: moved ? report.atMs : before.sinceMs,
    pending: before.pending === 'remove' ? 'remove' : '',
    ...nextOffer(context, before, report),
    ...(task !== undefined && !isDone && { task }),
    ...(isUnjoined(before, report) && { isUnjoined: true }),
    ...(mayHaveJoined(before, report) && { mayHaveJoined: true }),
  };
  const caHash = report.facts['caHash'];
  const isMissed = context.access === null || entry.task !== undefined;
  const hasFailed =
    ['failed', 'undrained'].includes(entry.phase) ||
    entry.isExhausted ||
    (entry.phase === 'lost' && isMissed);
  return {
    nodes: { ...context.nodes, [report.slot]: entry },
    ...(typeof caHash === 'string' && report.slot === context.initGrant ? { caHash } : {}),
    // No machine has this number: the one that was to initialise is gone for good.
    ...(isInitDeath(context, report) && { initIncarnation: 0 }),
    ...(hasFailed && report.fault !== null
      ? { lastError: lastErrorOf(report.fault, `${context.phase} (${report.slot})`, report.atMs) }
      : {}),
  };
}

const isInitDeath = (context: ClusterContext, report: NodeReport): boolean =>
  report.slot === context.initGrant &&
  report.phase === 'failed' &&
  report.fault?.code === 'node.instanceTerminated';

/** A node that fails before its join is unknown to etcd and Kubernetes; one that is replaced never got that far. */
function isUnjoined(before: NodeEntry, report: NodeReport): boolean {
  if (report.phase !== 'failed') return false;
  return isUnmade(before) || before.phase === 'terminating';
}

const mayHaveJoined = (before: NodeEntry, report: NodeReport): boolean =>
  report.phase === 'failed' && (before.phase === 'joining' || before.mayHaveJoined === true);

/** A node's operation waits for another try, or goes on. */
export function noteNodeWaiting(context: ClusterContext, event: NodeWaiting): Change {
  const before = context.nodes[event.slot];
  if (before === undefined) return {};
  const { waiting: _before, ...kept } = before;
  const entry = event.waiting === null ? kept : { ...kept, waiting: event.waiting };
  return { nodes: { ...context.nodes, [event.slot]: entry } };
}

/** After a refused or lost launch the node goes on with its next offer; after all of them it waits. */
function nextOffer(
  context: ClusterContext,
  before: NodeEntry,
  report: NodeReport,
): Partial<NodeEntry> {
  const isRefusal = report.phase === 'waiting' && before.phase === 'launching';
  const isReplacement = report.phase === 'waiting' && report.incarnation > before.incarnation;
  if (!isRefusal && !isReplacement) return {};
  const count = offersFor(context.plan?.offers[before.pool] ?? [], before.ordinal).length;
  if (before.offer + 1 < count) return { offer: before.offer + 1 };
  const rounds = before.rounds + 1;
  if (!isRefusal) return { offer: 0, rounds };
  const isExhausted = rounds % bounds.capacityRoundsMax === 0;
  return { offer: 0, rounds, isExhausted, awaitsCapacity: !isExhausted };
}

/** A retry lets exhausted nodes launch again and marks failed ones as told. */
export const noteRetried = (context: ClusterContext): Change => ({
  nodes: mapNodes(context, (entry) => ({
    ...entry,
    isExhausted: false,
    pending: mayRetryNode(entry) ? 'retry' : entry.pending,
  })),
});

/** These nodes have been told to go; that stays with them until they are gone. */
export const noteRemovals = (context: ClusterContext, slots: readonly string[]): Change => ({
  nodes: {
    ...context.nodes,
    ...mapNodes(context, (entry) => ({ ...entry, pending: 'remove' }), slots),
  },
});

/** The capacity wait is over for every node that waited. */
export const noteCapacityWaited = (context: ClusterContext): Change => ({
  nodes: mapNodes(context, (entry) => ({ ...entry, awaitsCapacity: false })),
});

const mapNodes = (
  context: ClusterContext,
  change: (entry: NodeEntry) => NodeEntry,
  slots: readonly string[] = Object.keys(context.nodes),
): Record<string, NodeEntry> =>
  Object.fromEntries(
    slots.flatMap((slot) => {
      const entry = context.nodes[slot];
      return entry === undefined ? [] : [[slot, change(entry)] as const];
    }),
  );

export function noteAccess(context: ClusterContext, event: unknown): Change {
  const answer: ScriptAnswer | null = answerOf(event);
  const text = (name: string): string => {
    const value = answer?.facts[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    access: {
      endpoint: text('endpoint'),
      kubeconfigParameter: text('parameter'),
      sha256: text('sha256'),
      expiresAt: text('expiresAt'),
    },
    lastError: null,
    autoRetries: 0,
    sinceMs: atMsOf(event) ?? context.sinceMs,
  };
}

/** True when a healthy server sees every node ready that ought to be, and each of its servers as a voter. */
export function isWhole(context: ClusterContext, answer: ScriptAnswer | null): boolean {
  if (answer?.ok !== true || answer.facts['readyz'] !== true) return false;
  const wanted = Object.values(context.nodes).filter(({ phase }) => phase === 'ready');
  const servers = wanted.filter((entry) => entry.role === 'server').length;
  const { ready, voters } = answer.facts;
  return Number(ready) >= wanted.length && Number(voters) >= servers;
}

export function sweptBy(context: ClusterContext, event: unknown): Change {
  const { result } = outputOf(event);
  const isClean = result.ok && (result.value as { alive: number }).alive === 0;
  return { cleanSweeps: isClean ? context.cleanSweeps + 1 : 0 };
}

const operatorCodes: ReadonlySet<string> = new Set([
  'script.databaseExists',
  'script.clusterMismatch',
  'node.instanceTerminated',
]);

export type FailureClass = 'retryable' | 'blocked' | 'needsOperator';
export function failureClass(context: ClusterContext): FailureClass {
  const { lastError } = context;
  if (lastError === null) return 'retryable';
  if (operatorCodes.has(lastError.code) || isInitLost(context)) return 'needsOperator';
  if (lastError.type === 'Cancelled') return 'blocked';
  return isBlocking(lastError.type) ? 'blocked' : 'retryable';
}

/** Wait before the next try of a failed creation, before pacing: one minute, then about five, then thirty. */
export const autoRetryMs = (autoRetries: number): number =>
  Math.min(pacing.autoRetryMaxMs, pacing.autoRetryBaseMs * 5.5 ** autoRetries);

/** Five minutes, then twice as long each time, an hour at most. */
export const quotaAgainMs = (quotaChecks: number): number =>
  Math.min(pacing.quotaAgainMaxMs, pacing.quotaAgainBaseMs * 2 ** quotaChecks);
