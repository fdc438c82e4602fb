/** First half of a node's life: from waiting for a launch to a member of its cluster. */
import { deadlines } from './limits.ts';
import type { NodePhase } from './node-context.ts';
import { nodeSetup, operationId, runScript } from './node-setup.ts';
import { nodeOperation } from './node-context.ts';

/** Where a script state goes on, and what it notes on its way there. */
interface ScriptEnds {
  readonly worked: { readonly target: string; readonly actions: readonly 'reportReady'[] };
  readonly failed: string;
  readonly resume: 'registered' | 'staged';
}

/** Runs the script in hand to its end: while it says that it goes on, it is called again under the same id. */
const scriptRun = (phase: NodePhase, { worked, failed, resume }: ScriptEnds) =>
  ({
    initial: 'calling',
    states: {
      calling: nodeSetup.createStateConfig({
        invoke: {
          ...runScript,
          onDone: [
            {
              guard: 'scriptRuns',
              target: 'following',
              actions: ['noteProgress', { type: 'report', params: { phase } }],
            },
            {
              guard: 'scriptWorked',
              target: worked.target,
              actions: ['noteProgress', ...worked.actions, 'dropScript'],
            },
            { target: failed, actions: { type: 'noteScriptFault', params: { resume } } },
          ],
        },
      }),
      following: nodeSetup.createStateConfig({ after: { scriptAgain: 'calling' } }),
    },
  }) as const;

/** The instance is ending before it was needed: another one takes its place. */
const replaced = {
  guard: 'isDead',
  target: 'terminating',
  actions: ['noteDeath', 'countReplacement'],
} as const;

/** Too late: the instance is given up, another one takes its place. */
const late = (afterMs: number) =>
  ({
    target: 'terminating',
    actions: [{ type: 'noteLate', params: { resume: 'waiting', afterMs } }, 'countReplacement'],
  }) as const;

export const makingStates = {
  waiting: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'waiting' } },
    on: { 'node.launchGranted': { target: 'launching', actions: 'takeLaunchGrant' } },
  }),
  launching: nodeSetup.createStateConfig({
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
  }),
  booting: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'booting' } },
    always: [replaced, { guard: 'isRunning', target: 'registering' }],
    after: { launchToRunning: late(deadlines.launchToRunningMs) },
  }),
  registering: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'registering' } },
    always: [replaced, { guard: 'isOnline', target: 'registered' }],
    after: { agentOnline: late(deadlines.agentOnlineMs) },
  }),
  registered: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'registered' } },
    always: replaced,
    on: { 'node.stageGranted': { target: 'staging', actions: 'takeScriptGrant' } },
  }),
  staging: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'staging' } },
    always: replaced,
    ...scriptRun('staging', {
      worked: { target: '#node.staged', actions: [] },
      failed: '#node.failed',
      resume: 'registered',
    }),
    after: { staging: late(deadlines.stagingMs) },
  }),
  staged: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'staged' } },
    always: replaced,
    on: { 'node.joinGranted': { target: 'joining', actions: 'takeScriptGrant' } },
  }),
  joining: nodeSetup.createStateConfig({
    entry: { type: 'report', params: { phase: 'joining' } },
    // A member that may be in etcd is never replaced by itself: an operator decides.
    always: { guard: 'isDead', target: 'failed', actions: 'noteDeath' },
    ...scriptRun('joining', {
      worked: { target: '#node.ready', actions: ['reportReady'] },
      failed: '#node.failed',
      resume: 'staged',
    }),
    after: {
      join: {
        target: 'failed',
        actions: { type: 'noteLate', params: { resume: 'staged', afterMs: deadlines.joinMs } },
      },
    },
  }),
};
