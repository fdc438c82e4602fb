/** The words of the cluster chart: its actions, guards and delays by name. The chart itself is in cluster.ts. */
import { assign, emit, enqueueActions, setup } from 'xstate';
import { childrenOf, isActive } from './children.ts';
import { isBlocking, planOf, scopeOf, specOf } from './cluster-context.ts';
import type { ClusterContext, ClusterEvent, ClusterInput } from './cluster-context.ts';
import * as plan from './cluster-plan.ts';
import { changeGrants, unmadeLeavers } from './cluster-change-grants.ts';
import { changeData } from './cluster-change-steps.ts';
import { joiners } from './cluster-changes.ts';
import { nextGrants } from './cluster-grants.ts';
import * as orders from './cluster-orders.ts';
import { accessScript, observeScript, snapshotScript } from './cluster-scripts.ts';
import { missingNodes } from './cluster-slots.ts';
import * as steps from './cluster-steps.ts';
import { scriptOpId } from './ids.ts';
import { bounds, deadlines, pacing, profiles } from './limits.ts';
import type { EffectName, Effects, PublishedEvent } from './messages.ts';
import { answerOf, faultOf, outputOf } from './node-context.ts';
import { nodeMachine } from './node.ts';
import { operationMachine } from './operation.ts';
import type { OperationInput } from './operation-context.ts';

/** Child id of the one operation a lifecycle state may have in flight. */
export const operationId = 'op';

/** Entry of every lifecycle state a person should know of. */
export const enter = (phase: string) => ({ type: 'enter', params: { phase } }) as const;

type InternalEvent = { type: 'capacity.waited' };
type AnyClusterEvent = ClusterEvent | InternalEvent;

export function operation<N extends EffectName>(
  context: ClusterContext,
  effect: N,
  input: Effects[N]['in'],
  token = '',
): OperationInput {
  return {
    effect,
    input,
    token,
    preset: profiles[specOf(context).profile].retry,
    correlationId: context.correlationId,
    atMs: context.sinceMs,
    paused: context.paused,
  };
}

const serverScripts = {
  observe: observeScript,
  'publish-access': accessScript,
  snapshot: snapshotScript,
};

/** One more script on a healthy server; every run has its own operation id. */
export function serverScript(
  context: ClusterContext,
  verb: 'observe' | 'publish-access' | 'snapshot',
) {
  const [slot, entry] = plan.readyServer(context) ?? [];
  if (slot === undefined || entry === undefined) throw new Error('no server is ready');
  const parameters = serverScripts[verb];
  const opId = scriptOpId(context.uid, slot, entry.incarnation, verb, context.verifyRuns);
  return operation(
    context,
    'node.script',
    {
      ...scopeOf(context),
      instanceId: entry.instanceId,
      verb,
      opId,
      parameters: parameters(context, entry),
    },
    opId,
  );
}

const eventData = (context: ClusterContext): Record<string, unknown> => ({
  generation: context.generation,
  phase: context.phase,
});

const grantsNodes = /^(provisioning|installing|configuring|running|stopping|starting)/;

/** Servers first, then by number: tables and plans read top to bottom. */
const inOrder = (nodes: ClusterContext['nodes']): ClusterContext['nodes'] =>
  Object.fromEntries(
    Object.entries(nodes).sort(
      ([left, { role }], [right, other]) =>
        other.role.localeCompare(role) || Number(left.slice(1)) - Number(right.slice(1)),
    ),
  );

export const clusterSetup = setup({
  types: {
    context: {} as ClusterContext,
    input: {} as ClusterInput,
    events: {} as AnyClusterEvent,
    emitted: {} as PublishedEvent,
  },
  actors: { operation: operationMachine, node: nodeMachine },
  actions: {
    /** Entry of every lifecycle state: names it, dates it, publishes the change. */
    enter: enqueueActions(({ context, event, enqueue }, params: { phase: string }) => {
      enqueue.assign({
        phase: params.phase,
        sinceMs: steps.atMsOf(event) ?? context.sinceMs,
        waiting: null,
      });
      enqueue.emit({
        type: 'phaseChanged',
        correlationId: context.correlationId,
        data: { from: context.phase, to: params.phase, generation: context.generation },
      });
      if (context.change !== null && params.phase !== 'running.steady')
        enqueue.emit({
          type: 'operationStepped',
          correlationId: context.correlationId,
          data: { ...changeData(context.change), step: params.phase },
        });
    }),
    declare: assign(({ context, event }) =>
      event.type === 'capacity.waited' ? {} : orders.declare(context, event),
    ),
    noteStamp: assign(({ event }) =>
      event.type === 'capacity.waited' ? {} : steps.noteStamp(event),
    ),
    announceCommand: emit(({ context, event }) => ({
      type: 'accepted',
      correlationId: 'correlationId' in event ? event.correlationId : context.correlationId,
      data: {
        ...eventData(context),
        command: event.type,
        ...('commandId' in event ? { commandId: event.commandId } : {}),
      },
    })),
    replan: assign({
      planNumber: ({ context }) => context.planNumber + 1,
      autoRetries: 0,
      quotaChecks: 0,
    }),
    notePlan: assign(({ context, event }) => steps.notePlan(context, event)),
    announcePlan: emit(({ context }) => ({
      type: 'planned',
      correlationId: context.correlationId,
      data: {
        ...eventData(context),
        version: planOf(context).version,
        zones: planOf(context).zones,
      },
    })),
    noteGroups: assign(({ event }) => steps.noteGroups(event)),
    noteSecrets: assign(({ event }) => steps.noteSecrets(event)),
    noteTouch: assign({ hasTouchedCloud: true }),
    noteFault: assign(({ context, event }) => steps.noteFault(context, event)),
    noteLate: assign(({ context, event }) => steps.noteLate(context, event)),
    noteCancelled: assign(({ context, event }) => steps.noteCancelled(context, event)),
    noteInitLost: assign(({ context, event }) =>
      plan.isInitLost(context)
        ? steps.noteTrouble(context, event, {
            code: 'cluster.initLost',
            message:
              'the machine that was to initialise the cluster is gone, and its database with it',
          })
        : {},
    ),
    noteAccess: assign(({ context, event }) => steps.noteAccess(context, event)),
    countVerify: assign({ verifyRuns: ({ context }) => context.verifyRuns + 1 }),
    countAutoRetry: assign({ autoRetries: ({ context }) => context.autoRetries + 1 }),
    resetAutoRetries: assign({ autoRetries: 0, quotaChecks: 0 }),
    countQuotaCheck: assign({ quotaChecks: ({ context }) => context.quotaChecks + 1 }),
    noteWaiting: assign(({ event }) =>
      event.type === 'operation.changed' ? { waiting: event.waiting } : {},
    ),
    noteNodeWaiting: assign(({ context, event }) =>
      event.type === 'node.waiting' ? steps.noteNodeWaiting(context, event) : {},
    ),
    /** Every child that is alive: nodes hand it on, a call under way is not disturbed. */
    retryWaiting: enqueueActions(({ enqueue, self }) => {
      for (const [id, child] of Object.entries(childrenOf(self)))
        if (isActive(child)) enqueue.sendTo(id, { type: 'operation.retryNow' });
    }),
    noteSweep: assign(({ context, event }) => steps.sweptBy(context, event)),
    /** Calls of nodes that wait are given up; what is under way ends by itself. */
    cancelWaitingNodes: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      for (const [slot, { waiting }] of Object.entries(context.nodes))
        if (waiting !== undefined) enqueue.sendTo(slot, { type: 'operation.cancel', atMs });
    }),
    /** Spawns a machine for every node that is wanted and has none yet; a change adds a round at a time. */
    spawnNodes: enqueueActions(({ context, enqueue }) => {
      const added = context.access === null ? missingNodes(context) : joiners(context);
      for (const [slot, { incarnation }] of Object.entries(added))
        enqueue.spawnChild('node', {
          id: slot,
          input: {
            ...{ slot, incarnation },
            preset: profiles[specOf(context).profile].retry,
            paused: context.paused,
            atMs: context.sinceMs,
            correlationId: context.correlationId,
          },
        });
      enqueue.assign({
        nodes: inOrder({ ...context.nodes, ...added }),
        hasTouchedCloud: true,
      });
    }),
    /** Sends what each node may do next and notes that it was sent. */
    grant: enqueueActions(({ context, event, enqueue }) => {
      if (!grantsNodes.test(context.phase) || context.paused) return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const grants = [...nextGrants(context, atMs), ...changeGrants(context, atMs)];
      for (const grant of grants) {
        enqueue.assign(({ context: now }) => {
          const entry = now.nodes[grant.slot];
          return entry === undefined
            ? {}
            : {
                nodes: { ...now.nodes, [grant.slot]: { ...entry, ...grant.changes } },
                ...(grant.isInit && {
                  initGrant: grant.slot,
                  initIncarnation: entry.incarnation,
                }),
              };
        });
        enqueue.sendTo(grant.slot, grant.event);
      }
    }),
    /** A node's report: noted, and published when anything a user sees has changed. */
    noteNode: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'node.changed') return;
      const change = steps.noteNode(context, event);
      const before = context.nodes[event.slot];
      const after = change.nodes?.[event.slot];
      if (before === undefined || after === undefined) return;
      enqueue.assign(change);
      const shown = plan.nodeEvent(context, event.slot, after);
      // A grant notes the new phase silently: the node's answer to it is what gets published.
      const isAnswer = before.pending === 'grant';
      const told = plan.nodeEvent(context, event.slot, before);
      if (!isAnswer && JSON.stringify(shown) === JSON.stringify(told)) return;
      enqueue.emit({
        type: 'nodeChanged',
        correlationId: context.correlationId,
        data: shown,
      });
    }),
    noteCapacityWaited: assign(({ context }) => steps.noteCapacityWaited(context)),
    /** One timer for all nodes that wait for capacity: the latest refusal moves it. */
    armCapacityWait: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'node.changed' || context.nodes[event.slot]?.awaitsCapacity !== true)
        return;
      enqueue.cancel('capacity');
      enqueue.raise({ type: 'capacity.waited' }, { id: 'capacity', delay: 'capacityWait' });
    }),
    forwardFacts: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'facts.observed') return;
      for (const fact of event.instances)
        if (context.nodes[fact.slot]?.instanceId === fact.instanceId)
          enqueue.sendTo(fact.slot, { type: 'node.fact', atMs: event.atMs, fact });
    }),
    retryNodes: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      for (const [slot, entry] of Object.entries(context.nodes))
        if (plan.mayRetryNode(entry))
          enqueue.sendTo(slot, { type: 'node.retry', atMs, correlationId: context.correlationId });
      enqueue.assign(({ context: now }) => steps.noteRetried(now));
    }),
    /** Tells the next nodes to go, a bounded number at a time: their calls share one record. */
    removeNodes: enqueueActions(({ context, event, enqueue }) => {
      const isDeleting = context.phase === 'deleting.nodes';
      if (!isDeleting && (context.paused || !context.phase.startsWith('running.scalingDown')))
        return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const slots = isDeleting ? plan.nextRemovals(context) : unmadeLeavers(context);
      enqueue.assign(({ context: now }) => steps.noteRemovals(now, slots));
      for (const slot of slots)
        enqueue.sendTo(slot, {
          type: 'node.removeRequested',
          atMs,
          correlationId: context.correlationId,
        });
    }),
    /** A tombstone needs no machines. */
    dropNodes: enqueueActions(({ context, enqueue }) => {
      for (const slot of Object.keys(context.nodes)) enqueue.stopChild(slot);
      enqueue.assign({ nodes: {}, plan: null });
    }),
    notePause: assign({ paused: true }),
    noteResume: assign({ paused: false }),
    announcePause: emit(({ context }) => ({
      type: 'paused',
      correlationId: context.correlationId,
      data: eventData(context),
    })),
    announceResume: emit(({ context }) => ({
      type: 'resumed',
      correlationId: context.correlationId,
      data: eventData(context),
    })),
    /** Nodes and the operation in flight; an absent or ended child gets nothing. */
    forwardControl: enqueueActions(({ event, enqueue, self }) => {
      const isPause = event.type === 'cluster.pause';
      for (const [id, child] of Object.entries(childrenOf(self)))
        if (isActive(child))
          enqueue.sendTo(id, { type: isPause ? 'control.paused' : 'control.resumed' });
    }),
    announceFailure: emit(({ context }) => ({
      type: 'failed',
      correlationId: context.correlationId,
      data: { ...eventData(context), ...(context.lastError ?? {}) },
    })),
    announceReady: emit(({ context }) => ({
      type: 'ready',
      correlationId: context.correlationId,
      data: {
        ...eventData(context),
        version: planOf(context).version,
        nodes: Object.keys(context.nodes).length,
        seconds: Math.round((context.sinceMs - context.createdAtMs) / 1000),
        kubeconfigParameter: context.access?.kubeconfigParameter ?? '',
      },
    })),
    announceDeleted: emit(({ context }) => ({
      type: 'deleted',
      correlationId: context.correlationId,
      data: eventData(context),
    })),
  },
  guards: {
    hasSucceeded: ({ event }) => outputOf(event).result.ok,
    isBlockingFault: ({ event }) => {
      const fault = faultOf(event);
      return fault !== null && isBlocking(fault.type);
    },
    isBusyFault: ({ event }) => faultOf(event)?.type === 'Conflict',
    isWhole: ({ context, event }) => steps.isWhole(context, answerOf(event)),
    scriptWorked: ({ event }) => answerOf(event)?.ok === true,
    nodeFailed: ({ context }) => plan.failedNode(context) !== undefined,
    serversRegistered: ({ context }) => plan.allServersRegistered(context),
    serversStaged: ({ context }) => plan.allServersStaged(context),
    firstServerReady: ({ context }) => plan.firstServerReady(context),
    serversReady: ({ context }) => plan.allServersReady(context),
    nodesReady: ({ context }) => plan.allNodesReady(context),
    nodesGone: ({ context }) => plan.allNodesGone(context),
    isQuota: ({ context }) => context.lastError?.type === 'QuotaExceeded',
    failsBlocked: ({ context }) => steps.failureClass(context) === 'blocked',
    failsForOperator: ({ context }) => steps.failureClass(context) === 'needsOperator',
    mayAutoRetry: ({ context }) => context.autoRetries < bounds.autoRetriesMax,
    lacksPlan: ({ context }) => context.plan?.number !== context.planNumber,
    lacksGroups: ({ context }) => context.groups === null,
    lacksSecrets: ({ context }) => context.secrets === null,
    hasTouchedNothing: ({ context }) => !context.hasTouchedCloud,
    isSwept: ({ context }) => context.cleanSweeps >= bounds.sweepsCleanMin,
  },
  delays: {
    provisioning: deadlines.createBaseMs,
    installing: deadlines.createBaseMs,
    configuring: ({ context }) => {
      const spec = specOf(context);
      const agents = spec.agentPools.reduce((sum, pool) => sum + pool.count, 0);
      const rounds = Math.ceil(agents / profiles[spec.profile].concurrency);
      return (
        deadlines.configuringBaseMs +
        (spec.servers.count - 1) * deadlines.configuringPerServerMs +
        rounds * deadlines.configuringPerAgentRoundMs
      );
    },
    deleting: deadlines.deleteMs,
    capacityWait: pacing.capacityWaitMs,
    verifyAgain: pacing.scriptAgainMs,
    sweepGap: pacing.sweepGapMs,
    groupBusy: pacing.groupBusyMs,
    stuckRetry: pacing.stuckRetryMs,
    autoRetry: ({ context }) => steps.autoRetryMs(context.autoRetries),
    quotaAgain: ({ context }) => steps.quotaAgainMs(context.quotaChecks),
  },
});
