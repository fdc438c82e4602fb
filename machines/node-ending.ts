/** The other end of a node's life: lost, failed, terminated, gone; a replacement begins here too. */
import { nodeOperation } from './node-context.ts';
import { nodeSetup, operationId } from './node-setup.ts';

export const endingStates = {
  lost: nodeSetup.createStateConfig({
    tags: 'alert',
    entry: { type: 'report', params: { phase: 'lost' } },
    // Sent to agents only: a lost server may still be a member of etcd.
    on: {
      'node.retry': { target: 'terminating', actions: 'noteRetry' },
      'node.leaveGranted': { target: 'leaving', actions: 'takeScriptGrant' },
      'node.deregisterGranted': { target: 'deregistering', actions: 'takeScriptGrant' },
    },
  }),
  failed: nodeSetup.createStateConfig({
    tags: 'alert',
    entry: { type: 'report', params: { phase: 'failed' } },
    on: {
      'node.retry': [
        { guard: 'resumesLaunch', target: 'launching', actions: 'noteRetry' },
        { guard: 'resumesRegistered', target: 'registered', actions: 'noteRetry' },
        { guard: 'resumesStaged', target: 'staged', actions: 'noteRetry' },
        { guard: 'resumesChecking', target: 'checking', actions: 'noteRetry' },
        { guard: 'hasInstance', target: 'terminating', actions: 'noteRetry' },
        { target: 'waiting', actions: 'noteRetry' },
      ],
      'node.leaveGranted': { target: 'leaving', actions: 'takeScriptGrant' },
      'node.deregisterGranted': { target: 'deregistering', actions: 'takeScriptGrant' },
    },
  }),
  terminating: nodeSetup.createStateConfig({
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
          onDone: [
            { guard: 'answeredGone', target: 'ended' },
            { target: 'confirming', actions: 'noteCalled' },
          ],
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
  }),
  gone: nodeSetup.createStateConfig({ entry: { type: 'report', params: { phase: 'gone' } } }),
};
