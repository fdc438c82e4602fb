/**
 * One K3s cluster: pending → provisioning → installing → configuring → running, failed with resume; running (scalingUp,
 * scalingDown, restarting) ⇄ stopping → stopped → starting; deleting → deleted.
 */
import { changeSetup } from './cluster-change-setup.ts';
import { runningState } from './cluster-changing.ts';
import { deletingStates } from './cluster-deleting.ts';
import { makingStates } from './cluster-making.ts';
import { powerStates } from './cluster-power.ts';
import { autoRetryMs, quotaAgainMs } from './cluster-steps.ts';
import { pacing } from './limits.ts';
import type { nodeMachine } from './node.ts';
import type { operationMachine } from './operation.ts';

const clusterMachine = changeSetup.createMachine({
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
    initIncarnation: 0,
    caHash: '',
    access: null,
    verifyRuns: 0,
    hasTouchedCloud: false,
    cleanSweeps: 0,
    autoRetries: 0,
    quotaChecks: 0,
    waiting: null,
    lastError: null,
    retired: {},
    settled: null,
    change: null,
    changesBegun: 0,
    lastChange: null,
    restart: [],
    isCancelled: false,
    isHalted: false,
    by: '',
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
    'cluster.scale': { actions: ['declare', 'announceCommand'] },
    'cluster.stop': { actions: ['declare', 'announceCommand'] },
    'cluster.start': { actions: ['declare', 'announceCommand'] },
  },
  states: {
    lifecycle: {
      initial: 'pending',
      on: {
        'cluster.delete': { target: '.deleting', actions: ['noteStamp', 'announceCommand'] },
        // Where nothing has failed, a retry hastens what waits.
        'cluster.retry': { actions: ['noteStamp', 'announceCommand', 'retryWaiting'] },
        'cluster.cancel': {
          actions: ['noteCancel', 'announceCommand', 'cancelWaitingNodes', 'cancelWaiting'],
        },
      },
      states: {
        ...makingStates,
        running: runningState,
        ...powerStates,
        ...deletingStates,
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
                'removeNodes',
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
