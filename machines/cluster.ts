/** One K3s cluster: pending → provisioning → installing → configuring → running; failed with resume; deleting → deleted. */
import { planOf, scopeOf, specOf } from './cluster-context.ts';
import { clusterSetup, operation, operationId, serverScript } from './cluster-setup.ts';
import { autoRetryMs, quotaAgainMs } from './cluster-steps.ts';
import { pacing } from './limits.ts';
import type { nodeMachine } from './node.ts';
import type { operationMachine } from './operation.ts';

const enter = (phase: string) => ({ type: 'enter', params: { phase } }) as const;

/** Shared by the three states in which nodes are made: a failed node or a missed deadline ends them. */
const nodeFailed = { guard: 'nodeFailed', target: '#cluster.lifecycle.failed' } as const;

const clusterMachine = clusterSetup.createMachine({
  id: 'cluster',
  context: ({ input }) => ({
    ...input,
    labels: {},
    annotations: {},
    spec: null,
    generation: 0,
    createdAtMs: input.atMs,
    correlationId: '',
    paused: false,
    phase: 'pending.undeclared',
    sinceMs: input.atMs,
    planNumber: 1,
    plan: null,
    groups: null,
    secrets: null,
    nodes: {},
    initGrant: null,
    caHash: '',
    access: null,
    verifyRuns: 0,
    hasTouchedCloud: false,
    cleanSweeps: 0,
    autoRetries: 0,
    quotaChecks: 0,
    waiting: null,
    lastError: null,
  }),
  type: 'parallel',
  on: {
    'node.changed': {
      actions: ['noteNode', 'armCapacityWait', 'grant', 'removeNodes'],
    },
    'node.waiting': { actions: 'noteNodeWaiting' },
    'operation.changed': { actions: 'noteWaiting' },
    'capacity.waited': { actions: ['noteCapacityWaited', 'grant'] },
    'facts.observed': { actions: 'forwardFacts' },
    'cluster.apply': { actions: ['declare', 'announceCommand'] },
  },
  states: {
    lifecycle: {
      initial: 'pending',
      on: {
        'cluster.delete': { target: '.deleting', actions: ['noteStamp', 'announceCommand'] },
        // Where nothing has failed, a retry hastens what waits.
        'cluster.retry': { actions: ['noteStamp', 'announceCommand', 'retryWaiting'] },
      },
      states: {
        pending: {
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
              invoke: {
                id: operationId,
                src: 'operation',
                input: ({ context }) =>
                  operation(context, 'cluster.plan', {
                    ...scopeOf(context),
                    spec: specOf(context),
                    uid: context.uid,
                    plan: context.planNumber,
                  }),
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
        },
        provisioning: {
          initial: 'choosing',
          always: nodeFailed,
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
        },
        installing: {
          initial: 'staging',
          always: nodeFailed,
          after: {
            installing: { target: 'failed', actions: 'noteLate' },
          },
          states: {
            staging: {
              entry: [enter('installing.staging'), 'grant'],
              always: { guard: 'serversStaged', target: '#cluster.lifecycle.configuring' },
            },
          },
        },
        configuring: {
          initial: 'initFirst',
          always: nodeFailed,
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
                    actions: 'noteAccess',
                  },
                  { target: '#cluster.lifecycle.failed', actions: 'noteFault' },
                ],
              },
            },
          },
        },
        running: {
          tags: 'steady',
          initial: 'steady',
          states: { steady: { entry: [enter('running.steady'), 'announceReady'] } },
        },
        failed: {
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
        },
        deleting: {
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
        },
        deleted: { entry: [enter('deleted'), 'announceDeleted', 'dropNodes'] },
      },
    },
    control: {
      initial: 'active',
      states: {
        active: {
          on: {
            'cluster.pause': {
              target: 'paused',
              actions: [
                'noteStamp',
                'notePause',
                'announceCommand',
                'announcePause',
                'forwardControl',
              ],
            },
          },
        },
        paused: {
          on: {
            'cluster.resume': {
              target: 'active',
              actions: [
                'noteStamp',
                'noteResume',
                'announceCommand',
                'announceResume',
                'forwardControl',
                'grant',
              ],
            },
            // A forced delete lifts the pause; without force it is refused before it gets here.
            'cluster.delete': { target: 'active', actions: ['noteResume', 'forwardControl'] },
          },
        },
      },
    },
  },
  options: { maxIterations: 100 },
});

/** Parts a host binds before it runs clusters: the machines inside, and the pace of this process. */
export interface ClusterParts {
  readonly operation: typeof operationMachine;
  readonly node: typeof nodeMachine;
  /** Divides pacing, never deadlines. */
  readonly scale: number;
}

export function buildClusterMachine({ operation: bound, node, scale }: ClusterParts) {
  return clusterMachine.provide({
    actors: { operation: bound, node },
    delays: {
      capacityWait: pacing.capacityWaitMs / scale,
      verifyAgain: pacing.scriptAgainMs / scale,
      sweepGap: pacing.sweepGapMs / scale,
      groupBusy: pacing.groupBusyMs / scale,
      stuckRetry: pacing.stuckRetryMs / scale,
      autoRetry: ({ context }) => autoRetryMs(context.autoRetries) / scale,
      quotaAgain: ({ context }) => quotaAgainMs(context.quotaChecks) / scale,
    },
  });
}
