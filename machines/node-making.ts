/** First half of a node's life: from waiting for a launch to a member of its cluster. */
import { deadlines } from './limits.ts';
import { isUnresolved, nodeOperation } from './node-context.ts';
import { scriptRun } from './node-script.ts';
import { nodeSetup, operationId } from './node-setup.ts';

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
      input: ({ context }) =>
        nodeOperation(
          context,
          isUnresolved(context) ? 'node.resolve' : 'node.launch',
          context.token,
        ),
      onDone: [
        { guard: 'neverHappened', target: 'waiting', actions: 'noteNeverHappened' },
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
      worked: { target: '#node.staged' },
      failed: [{ target: '#node.failed', resume: 'registered' }],
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
      failed: [{ target: '#node.failed', resume: 'staged' }],
    }),
    after: {
      join: {
        target: 'failed',
        actions: { type: 'noteLate', params: { resume: 'staged', afterMs: deadlines.joinMs } },
      },
    },
  }),
};
