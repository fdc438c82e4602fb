/** A cluster that runs, and how its numbers change while it does: up, down, restarted; a round at a time. */
import { operationId, planCall } from './cluster-calls.ts';
import { changeSetup, verifying } from './cluster-change-setup.ts';
import { enter } from './cluster-setup.ts';

/** The next step edge: orders that came meanwhile are taken up here. */
const edge = { target: '#cluster.lifecycle.running.choosing' } as const;
const failing = { ...edge, actions: ['dropGone', 'failChange'] } as const;
const late = { ...edge, actions: ['noteLate', 'dropGone', 'failChange'] } as const;

const next = <K extends string>(kind: K, target: string) =>
  ({
    guard: { type: 'isNext', params: { kind } },
    target,
    actions: { type: 'begin', params: { kind } },
  }) as const;

export const runningState = changeSetup.createStateConfig({
  initial: 'choosing',
  on: {
    'cluster.restart': { actions: ['noteStamp', 'noteRestart', 'announceCommand'] },
    'cluster.retry': {
      actions: ['noteStamp', 'unhalt', 'announceCommand', 'retryWaiting', 'recheckNodes'],
    },
  },
  states: {
    choosing: {
      always: [
        { guard: 'isCancelled', actions: 'failChange' },
        next('stop', '#cluster.lifecycle.stopping'),
        next('scaleDown', 'scalingDown'),
        next('scaleUp', 'scalingUp'),
        next('restart', 'restarting'),
        { target: 'steady', actions: 'finish' },
      ],
    },
    steady: {
      tags: 'steady',
      // Nodes that were set aside for a change that is over take work again.
      entry: [enter('running.steady'), 'grant'],
      always: { guard: 'hasWork', target: 'choosing' },
    },
    scalingUp: {
      initial: 'choosing',
      after: { change: late },
      states: {
        choosing: {
          always: [{ guard: 'lacksPlan', target: 'planning' }, { target: 'nodes' }],
        },
        planning: {
          entry: enter('running.scalingUp.planning'),
          invoke: {
            id: operationId,
            src: 'operation',
            input: ({ context }) => planCall(context),
            onDone: [
              { guard: 'hasSucceeded', target: 'nodes', actions: 'notePlan' },
              { ...edge, actions: ['noteFault', 'failChange'] },
            ],
          },
        },
        nodes: {
          entry: [enter('running.scalingUp.nodes'), 'spawnNodes', 'grant'],
          always: [
            { guard: 'roundFailed', ...failing },
            { guard: 'mayCutShort', ...failing },
            { guard: 'roundOver', target: 'verify' },
          ],
        },
        verify: verifying('running.scalingUp.verify', 'isWhole', edge),
      },
    },
    scalingDown: {
      initial: 'nodes',
      after: {
        // Once etcd or Kubernetes may have let go of a node there is only forward: it is told, and goes on.
        change: [{ guard: 'isPastReturn', actions: ['noteLate', 'announceFailure'] }, { ...late }],
      },
      states: {
        nodes: {
          entry: [enter('running.scalingDown.nodes'), 'pickLeavers', 'removeNodes', 'grant'],
          always: [
            { guard: 'roundFailed', ...failing },
            { guard: 'roundOver', target: 'verify', actions: 'dropGone' },
          ],
        },
        verify: verifying('running.scalingDown.verify', 'isWhole', edge),
      },
    },
    restarting: {
      initial: 'choosing',
      after: { change: late },
      states: {
        choosing: {
          always: [
            { guard: 'noneToRestart', ...edge, actions: ['noteUnready', 'failChange'] },
            { target: 'nodes' },
          ],
        },
        nodes: {
          entry: [enter('running.restarting.nodes'), 'pickRestarts', 'grant'],
          always: [
            { guard: 'roundFailed', ...failing },
            { guard: 'roundOver', target: 'verify' },
          ],
        },
        verify: verifying('running.restarting.verify', 'isWhole', edge),
      },
    },
  },
});
