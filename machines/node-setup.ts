/** The words of the node chart: its actions, guards and delays by name. The chart itself is in node.ts. */
import { assign, enqueueActions, sendParent, setup } from 'xstate';
import { childrenOf, isActive } from './children.ts';
import { bounds, changeBounds, changePacing, changes, deadlines, pacing } from './limits.ts';
import {
  answerOf,
  faultOf,
  bootIdOf,
  isCertain,
  isDead,
  isUnresolved,
  launchedOf,
  nodeOperation,
  outputOf,
  report,
  scriptOf,
} from './node-context.ts';
import type { NodeContext, NodeEvent, NodeInput, NodePhase } from './node-context.ts';
import { operationMachine } from './operation.ts';

/** Child ids of a node: its one operation. */
export const operationId = 'op';

/** Answer of `leave-etcd` that it has changed nothing. */
const quorumUnsafe = 'etcd.quorumUnsafe';

export const nodeSetup = setup({
  types: {
    context: {} as NodeContext,
    input: {} as NodeInput,
    events: {} as NodeEvent,
  },
  actors: { operation: operationMachine },
  actions: {
    report: sendParent(({ context }, params: { phase: NodePhase }) =>
      report(context, params.phase),
    ),
    reportReady: sendParent(({ context, event }) =>
      report(context, 'ready', answerOf(event)?.facts),
    ),
    takeLaunchGrant: assign(({ context, event }) =>
      event.type === 'node.launchGranted'
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            order: event.order,
            token: event.token,
            reason: '',
            fault: null,
          }
        : context,
    ),
    takeScriptGrant: assign(({ context, event }) =>
      'script' in event
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            script: event.script,
            ...{ looks: undefined, looksBefore: undefined, mayStartLate: undefined },
            isHalted: undefined,
            bootId: undefined,
            progress: 0,
            reason: '',
            fault: null,
          }
        : context,
    ),
    noteLaunched: assign(({ context, event }) => {
      const launched = launchedOf(event);
      return launched === null
        ? context
        : {
            atMs: outputOf(event).result.atMs,
            order: null,
            token: '',
            instanceId: launched.instanceId,
            privateIp: launched.privateIp,
            instanceState: launched.state as NodeContext['instanceState'],
            agentOnline: false,
          };
    }),
    /** A definite refusal: the intent is over, the next grant brings another token. */
    noteRefused: assign(({ event }) => ({
      atMs: outputOf(event).result.atMs,
      order: null,
      token: '',
      reason: faultOf(event)?.type ?? '',
      fault: faultOf(event),
      resume: 'waiting' as const,
    })),
    /** What nobody knew of the launch is known now: the intent is over, as after a refusal. */
    noteNeverHappened: assign(({ event }) => ({
      ...{ atMs: outputOf(event).result.atMs, order: null, token: '', resume: 'waiting' as const },
    })),
    /** Nobody knows whether it was launched: the intent stays, the same token is used again. */
    noteUnresolved: assign(({ event }) => ({
      atMs: outputOf(event).result.atMs,
      reason: faultOf(event)?.type ?? '',
      fault: faultOf(event),
      resume: 'launching' as const,
    })),
    noteFact: assign(({ context, event }) =>
      event.type === 'node.fact'
        ? {
            atMs: event.atMs,
            instanceState: event.fact.state,
            agentOnline: event.fact.agentOnline,
            privateIp: event.fact.privateIp === '' ? context.privateIp : event.fact.privateIp,
            reason: event.fact.stateReason === '' ? context.reason : event.fact.stateReason,
          }
        : context,
    ),
    noteProgress: assign(({ event }) => ({
      atMs: outputOf(event).result.atMs,
      progress: answerOf(event)?.progress ?? 0,
    })),
    noteScriptFault: assign(({ context, event }, params: { resume: NodeContext['resume'] }) => {
      const answer = answerOf(event);
      const fault = faultOf(event) ?? {
        type: 'ProviderError' as const,
        code: answer?.code ?? 'script.failed',
        message: answer?.hint ?? 'the script gave no reason',
      };
      return {
        atMs: outputOf(event).result.atMs,
        reason: fault.code,
        fault,
        resume: params.resume,
        script: context.script,
      };
    }),
    noteLate: assign(({ context }, params: { resume: NodeContext['resume']; afterMs: number }) => ({
      atMs: context.atMs + params.afterMs,
      reason: 'Timeout',
      fault: {
        type: 'Timeout' as const,
        code: 'node.deadline',
        message: `not done within ${Math.round(params.afterMs / 60_000)} minutes`,
      },
      resume: params.resume,
    })),
    noteDeath: assign(({ context }) => ({
      reason: context.reason === '' ? 'InstanceTerminated' : context.reason,
      fault: {
        type: 'ProviderError' as const,
        code: 'node.instanceTerminated',
        message: `instance ${context.instanceId} was terminated: ${context.reason}`,
      },
    })),
    takeGrant: assign(({ context, event }) =>
      event.type === 'node.stopGranted'
        ? { atMs: event.atMs, correlationId: event.correlationId, reason: '', fault: null }
        : context,
    ),
    noteCordoned: assign({ isCordoned: true }),
    noteUncordoned: assign({ isCordoned: undefined }),
    countLook: assign({ looks: ({ context }) => (context.looks ?? 0) + 1 }),
    /** Looks are counted on: one with the number of an earlier one would be answered as that one was. */
    noteRebootCall: assign({ looksBefore: ({ context }) => context.looks }),
    noteBoot: assign(({ event }) => ({
      atMs: outputOf(event).result.atMs,
      bootId: bootIdOf(event),
    })),
    /** What a call has said; whether it has done its work is seen elsewhere. */
    noteAnswered: assign(({ event }) => ({
      atMs: outputOf(event).result.atMs,
      reason: faultOf(event)?.code ?? '',
      fault: faultOf(event),
    })),
    noteHalt: assign(({ context }) => ({
      isHalted: true,
      reason: context.reason === '' ? 'InstanceStopped' : context.reason,
    })),
    noteStopped: assign({ mayStartLate: true }),
    noteSettled: assign({ mayStartLate: undefined }),
    noteLateStart: assign({ reason: 'LateStart' }),
    noteBack: assign({ isHalted: undefined, reason: '' }),
    noteCalled: assign(({ event }) => ({ atMs: outputOf(event).result.atMs })),
    noteOffline: assign({ agentOnline: false }),
    noteOut: assign({ isRemoval: true }),
    /** It has run; what is not needed any more would only weigh on the record. */
    dropScript: assign({ script: null }),
    countReplacement: assign({ replacements: ({ context }) => context.replacements + 1 }),
    /** A new machine in the same slot: new incarnation, nothing known of it. */
    renew: assign(({ context }) => ({
      incarnation: context.incarnation + 1,
      order: null,
      token: '',
      instanceId: '',
      privateIp: '',
      instanceState: '' as const,
      agentOnline: false,
      script: null,
      progress: 0,
      resume: 'waiting' as const,
    })),
    noteRemoval: assign(({ context, event }) => ({
      isRemoval: true,
      atMs: event.type === 'node.removeRequested' ? event.atMs : context.atMs,
      correlationId:
        event.type === 'node.removeRequested' ? event.correlationId : context.correlationId,
      paused: false,
    })),
    noteRetry: assign(({ context, event }) => ({
      atMs: event.type === 'node.retry' ? event.atMs : context.atMs,
      correlationId: event.type === 'node.retry' ? event.correlationId : context.correlationId,
      replacements: 0,
      reason: '',
      fault: null,
    })),
    notePause: assign({ paused: true }),
    noteResume: assign({ paused: false }),
    tellWaiting: sendParent(({ context, event }) => ({
      type: 'node.waiting' as const,
      slot: context.slot,
      waiting: event.type === 'operation.changed' ? event.waiting : null,
    })),
    /** The operation child may be absent; sending to an absent child would stop the actor. */
    forwardControl: enqueueActions(({ enqueue, event, self }) => {
      if (!isActive(childrenOf(self)[operationId])) return;
      if (
        event.type === 'control.paused' ||
        event.type === 'control.resumed' ||
        event.type === 'operation.retryNow' ||
        event.type === 'operation.cancel'
      )
        enqueue.sendTo(operationId, event);
    }),
  },
  guards: {
    hasSucceeded: ({ event }) => outputOf(event).result.ok,
    neverHappened: ({ event }) => {
      const { result } = outputOf(event);
      return result.ok && result.value === null;
    },
    // A refusal proves nothing while an earlier try under the same token may have happened.
    lacksCapacity: ({ context, event }) =>
      faultOf(event)?.type === 'CapacityShortage' && isCertain(context, event),
    certainlyRefused: ({ context, event }) => isCertain(context, event),
    isRunning: ({ context }) => context.instanceState === 'running',
    isOnline: ({ context }) => context.agentOnline && context.instanceState === 'running',
    isDead: ({ context }) => isDead(context),
    isTerminated: ({ context }) => context.instanceState === 'terminated',
    answeredGone: ({ event }) => {
      const { result } = outputOf(event);
      return result.ok && (result.value as { state: string }).state === 'gone';
    },
    hasInstance: ({ context }) => context.instanceId !== '',
    hasIntent: ({ context }) => context.order !== null,
    isRemoval: ({ context }) => context.isRemoval,
    mayReplace: ({ context }) => context.replacements < bounds.nodeIncarnationsMax,
    scriptRuns: ({ event }) => answerOf(event)?.running === true,
    scriptWorked: ({ event }) => answerOf(event)?.ok === true,
    isHalted: ({ context }) => /^(stopping|stopped)$/.test(context.instanceState),
    isStopped: ({ context }) => context.instanceState === 'stopped',
    isLateStart: ({ context }) =>
      context.mayStartLate === true && /^(pending|running)$/.test(context.instanceState),
    isBack: ({ context }) => context.isHalted === true && context.instanceState === 'running',
    isQuorumUnsafe: ({ event }) => answerOf(event)?.code === quorumUnsafe,
    isCordoned: ({ context }) => context.isCordoned === true,
    isServing: ({ event }) => answerOf(event)?.facts['active'] === 'active',
    hasRebooted: ({ context, event }) => {
      const bootId = bootIdOf(event);
      return bootId !== undefined && bootId !== context.bootId;
    },
    /** Looked at often enough: the order to restart was lost. */
    hasNotRebooted: ({ context, event }) =>
      bootIdOf(event) !== undefined &&
      (context.looks ?? 0) - (context.looksBefore ?? 0) >= changeBounds.rebootLooksMax,
    resumesChecking: ({ context }) => context.resume === 'checking' && !isDead(context),
    resumesLaunch: ({ context }) => isUnresolved(context),
    resumesRegistered: ({ context }) => context.resume === 'registered' && !isDead(context),
    resumesStaged: ({ context }) => context.resume === 'staged' && !isDead(context),
  },
  delays: {
    launchToRunning: deadlines.launchToRunningMs,
    agentOnline: deadlines.agentOnlineMs,
    staging: deadlines.stagingMs,
    join: deadlines.joinMs,
    scriptAgain: pacing.scriptAgainMs,
    terminateAgain: pacing.terminateAgainMs,
    drain: ({ context }) =>
      Number(context.script?.parameters['FL_DRAIN_TIMEOUT'] ?? 0) * 1_000 + changes.drainMarginMs,
    restart: changes.restartMs,
    lateStart: changes.lateStartMs,
    uncordon: changes.uncordonMs,
    scriptRetry: changePacing.scriptRetryMs,
    stopAgain: changePacing.stopAgainMs,
    startAgain: changePacing.startAgainMs,
    rebootSettle: changePacing.rebootSettleMs,
  },
});

export const runScript = {
  id: operationId,
  src: 'operation',
  input: ({ context }: { context: NodeContext }) =>
    nodeOperation(context, 'node.script', scriptOf(context).opId),
} as const;
