/** The regions beside the two endpoints: how current the copy is, when points are taken, and whether the whole is to go. */
import { call, tickCall } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { elapse, fault, late } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';

const measured = [
  { guard: 'isUnhealthy', target: '.unhealthy', actions: 'noteLag' },
  { guard: 'isLagging', target: '.degraded', actions: 'noteLag' },
  { target: '.healthy', actions: 'noteLag' },
] as const;

/** Nothing seen for two polls is unknown, never healthy. */
export const healthState = replicationSetup.createStateConfig({
  id: 'health',
  initial: 'unknown',
  on: { 'lag.measured': measured, 'epoch.claimed': '.unknown' },
  states: {
    healthy: seen(),
    degraded: seen(),
    unhealthy: seen(),
    unknown: {},
  },
});

function seen() {
  return replicationSetup.createStateConfig({
    after: { unobserved: '#health.unknown' },
  });
}

const abandoned = { target: 'backoff', actions: fault('point abandoned') } as const;
const tooLate = (ms: number) =>
  ({ target: 'backoff', actions: late(ms, 'point abandoned') }) as const;

/** One set of snapshots after the other, of the side that writes; a change of the epoch abandons the one under way. */
export const scheduleState = replicationSetup.createStateConfig({
  id: 'schedule',
  initial: 'idle',
  on: {
    'epoch.claimed': '.idle',
    handOver: '.idle',
    'replication.pause': { target: '.paused', actions: ['noteStamp', 'notePause'] },
  },
  states: {
    idle: {
      always: { guard: 'isPaused', target: 'paused' },
      on: {
        'replication.syncNow': { guard: 'mayTick', target: 'snapshotting', actions: 'noteStamp' },
      },
      after: {
        tick: [
          { guard: 'mayTick', target: 'snapshotting', actions: 'elapseTick' },
          { target: 'idle', reenter: true, actions: 'elapseTick' },
        ],
      },
    },
    snapshotting: {
      entry: 'countPoint',
      invoke: {
        ...tickCall('replication.snapshot'),
        onDone: [{ guard: 'hasSucceeded', target: 'copying', actions: 'noteStamp' }, abandoned],
      },
      after: { stall: tooLate(replication.stallMs) },
    },
    copying: {
      invoke: {
        ...tickCall('replication.copy'),
        onDone: [{ guard: 'hasSucceeded', target: 'committing', actions: 'noteStamp' }, abandoned],
      },
      after: { stall: tooLate(replication.stallMs) },
    },
    /** The tags are written first; the record, which is written with this transition, is the commit. */
    committing: {
      invoke: {
        ...tickCall('replication.commitPoint'),
        onDone: [
          {
            guard: 'hasSucceededAndMayTick',
            target: 'pruning',
            actions: ['noteStamp', 'addTickPoint', 'announcePoint', 'tellPoint'],
          },
          abandoned,
        ],
      },
      after: { verify: tooLate(replication.verifyMs) },
    },
    pruning: {
      invoke: {
        ...tickCall('replication.prune'),
        onDone: [
          { guard: 'hasSucceeded', target: 'idle', actions: 'noteStamp' },
          { target: 'idle', actions: fault('not pruned') },
        ],
      },
      after: { prune: { target: 'idle', actions: elapse(replication.pruneMs) } },
    },
    backoff: { after: { backoff: { target: 'idle', actions: elapse(replication.backoffMs) } } },
    paused: {
      on: { 'replication.resume': { target: 'idle', actions: ['noteStamp', 'noteResume'] } },
    },
  },
});

/** Deletion waits until both endpoints rest; data and copies are kept or removed as declared. */
export const lifecycleState = replicationSetup.createStateConfig({
  id: 'lifecycle',
  initial: 'active',
  // Here, and not above the regions: what one region takes never reaches the machine's own transitions.
  on: {
    'replication.apply': { actions: 'declare' },
    'endpoint.observed': { actions: 'noteObserved' },
  },
  states: {
    active: {
      on: { 'replication.delete': { actions: 'orderDelete' } },
      always: { guard: 'mayDelete', target: 'deleting' },
    },
    deleting: {
      entry: { type: 'noteLifecycle', params: { lifecycle: 'deleting' } },
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
          after: {
            removeAgain: { target: 'removing', actions: elapse(replication.removeAgainMs) },
          },
        },
      },
    },
    deleted: { entry: { type: 'noteLifecycle', params: { lifecycle: 'deleted' } } },
  },
});
