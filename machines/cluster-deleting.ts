/** How a cluster ends: its nodes, what the sweep still finds, its groups and secrets. */
import { operation, operationId } from './cluster-calls.ts';
import { scopeOf } from './cluster-context.ts';
import { nodesSetup } from './cluster-nodes-setup.ts';
import { enter } from './cluster-setup.ts';

export const deletingStates = {
  deleting: nodesSetup.createStateConfig({
    tags: 'changing',
    initial: 'choosing',
    on: {
      // Deletion goes on; a repeated order only wakes it when it is stuck.
      'cluster.delete': { actions: ['noteStamp', 'announceCommand'] },
    },
    states: {
      choosing: {
        always: [
          { guard: 'hasTouchedNothing', target: '#cluster.lifecycle.deleted' },
          { target: 'nodes' },
        ],
      },
      nodes: {
        entry: [enter('deleting.nodes'), 'removeNodes'],
        always: { guard: 'nodesGone', target: 'sweeping' },
        after: { deleting: { target: 'stuck', actions: 'noteLate' } },
      },
      sweeping: {
        entry: enter('deleting.sweeping'),
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) =>
            operation(context, 'cluster.sweep', { ...scopeOf(context), uid: context.uid }),
          onDone: [
            { guard: 'hasSucceeded', target: 'judging', actions: 'noteSweep' },
            { target: 'stuck', actions: 'noteFault' },
          ],
        },
      },
      judging: {
        always: { guard: 'isSwept', target: 'securityGroups' },
        after: { sweepGap: 'sweeping' },
      },
      securityGroups: {
        entry: enter('deleting.securityGroups'),
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) =>
            operation(context, 'network.delete', {
              ...scopeOf(context),
              uid: context.uid,
              vpcId: context.plan?.vpcId ?? '',
            }),
          onDone: [
            { guard: 'hasSucceeded', target: 'secrets' },
            { guard: 'isBusyFault', target: 'waitingForGroups' },
            { target: 'stuck', actions: 'noteFault' },
          ],
        },
      },
      waitingForGroups: { after: { groupBusy: 'securityGroups' } },
      secrets: {
        entry: enter('deleting.secrets'),
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) =>
            operation(context, 'secrets.delete', { ...scopeOf(context), uid: context.uid }),
          onDone: [
            { guard: 'hasSucceeded', target: '#cluster.lifecycle.deleted' },
            { target: 'stuck', actions: 'noteFault' },
          ],
        },
      },
      stuck: {
        tags: 'alert',
        entry: [enter('deleting.stuck'), 'announceFailure'],
        on: {
          'cluster.retry': {
            target: 'sweeping',
            actions: ['noteStamp', 'announceCommand'],
          },
          'cluster.delete': {
            target: 'sweeping',
            actions: ['noteStamp', 'announceCommand'],
          },
        },
        after: { stuckRetry: 'sweeping' },
      },
    },
  }),
  deleted: nodesSetup.createStateConfig({
    entry: [enter('deleted'), 'announceDeleted', 'dropNodes'],
  }),
};
