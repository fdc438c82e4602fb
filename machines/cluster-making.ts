/** How a cluster comes to be: planned, provisioned, installed, configured; or failed, and how it goes on from there. */
import { operation, operationId, planCall, serverScript } from './cluster-calls.ts';
import { planOf, scopeOf, specOf } from './cluster-context.ts';
import { nodesSetup } from './cluster-nodes-setup.ts';
import { enter } from './cluster-setup.ts';

/** Shared by the three states in which nodes are made: a failed node or a missed deadline ends them. */
const nodeFailed = {
  guard: 'nodeFailed',
  target: '#cluster.lifecycle.failed',
  actions: 'noteInitLost',
} as const;

/** Nothing further is granted; what the nodes are doing ends by itself, and a retry goes on from there. */
const cancelled = {
  'cluster.cancel': {
    target: '#cluster.lifecycle.failed',
    actions: ['noteStamp', 'noteCancelled', 'announceCommand', 'cancelWaitingNodes'],
  },
} as const;

export const makingStates = {
  pending: nodesSetup.createStateConfig({
    initial: 'undeclared',
    states: {
      undeclared: {
        on: {
          'cluster.create': { target: 'planning', actions: ['declare', 'announceCommand'] },
          'cluster.apply': { target: 'planning', actions: ['declare', 'announceCommand'] },
        },
      },
      planning: {
        entry: enter('pending.planning'),
        on: cancelled,
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) => planCall(context),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: '#cluster.lifecycle.provisioning',
              actions: ['notePlan', 'announcePlan'],
            },
            { guard: 'isBlockingFault', target: 'blocked', actions: 'noteFault' },
            { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
          ],
        },
      },
      blocked: {
        tags: 'alert',
        entry: [enter('pending.blocked'), 'announceFailure'],
        on: {
          'cluster.retry': {
            target: 'planning',
            actions: ['noteStamp', 'announceCommand', 'replan'],
          },
          'cluster.apply': {
            target: 'planning',
            actions: ['declare', 'announceCommand', 'replan'],
          },
        },
      },
    },
  }),
  provisioning: nodesSetup.createStateConfig({
    initial: 'choosing',
    always: nodeFailed,
    on: cancelled,
    after: {
      provisioning: { target: 'failed', actions: 'noteLate' },
    },
    states: {
      choosing: {
        always: [
          { guard: 'lacksGroups', target: 'network' },
          { guard: 'lacksSecrets', target: 'secrets' },
          { target: 'nodes' },
        ],
      },
      network: {
        entry: [enter('provisioning.network'), 'noteTouch'],
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) =>
            operation(context, 'network.ensure', {
              ...scopeOf(context),
              uid: context.uid,
              cluster: `${context.namespace}/${context.name}`,
              vpcId: planOf(context).vpcId,
              spec: specOf(context),
            }),
          onDone: [
            { guard: 'hasSucceeded', target: 'choosing', actions: 'noteGroups' },
            { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
          ],
        },
      },
      secrets: {
        entry: enter('provisioning.secrets'),
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) =>
            operation(context, 'secrets.ensure', { ...scopeOf(context), uid: context.uid }),
          onDone: [
            { guard: 'hasSucceeded', target: 'choosing', actions: 'noteSecrets' },
            { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
          ],
        },
      },
      nodes: {
        entry: [enter('provisioning.nodes'), 'spawnNodes', 'retryNodes', 'grant'],
        always: { guard: 'serversRegistered', target: '#cluster.lifecycle.installing' },
      },
    },
  }),
  installing: nodesSetup.createStateConfig({
    initial: 'staging',
    always: nodeFailed,
    on: cancelled,
    after: {
      installing: { target: 'failed', actions: 'noteLate' },
    },
    states: {
      staging: {
        entry: [enter('installing.staging'), 'grant'],
        always: { guard: 'serversStaged', target: '#cluster.lifecycle.configuring' },
      },
    },
  }),
  configuring: nodesSetup.createStateConfig({
    initial: 'initFirst',
    always: nodeFailed,
    on: cancelled,
    after: {
      configuring: { target: 'failed', actions: 'noteLate' },
    },
    states: {
      initFirst: {
        entry: [enter('configuring.initFirst'), 'grant'],
        always: { guard: 'firstServerReady', target: 'joinServers' },
      },
      joinServers: {
        entry: [enter('configuring.joinServers'), 'grant'],
        always: { guard: 'serversReady', target: 'joinAgents' },
      },
      joinAgents: {
        entry: [enter('configuring.joinAgents'), 'grant'],
        always: { guard: 'nodesReady', target: 'verify' },
      },
      verify: {
        entry: enter('configuring.verify'),
        initial: 'observing',
        states: {
          observing: {
            entry: 'countVerify',
            invoke: {
              id: operationId,
              src: 'operation',
              input: ({ context }) => serverScript(context, 'observe'),
              onDone: [
                {
                  guard: 'isWhole',
                  target: '#cluster.lifecycle.configuring.publishAccess',
                },
                { guard: 'hasSucceeded', target: 'waiting' },
                { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
              ],
            },
          },
          waiting: { after: { verifyAgain: 'observing' } },
        },
      },
      publishAccess: {
        entry: [enter('configuring.publishAccess'), 'countVerify'],
        invoke: {
          id: operationId,
          src: 'operation',
          input: ({ context }) => serverScript(context, 'publish-access'),
          onDone: [
            {
              guard: 'scriptWorked',
              target: '#cluster.lifecycle.running',
              actions: ['noteAccess', 'announceReady'],
            },
            { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
          ],
        },
      },
    },
  }),
  failed: nodesSetup.createStateConfig({
    tags: 'alert',
    initial: 'choosing',
    on: {
      'cluster.retry': {
        target: '.resuming',
        actions: ['noteStamp', 'announceCommand', 'resetAutoRetries', 'retryWaiting'],
      },
      'cluster.apply': {
        target: '.resuming',
        actions: ['declare', 'announceCommand', 'replan'],
      },
    },
    states: {
      choosing: {
        always: [
          { guard: 'failsBlocked', target: 'blocked' },
          { guard: 'failsForOperator', target: 'needsOperator' },
          { target: 'retryable' },
        ],
      },
      retryable: {
        entry: [enter('failed.retryable'), 'announceFailure'],
        after: {
          autoRetry: { guard: 'mayAutoRetry', target: 'resuming', actions: 'countAutoRetry' },
        },
      },
      blocked: {
        entry: [enter('failed.blocked'), 'announceFailure'],
        // Quotas are raised without a word to us, so it is looked at again; rights and specs are not.
        after: {
          quotaAgain: {
            guard: 'isQuota',
            target: 'resuming',
            actions: 'countQuotaCheck',
          },
        },
      },
      needsOperator: { entry: [enter('failed.needsOperator'), 'announceFailure'] },
      resuming: {
        always: [
          { guard: 'lacksPlan', target: '#cluster.lifecycle.pending.planning' },
          { target: '#cluster.lifecycle.provisioning' },
        ],
      },
    },
  }),
};
