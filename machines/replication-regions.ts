/** The regions beside the two endpoints: how current the copy is, and whether the whole is to go. */
import { call } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { elapse, fault, late } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';

/** Nothing seen for two polls is unknown, never healthy. */
export const healthState = replicationSetup.createStateConfig({
  id: 'health',
  initial: 'unknown',
  on: { 'epoch.claimed': '.unknown', 'deletion.begun': '.unknown' },
  states: {
    healthy: seen('healthy'),
    degraded: seen('degraded'),
    unhealthy: seen('unhealthy'),
    unknown: { on: { 'lag.measured': measuredIn('unknown') } },
  },
});

/** Told when it changes; measured again in the same state, the wait for the next measure begins anew. */
function measuredIn(state: string) {
  const edge = (health: string) =>
    ({
      ...{ target: '#health.' + health, reenter: true },
      actions:
        health === state
          ? (['noteLag'] as const)
          : (['noteLag', { type: 'announceLag', params: { health } }] as const),
    }) as const;
  return [
    { guard: 'isUnhealthy', ...edge('unhealthy') },
    { guard: 'isLagging', ...edge('degraded') },
    edge('healthy'),
  ] as const;
}

function seen(state: string) {
  return replicationSetup.createStateConfig({
    on: { 'lag.measured': measuredIn(state) },
    after: { unobserved: '#health.unknown' },
  });
}

/** Deletion waits until both endpoints rest; data and copies are kept or removed as declared. */
export const lifecycleState = replicationSetup.createStateConfig({
  id: 'lifecycle',
  initial: 'active',
  // Here, and not above the regions: what one region takes never reaches the machine's own transitions.
  on: {
    'replication.create': { actions: ['declare', 'announceDeclared'] },
    'replication.apply': { actions: ['declare', 'announceDeclared'] },
    'replication.reconfigure': { actions: ['takeChange', 'announceChange'] },
    'replication.pause': { actions: 'notePause' },
    'replication.resume': { actions: 'noteResume' },
    'endpoint.observed': { actions: 'noteObserved' },
    'operation.changed': { actions: 'noteWaiting' },
  },
  states: {
    active: {
      on: { 'replication.delete': { actions: 'orderDelete' } },
      always: { guard: 'mayDelete', target: 'deleting' },
    },
    deleting: {
      entry: [{ type: 'noteLifecycle', params: { lifecycle: 'deleting' } }, 'tellDeletion'],
      initial: 'removing',
      states: {
        removing: {
          invoke: {
            ...call('home', 'replication.remove'),
            id: 'removeCall',
            onDone: [
              { guard: 'hasSucceeded', target: '#lifecycle.deleted', actions: 'noteStamp' },
              { target: 'waiting', actions: fault('not removed') },
            ],
          },
          after: { remove: { target: 'waiting', actions: late(replication.removeMs, 'late') } },
        },
        waiting: {
          on: { 'replication.delete': { target: 'removing', actions: 'orderDelete' } },
          after: {
            removeAgain: { target: 'removing', actions: elapse(replication.removeAgainMs) },
          },
        },
      },
    },
    deleted: {
      entry: [{ type: 'noteLifecycle', params: { lifecycle: 'deleted' } }, 'announceDeleted'],
    },
  },
});
