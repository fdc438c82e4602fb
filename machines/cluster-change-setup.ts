/** The words of a living cluster's changes, on top of those of its making. The charts are in cluster-changing and -power. */
import { assign, enqueueActions } from 'xstate';
import { childrenOf, isActive } from './children.ts';
import { operationId, serverScript } from './cluster-calls.ts';
import * as rounds from './cluster-changes.ts';
import * as changes from './cluster-change-steps.ts';
import { specOf } from './cluster-context.ts';
import type { ChangeKind } from './cluster-context.ts';
import { noteCancel, noteRestart } from './cluster-orders.ts';
import { nodesSetup } from './cluster-nodes-setup.ts';
import { readyServer } from './cluster-plan.ts';
import { enter } from './cluster-setup.ts';
import * as steps from './cluster-steps.ts';
import { changes as limits } from './limits.ts';
import { answerOf } from './node-context.ts';

export const changeSetup = nodesSetup.extend({
  actions: {
    noteRestart: assign(({ context, event }) =>
      event.type === 'capacity.waited' ? {} : noteRestart(context, event),
    ),
    noteCancel: assign(({ context, event }) =>
      event.type === 'capacity.waited' ? {} : noteCancel(context, event),
    ),
    /**
     * The cluster's own call, when it waits; one that is under way ends by itself. A start that turns back leaves its call in
     * this very step: the next one has the same id, and would hear of the first one's end as of its own.
     */
    cancelWaiting: enqueueActions(({ context, event, enqueue, self }) => {
      if (context.waiting === null || !isActive(childrenOf(self)[operationId])) return;
      if (/^starting\.(quorum|verify)$/.test(context.phase)) return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      enqueue.sendTo(operationId, { type: 'operation.cancel', atMs });
    }),
    unhalt: assign({ isHalted: false }),
    /** Nodes that did not come back in time are looked at again. */
    recheckNodes: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const { correlationId } = context;
      for (const [slot, { phase, task, role, mayHaveJoined }] of Object.entries(context.nodes))
        // Staged again, a server that etcd may count would be taken for one that can be terminated without leaving it.
        if (phase === 'failed' && task === undefined && !(role === 'server' && mayHaveJoined))
          enqueue.sendTo(slot, { type: 'node.retry', atMs, correlationId });
    }),
    /** A change begins, or the next round of the same one; one that is replaced at this edge ends. */
    begin: enqueueActions(({ context, event, enqueue }, { kind }: { kind: ChangeKind }) => {
      if (context.change?.kind === kind) return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const { correlationId } = context;
      if (context.change !== null)
        enqueue.emit({
          type: 'operationFinished',
          correlationId: context.change.correlationId,
          data: { ...changes.changeData(context.change), isSuperseded: true },
        });
      const before =
        context.change === null ? context : { ...context, ...changes.superseded(context) };
      const noted = changes.begun(before, kind, atMs);
      enqueue.assign({ settled: before.settled, ...noted });
      const { change } = noted;
      if (change == null) return;
      enqueue.emit({
        type: 'operationStarted',
        correlationId,
        data: {
          ...changes.changeData(change),
          generation: context.generation,
          changes: change.changes,
          deadlineAtMs: change.deadlineAtMs,
        },
      });
    }),
    finish: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const { change } = context;
      if (change !== null)
        enqueue.emit({
          type: 'operationFinished',
          correlationId: change.correlationId,
          data: {
            ...changes.changeData(change),
            changes: change.changes,
            seconds: Math.round((atMs - change.startedAtMs) / 1_000),
          },
        });
      enqueue.assign(changes.finished(context, atMs));
    }),
    /** The change is over without its goal: what can be taken back is taken back, by a change of its own where need be. */
    failChange: enqueueActions(({ context, event, enqueue }) => {
      const { change } = context;
      if (change === null) return;
      const noted = changes.failed(context, steps.atMsOf(event) ?? context.sinceMs);
      enqueue.assign(noted);
      const { type, code, message } = { ...context.lastError, ...noted.lastError };
      enqueue.emit({
        type: 'operationFailed',
        correlationId: change.correlationId,
        data: {
          ...changes.changeData(change),
          ...{ step: context.phase, fault: type ?? '', code: code ?? '', message: message ?? '' },
          rolledBack: noted.isHalted !== true,
          changes: noted.spec == null ? [] : changes.restored(context, noted.spec),
        },
      });
    }),
    pickLeavers: assign(({ context }) =>
      changes.withRound(context, rounds.leavers(context), 'leave'),
    ),
    pickRestarts: assign(({ context }) =>
      changes.withRound(context, rounds.restarters(context), 'restart'),
    ),
    /** Machines of nodes that are gone are stopped, and their slots free. */
    dropGone: enqueueActions(({ context, enqueue }) => {
      for (const [slot, { phase }] of Object.entries(context.nodes))
        if (phase === 'gone') enqueue.stopChild(slot);
      enqueue.assign(({ context: now }) => changes.withoutGone(now));
    }),
    noteNoServer: assign(({ context, event }) =>
      steps.noteTrouble(context, event, {
        code: 'cluster.noServer',
        message: 'no server is ready to take the snapshot that spec.snapshots.beforeStop asks for',
      }),
    ),
    noteNoMajority: assign(({ context, event }) =>
      steps.noteTrouble(context, event, {
        code: 'cluster.noMajority',
        message: 'too few servers have come back: etcd has no majority, so no agent is started',
      }),
    ),
    noteUnready: assign(({ context, event }) =>
      steps.noteTrouble(context, event, {
        code: 'cluster.nodesNotReady',
        message: 'none of the nodes that are left to restart is ready',
      }),
    ),
  },
  guards: {
    hasWork: ({ context }) => rounds.nextChange(context) !== null,
    isNext: ({ context }, { kind }: { kind: ChangeKind }) => rounds.nextChange(context) === kind,
    isCancelled: ({ context }) => context.isCancelled && context.change !== null,
    mayCutShort: ({ context }) => rounds.mayCutShort(context),
    roundFailed: ({ context }) => rounds.hasRoundFailed(context),
    roundOver: ({ context }) => rounds.isRoundOver(context),
    noneToRestart: ({ context }) => rounds.restarters(context).length === 0,
    isPastReturn: ({ context }) => rounds.isPastReturn(context),
    hasServer: ({ context }) => readyServer(context) !== undefined,
    lacksSnapshot: ({ context }) => specOf(context).snapshots.beforeStop,
    scriptRuns: ({ event }) => answerOf(event)?.running === true,
    servesApi: ({ event }) => answerOf(event)?.facts['readyz'] === true,
    wantsRunning: ({ context }) => specOf(context).desiredState === 'running',
    wantsStopped: ({ context }) => specOf(context).desiredState === 'stopped',
    mayTurnBack: ({ context }) =>
      specOf(context).desiredState === 'running' && rounds.isStill(context),
    agentsDown: ({ context }) => rounds.areDown(context, 'agent'),
    serversDown: ({ context }) => rounds.areDown(context, 'server'),
    serversUp: ({ context }) => rounds.areUp(context, 'server'),
    startIsHopeless: ({ context }) => rounds.isStartHopeless(context),
    agentsUp: ({ context }) => rounds.areUp(context, 'agent'),
    hasMajority: ({ context }) => rounds.hasMajority(context),
  },
  delays: {
    /** What is left of the whole change; every round counts against the same end. */
    change: ({ context }) => Math.max(0, (context.change?.deadlineAtMs ?? 0) - context.sinceMs),
    snapshot: limits.snapshotMs,
    stoppingStep: limits.stoppingStepMs,
    startingStep: limits.startingStepMs,
  },
});

/** Asks a server until it sees what `goal` wants; the change's own deadline ends the asking. */
export const verifying = (
  phase: string,
  goal: 'isWhole' | 'servesApi',
  next: { readonly target: string },
) =>
  ({
    entry: enter(phase),
    initial: 'choosing',
    states: {
      choosing: changeSetup.createStateConfig({
        always: [{ guard: 'hasServer', target: 'observing' }, { target: 'waiting' }],
      }),
      observing: changeSetup.createStateConfig({
        entry: 'countVerify',
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) => serverScript(context, 'observe'),
          onDone: [{ guard: goal, ...next }, { target: 'waiting' }],
        },
      }),
      waiting: changeSetup.createStateConfig({ after: { verifyAgain: 'choosing' } }),
    },
  }) as const;
