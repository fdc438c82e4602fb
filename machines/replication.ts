/**
 * One volume replication: both endpoints of it, home and away, each replica → promoting → source → demoting → replica with
 * syncing and failed; beside them health, schedule and lifecycle. At most one endpoint may write.
 */
import type { operationMachine } from './operation.ts';
import { endpointState } from './replication-endpoint.ts';
import { newEndpoint } from './replication-notes.ts';
import { healthState, lifecycleState, scheduleState } from './replication-regions.ts';
import { replicationSetup } from './replication-setup.ts';

export const replicationMachine = replicationSetup.createMachine({
  id: 'replication',
  context: ({ input }) => ({
    ...input,
    spec: null,
    settings: null,
    epoch: 0,
    writer: 'none',
    writerEpoch: 0,
    home: newEndpoint(input.atMs),
    away: newEndpoint(input.atMs),
    fence: { epoch: 0, stage: 'none' },
    riskAccepted: null,
    operation: null,
    ordersBegun: 0,
    points: [],
    pointSeq: 0,
    lastSyncMs: null,
    loss: null,
    lagRatio: 0,
    isPaused: false,
    usesSsm: false,
    isDeleteOrdered: false,
    isForcedDelete: false,
    lifecycle: 'active',
    testTtlMs: 0,
    reason: '',
    because: [],
    lastFault: null,
    correlationId: '',
    history: [],
    historySeq: 0,
  }),
  type: 'parallel',
  states: {
    home: endpointState('home'),
    away: endpointState('away'),
    health: healthState,
    schedule: scheduleState,
    lifecycle: lifecycleState,
  },
  options: { maxIterations: 100 },
});

/** The chart with the given operation machine (its `perform` bound). */
export const buildReplicationMachine = (operation: typeof operationMachine) =>
  replicationMachine.provide({ actors: { operation } });
