/**
 * Several replications that change over together, or not at all: preflighting → ordering → gathering at each barrier →
 * arming one by one → verifying. It talks to members by commands, and believes only what their records show.
 */
import type { operationMachine } from './operation.ts';
import { groupSetup } from './replication-group-setup.ts';
import * as endings from './replication-group-endings.ts';
import * as steps from './replication-group-steps.ts';

const groupMachine = groupSetup.createMachine({
  id: 'replicationgroup',
  context: ({ input }) => ({
    ...{ uid: input.uid, namespace: input.namespace, name: input.name, atMs: input.atMs },
    ...{ labels: {}, annotations: {}, specGeneration: 0, createdAtMs: input.atMs, spec: null },
    ...{ phase: 'undeclared' as const, sinceMs: input.atMs, ordersBegun: 0, operation: null },
    ...{ members: [], lookedAtMs: 0, lastFault: null, waiting: null, correlationId: '' },
    outcomes: [],
  }),
  initial: 'undeclared',
  on: { 'operation.changed': { actions: 'noteWaiting' } },
  states: {
    undeclared: {
      on: {
        'replicationgroup.create': {
          target: 'resting',
          actions: ['declare', 'announceDeclared'],
        },
        'replicationgroup.apply': { target: 'resting', actions: ['declare', 'announceDeclared'] },
      },
    },
    resting: steps.restingState,
    preflighting: steps.preflightingState,
    resyncing: steps.resyncingState,
    ordering: steps.orderingState,
    gatheringReady: steps.gatheringState('ready'),
    gatheringFenced: steps.gatheringState('fenced'),
    gatheringMade: steps.gatheringState('made'),
    arming: endings.armingState,
    verifying: endings.verifyingState,
    aborting: endings.abortingState,
    relaying: endings.relayingState,
    deleted: { entry: [...steps.enter('deleted'), 'announceDeleted'] },
  },
  options: { maxIterations: 100 },
});

/** The chart with the given operation machine (its `perform` bound). */
export const buildGroupMachine = (operation: typeof operationMachine) =>
  groupMachine.provide({ actors: { operation } });
