/** One EC2 node of a cluster: launching → booting → registering → staging → joining → ready; terminating from anywhere. */
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
const operationId = 'op';

/** States that run a script are entered only with it in hand. */
function scriptOf({ script }: NodeContext): ScriptOrder {
  if (script === null) throw new Error('a script state without a script');
  return script;
}

const nodeSetup = setup({
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

const runScript = {
  id: operationId,
  src: 'operation',
  input: ({ context }: { context: NodeContext }) =>
    nodeOperation(context, 'node.script', scriptOf(context).opId),
} as const;

/** The node chart with unscaled pacing; `buildNodeMachine` sets the pace. */
export const nodeMachine = nodeSetup.createMachine({
  id: 'node',
  context: ({ input }) => ({
    ...input,
    incarnation: 1,
    order: null,
    token: '',
    instanceId: '',
    privateIp: '',
    instanceState: '',
    agentOnline: false,
    script: null,
    progress: 0,
    replacements: 0,
    isRemoval: false,
    reason: '',
    fault: null,
    resume: 'waiting',
  }),
  initial: 'waiting',
  on: {
    'node.fact': { actions: 'noteFact' },
    'node.removeRequested': { target: '.terminating', actions: 'noteRemoval' },
    'control.paused': { actions: ['notePause', 'forwardControl'] },
    'control.resumed': { actions: ['noteResume', 'forwardControl'] },
    'operation.changed': { actions: 'tellWaiting' },
    'operation.retryNow': { actions: 'forwardControl' },
  },
  states: {
    waiting: {
      entry: { type: 'report', params: { phase: 'waiting' } },
      on: { 'node.launchGranted': { target: 'launching', actions: 'takeLaunchGrant' } },
    },
    launching: {
      entry: { type: 'report', params: { phase: 'launching' } },
      invoke: {
        id: operationId,
        src: 'operation',
        input: ({ context }) => nodeOperation(context, 'node.launch', context.token),
        onDone: [
          { guard: 'hasSucceeded', target: 'booting', actions: 'noteLaunched' },
          { guard: 'lacksCapacity', target: 'waiting', actions: 'noteRefused' },
          { guard: 'certainlyRefused', target: 'failed', actions: 'noteRefused' },
          { target: 'failed', actions: 'noteUnresolved' },
        ],
      },
    },
    booting: {
      entry: { type: 'report', params: { phase: 'booting' } },
      always: [
        { guard: 'isDead', target: 'terminating', actions: ['noteDeath', 'countReplacement'] },
        { guard: 'isRunning', target: 'registering' },
      ],
      after: {
        launchToRunning: {
          target: 'terminating',
          actions: [
            {
              type: 'noteLate',
              params: { resume: 'waiting', afterMs: deadlines.launchToRunningMs },
            },
            'countReplacement',
          ],
        },
      },
    },
    registering: {
      entry: { type: 'report', params: { phase: 'registering' } },
      always: [
        { guard: 'isDead', target: 'terminating', actions: ['noteDeath', 'countReplacement'] },
        { guard: 'isOnline', target: 'registered' },
      ],
      after: {
        agentOnline: {
          target: 'terminating',
          actions: [
            { type: 'noteLate', params: { resume: 'waiting', afterMs: deadlines.agentOnlineMs } },
            'countReplacement',
          ],
        },
      },
    },
    registered: {
      entry: { type: 'report', params: { phase: 'registered' } },
      always: {
        guard: 'isDead',
        target: 'terminating',
        actions: ['noteDeath', 'countReplacement'],
      },
      on: { 'node.stageGranted': { target: 'staging', actions: 'takeScriptGrant' } },
    },
    staging: {
      entry: { type: 'report', params: { phase: 'staging' } },
      always: {
        guard: 'isDead',
        target: 'terminating',
        actions: ['noteDeath', 'countReplacement'],
      },
      initial: 'calling',
      states: {
        calling: {
          invoke: {
            ...runScript,
            onDone: [
              {
                guard: 'scriptRuns',
                target: 'following',
                actions: ['noteProgress', { type: 'report', params: { phase: 'staging' } }],
              },
              {
                guard: 'scriptWorked',
                target: '#node.staged',
                actions: ['noteProgress', 'dropScript'],
              },
              {
                target: '#node.failed',
                actions: { type: 'noteScriptFault', params: { resume: 'registered' } },
              },
            ],
          },
        },
        following: { after: { scriptAgain: 'calling' } },
      },
      after: {
        staging: {
          target: 'terminating',
          actions: [
            { type: 'noteLate', params: { resume: 'waiting', afterMs: deadlines.stagingMs } },
            'countReplacement',
          ],
        },
      },
    },
    staged: {
      entry: { type: 'report', params: { phase: 'staged' } },
      always: {
        guard: 'isDead',
        target: 'terminating',
        actions: ['noteDeath', 'countReplacement'],
      },
      on: { 'node.joinGranted': { target: 'joining', actions: 'takeScriptGrant' } },
    },
    joining: {
      entry: { type: 'report', params: { phase: 'joining' } },
      // A member that may be in etcd is never replaced by itself: an operator decides.
      always: { guard: 'isDead', target: 'failed', actions: 'noteDeath' },
      initial: 'calling',
      states: {
        calling: {
          invoke: {
            ...runScript,
            onDone: [
              { guard: 'scriptRuns', target: 'following', actions: 'noteProgress' },
              {
                guard: 'scriptWorked',
                target: '#node.ready',
                actions: ['noteProgress', 'reportReady', 'dropScript'],
              },
              {
                target: '#node.failed',
                actions: { type: 'noteScriptFault', params: { resume: 'staged' } },
              },
            ],
          },
        },
        following: { after: { scriptAgain: 'calling' } },
      },
      after: {
        join: {
          target: 'failed',
          actions: { type: 'noteLate', params: { resume: 'staged', afterMs: deadlines.joinMs } },
        },
      },
    },
    ready: {
      tags: 'steady',
      always: { guard: 'isDead', target: 'lost', actions: 'noteDeath' },
    },
    lost: {
      tags: 'alert',
      entry: { type: 'report', params: { phase: 'lost' } },
      // Sent to agents only: a lost server may still be a member of etcd.
      on: { 'node.retry': { target: 'terminating', actions: 'noteRetry' } },
    },
    failed: {
      tags: 'alert',
      entry: { type: 'report', params: { phase: 'failed' } },
      on: {
        'node.retry': [
          { guard: 'resumesLaunch', target: 'launching', actions: 'noteRetry' },
          { guard: 'resumesRegistered', target: 'registered', actions: 'noteRetry' },
          { guard: 'resumesStaged', target: 'staged', actions: 'noteRetry' },
          { guard: 'hasInstance', target: 'terminating', actions: 'noteRetry' },
          { target: 'waiting', actions: 'noteRetry' },
        ],
      },
    },
    terminating: {
      entry: { type: 'report', params: { phase: 'terminating' } },
      on: {
        // Already ending: only the reason changes, the calls under way go on.
        'node.removeRequested': { actions: 'noteRemoval' },
      },
      initial: 'choosing',
      states: {
        choosing: {
          always: [
            { guard: 'hasInstance', target: 'calling' },
            { guard: 'hasIntent', target: 'resolving' },
            { target: 'ended' },
          ],
        },
        // A launch whose reply was lost: learn the id before calling anything gone.
        resolving: {
          invoke: {
            id: operationId,
            src: 'operation',
            input: ({ context }) => nodeOperation(context, 'node.resolve', context.token),
            onDone: [
              { guard: 'neverHappened', target: 'ended' },
              { guard: 'hasSucceeded', target: 'calling', actions: 'noteLaunched' },
              { target: 'resolvingAgain' },
            ],
          },
        },
        resolvingAgain: { after: { terminateAgain: 'resolving' } },
        calling: {
          // The id may be news: facts reach a node by the id its cluster knows.
          entry: { type: 'report', params: { phase: 'terminating' } },
          invoke: {
            id: operationId,
            src: 'operation',
            input: ({ context }) => nodeOperation(context, 'node.terminate'),
            onDone: [{ guard: 'answeredGone', target: 'ended' }, { target: 'confirming' }],
          },
        },
        confirming: {
          always: { guard: 'isTerminated', target: 'ended' },
          after: { terminateAgain: 'calling' },
        },
        ended: {
          always: [
            { guard: 'isRemoval', target: '#node.gone' },
            { guard: 'mayReplace', target: '#node.waiting', actions: 'renew' },
            { target: '#node.failed', actions: 'renew' },
          ],
        },
      },
    },
    gone: { entry: { type: 'report', params: { phase: 'gone' } } },
  },
  options: { maxIterations: 50 },
});

/** The node chart at the pace of this process, with the given operation machine (its `perform` bound). */
export function buildNodeMachine(operation: typeof operationMachine, scale: number) {
  return nodeMachine.provide({
    actors: { operation },
    delays: {
      scriptAgain: pacing.scriptAgainMs / scale,
      terminateAgain: pacing.terminateAgainMs / scale,
    },
  });
}
