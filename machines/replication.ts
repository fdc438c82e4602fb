/**
 * One volume replication: both endpoints of it, home and away, each replica → promoting → source → demoting → replica with
 * syncing and failed; beside them health, schedule and lifecycle. At most one endpoint may write.
 */
import type { operationMachine } from './operation.ts';
import { endpointState } from './replication-endpoint.ts';
import { newEndpoint } from './replication-notes.ts';
import { healthState, lifecycleState } from './replication-regions.ts';
import { newSchedule } from './replication-schedule-notes.ts';
import { scheduleState } from './replication-schedule.ts';
import { safetyTimes } from './replication-limits.ts';
import { replicationSetup } from './replication-setup.ts';

export const replicationMachine = replicationSetup.createMachine({
  id: 'replication',
  context: ({ input }) => ({
    uid: input.uid,
    namespace: input.namespace,
    name: input.name,
    atMs: input.atMs,
    safety: input.safety ?? safetyTimes,
    labels: {},
    annotations: {},
    specGeneration: 0,
    createdAtMs: input.atMs,
    spec: null,
    settings: null,
    epoch: input.epochBefore ?? 0,
    writer: 'none',
    writerEpoch: 0,
    home: newEndpoint(input.atMs),
    away: newEndpoint(input.atMs),
    fence: { epoch: 0, stage: 'none', atMs: 0 },
    riskAccepted: null,
    operation: null,
    ordersBegun: 0,
    points: [],
    pointSeq: 0,
    pointSeqs: { home: 0, away: 0, schedule: 0 },
    lastSyncMs: null,
    loss: null,
    lagRatio: 0,
    protection: { isProtected: false, sinceMs: input.atMs, generation: 0 },
    schedule: newSchedule(input.atMs),
    isPaused: false,
    pausedAtMs: 0,
    usesSsm: false,
    isDeleteOrdered: false,
    isForcedDelete: false,
    lifecycle: 'active',
    testTtlMs: 0,
    testPoint: null,
    reason: '',
    because: [],
    lastFault: null,
    lastFaultAtMs: 0,
    waiting: null,
    correlationId: '',
    requestId: '',
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
