/** The words of the node chart: its actions, guards and delays by name. The chart itself is in node.ts. */
import { assign, enqueueActions, sendParent, setup } from 'xstate';
import { childrenOf, isActive } from './children.ts';
import { bounds, deadlines, pacing } from './limits.ts';
import {
  answerOf,
  faultOf,
  isDead,
  launchedOf,
  nodeOperation,
  outputOf,
  report,
} from './node-context.ts';
import type { NodeContext, NodeEvent, NodeInput, NodePhase, ScriptOrder } from './node-context.ts';
import { operationMachine } from './operation.ts';

/** Child ids of a node: its one operation. */
export const operationId = 'op';

/** States that run a script are entered only with it in hand. */
function scriptOf({ script }: NodeContext): ScriptOrder {
  if (script === null) throw new Error('a script state without a script');
  return script;
}

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
      event.type === 'node.stageGranted' || event.type === 'node.joinGranted'
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            script: event.script,
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
    noteScriptFault: assign(({ context, event }, params: { resume: 'registered' | 'staged' }) => {
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
        event.type === 'operation.retryNow'
      )
        enqueue.sendTo(operationId, { type: event.type });
    }),
  },
  guards: {
    hasSucceeded: ({ event }) => outputOf(event).result.ok,
    neverHappened: ({ event }) => {
      const { result } = outputOf(event);
      return result.ok && result.value === null;
    },
    // A refusal proves nothing while an earlier try under the same token may have happened.
    lacksCapacity: ({ event }) =>
      faultOf(event)?.type === 'CapacityShortage' && !outputOf(event).isUncertain,
    certainlyRefused: ({ event }) => !outputOf(event).isUncertain,
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
    resumesLaunch: ({ context }) => context.resume === 'launching' && context.order !== null,
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
  },
});

export const runScript = {
  id: operationId,
  src: 'operation',
  input: ({ context }: { context: NodeContext }) =>
    nodeOperation(context, 'node.script', scriptOf(context).opId),
} as const;
