/** The words of a cluster's own life: actions, guards and delays by name. The chart itself is in cluster.ts. */
import { assign, emit, enqueueActions, setup } from 'xstate';
import { activeChildren } from './children.ts';
import { isBlocking, planOf, specOf } from './cluster-context.ts';
import type { ClusterContext, ClusterEvent, ClusterInput } from './cluster-context.ts';
import { changeData } from './cluster-change-steps.ts';
import * as orders from './cluster-orders.ts';
import { isInitLost } from './cluster-plan.ts';
import * as steps from './cluster-steps.ts';
import { bounds, deadlines, pacing, profiles } from './limits.ts';
import type { PublishedEvent } from './messages.ts';
import { answerOf, faultOf, outputOf } from './node-context.ts';
import { nodeMachine } from './node.ts';
import { operationMachine } from './operation.ts';

/** Entry of every lifecycle state a person should know of. */
export const enter = (phase: string) => ({ type: 'enter', params: { phase } }) as const;

type InternalEvent = { type: 'capacity.waited' };
type AnyClusterEvent = ClusterEvent | InternalEvent;

const eventData = (context: ClusterContext): Record<string, unknown> => ({
  generation: context.generation,
  phase: context.phase,
});

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
      isInitLost(context)
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
    /** Every child that is alive: nodes hand it on, a call under way is not disturbed. */
    retryWaiting: enqueueActions(({ enqueue, self }) => {
      for (const child of activeChildren(self))
        enqueue.sendTo(child, { type: 'operation.retryNow' });
    }),
    noteSweep: assign(({ context, event }) => steps.sweptBy(context, event)),
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
    /** Nodes and the operation in flight; one that ends at this very moment, by a deletion, gets nothing. */
    forwardControl: enqueueActions(({ event, enqueue, self }) => {
      const isPause = event.type === 'cluster.pause';
      for (const child of activeChildren(self))
        enqueue.sendTo(child, { type: isPause ? 'control.paused' : 'control.resumed' });
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
    verifyAgain: pacing.scriptAgainMs,
    sweepGap: pacing.sweepGapMs,
    groupBusy: pacing.groupBusyMs,
    stuckRetry: pacing.stuckRetryMs,
    autoRetry: ({ context }) => steps.autoRetryMs(context.autoRetries),
    quotaAgain: ({ context }) => steps.quotaAgainMs(context.quotaChecks),
  },
});
