/** What a user sees of a replication: the resource with its status, read from memory alone. Never a secret. */
import { admitReplication, admitState } from './replication-admission.ts';
import { replicationConditions } from './replication-conditions.ts';
import type { Health } from './replication-conditions.ts';
import { publicStateOf } from './replication-context.ts';
import type { Operation, ReplicationContext } from './replication-context.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { orderIdOf } from './replication-refusal.ts';
import { overrideTokenOf, windowMs } from './replication-safety.ts';
import { allowedNext, verbFor } from './replication-table.ts';
import type { Side } from './replication-table.ts';
import { apiVersion } from './ids.ts';

type Context = ReplicationContext;
type Shown = Readonly<Record<string, unknown>>;

/** The whole resource: manifest as accepted, and status. Times are epoch milliseconds. */
export function viewReplication(context: Context, health: Health): Shown {
  const { namespace, name, uid, labels, annotations } = context;
  return {
    apiVersion,
    kind: 'Replication',
    metadata: { namespace, name, uid, labels, annotations },
    spec: context.spec ?? {},
    status: statusOf(context, health),
    allowedNext: allowedReplicationVerbs(context),
  };
}

function statusOf(context: Context, health: Health): Shown {
  const { settings, specGeneration, loss, riskAccepted, lastFault, lastSyncMs } = context;
  return {
    // The face of the recovery side.
    state: publicStateOf(context.away.phase),
    ...{ phase: context.away.phase, lifecycle: lifecycleOf(context), health },
    endpoints: { home: endpointOf(context, 'home'), away: endpointOf(context, 'away') },
    ...{ writer: context.writer, epoch: context.epoch },
    ...{ backend: settings?.backend, mode: settings?.mode },
    paused: context.isPaused,
    ...{ generation: specGeneration, observedGeneration: specGeneration },
    ...{ createdAtMs: context.createdAtMs, everyMs: settings?.everyMs },
    lag: { ratio: context.lagRatio, baseMs: settings?.lagBaseMs },
    lastSync: lastSyncMs,
    points: context.points,
    schedule: context.schedule,
    operation: context.operation === null ? null : operationOf(context, context.operation),
    ...(context.waiting !== null && { waiting: context.waiting }),
    ...(loss !== null && { loss }),
    ...(riskAccepted !== null && { riskAccepted }),
    ...(lastFault !== null && { lastFault: { ...lastFault, atMs: context.lastFaultAtMs } }),
    ...(context.reason !== '' && { reason: context.reason }),
    ...(context.because.length > 0 && { because: context.because }),
    conditions: replicationConditions(context, health),
    history: context.history,
    correlationId: context.correlationId,
  };
}

/** A deletion that waits for something is one already. */
const lifecycleOf = ({ lifecycle, isDeleteOrdered }: Context): string =>
  lifecycle === 'active' && isDeleteOrdered ? 'deleteOrdered' : lifecycle;

function endpointOf(context: Context, side: Side): Shown {
  const { phase, sinceMs, writable, observedAtMs, generation, epoch, progress } = context[side];
  const state = publicStateOf(phase);
  return {
    ...{ state, phase, sinceMs, writable, observedAt: observedAtMs, generation, epoch },
    ...(progress !== null && { progress }),
    next: allowedNext(state).map((to) => {
      const admission = admitState(context, side, to);
      const because = admission.kind === 'refused' ? admission.refusal.because : undefined;
      const verb = verbFor(state, to);
      return { state: to, ...(verb !== undefined && { verb }), ...(because && { because }) };
    }),
  };
}

function operationOf(context: Context, operation: Operation): Shown {
  const { kind, verb, endpoint, how, startedAtMs, by, epoch, chosen, then, estimate } = operation;
  const peer = endpoint === 'home' ? 'away' : 'home';
  return {
    opId: orderIdOf(context.uid, operation),
    ...{ kind, verb, endpoint, how, startedAtMs, epoch },
    phase: context[endpoint].phase,
    progress: context[endpoint].progress ?? context[peer].progress,
    ...(by !== '' && { by }),
    ...(then !== null && { then }),
    ...(chosen !== null && { point: chosen }),
    estimate: { ...estimate, windowSeconds: windowMs(context) / 1_000 },
    ...(operation.group !== null && { group: operation.group }),
    ...(operation.observed !== '' && { observed: operation.observed }),
    ...(context[endpoint].phase === 'promoting.awaitingOverride' && {
      overrideToken: overrideTokenOf(context),
    }),
  };
}

const defaults = { endpoint: 'away', how: 'planned', force: false, ttlSeconds: 3_600 };
const simple = [
  ...(['promote', 'demote', 'resync', 'recover', 'failover', 'failback', 'relocate'] as const),
  ...(['cancel', 'pause', 'resume', 'sync', 'test-start', 'test-stop', 'delete'] as const),
] as const;

/** Verbs that would be accepted now, of either endpoint. */
export function allowedReplicationVerbs(context: Context): string[] {
  if (context.lifecycle === 'deleted') return ['create', 'apply'];
  const admits = (verb: string, endpoint: Side): boolean => {
    const order = { ...defaults, endpoint, type: `replication.${verb}` };
    const stamp = { atMs: context.atMs, correlationId: '', commandId: '' };
    return (
      admitReplication(context, { ...order, ...stamp } as ReplicationCommand).kind === 'accepted'
    );
  };
  const found = simple.filter((verb) => admits(verb, 'away') || admits(verb, 'home'));
  const isOnItsWay = context.lifecycle !== 'active' || context.isDeleteOrdered;
  const waits = [context.home, context.away].some(
    ({ phase }) => phase === 'promoting.awaitingOverride',
  );
  return [...(isOnItsWay ? [] : ['apply']), ...found, ...(waits ? ['override'] : [])];
}

/** Fields of a success reply. */
export function replicationReplyOf(context: Context): Shown {
  const { uid, operation, epoch, specGeneration: generation } = context;
  if (operation === null) return { uid, epoch, generation };
  const { endpoint } = operation;
  return {
    ...{ uid, epoch, generation, endpoint },
    opId: orderIdOf(uid, operation),
    phase: context[endpoint].phase,
  };
}
