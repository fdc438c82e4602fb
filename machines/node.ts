/**
 * One EC2 node of a cluster: launching → booting → registering → staging → joining → ready; ready ⇄ stopped, ready →
 * rebooting → ready, ready → drained → left → deregistered; terminating from anywhere.
 */
import { changePacing, pacing } from './limits.ts';
import { endingStates } from './node-ending.ts';
import { makingStates } from './node-making.ts';
import { poweringStates } from './node-powering.ts';
import { servingStates } from './node-serving.ts';
import { nodeSetup } from './node-setup.ts';
import type { operationMachine } from './operation.ts';

/** The node chart with unscaled pacing; `buildNodeMachine` sets the pace. */
export const nodeMachine = nodeSetup.createMachine({
  id: 'node',
  context: ({ input }) => ({
    ...input,
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
    // Granted to what is ready, and to what has failed: that may run all the same, and costs until it is stopped.
    'node.stopGranted': { target: '.stopping', actions: 'takeGrant' },
    'control.paused': { actions: ['notePause', 'forwardControl'] },
    'control.resumed': { actions: ['noteResume', 'forwardControl'] },
    'operation.changed': { actions: 'tellWaiting' },
    'operation.retryNow': { actions: 'forwardControl' },
    'operation.cancel': { actions: 'forwardControl' },
  },
  states: {
    ...makingStates,
    ...servingStates,
    ...poweringStates,
    ...endingStates,
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
      scriptRetry: changePacing.scriptRetryMs / scale,
      stopAgain: changePacing.stopAgainMs / scale,
      startAgain: changePacing.startAgainMs / scale,
      rebootSettle: changePacing.rebootSettleMs / scale,
    },
  });
}
