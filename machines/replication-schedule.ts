/** When points are taken: one set of snapshots after the other of the side that writes, each whole before the next begins. */
import { tickCall } from './replication-calls.ts';
import type { SchedulePhase } from './replication-context.ts';
import { replication } from './replication-limits.ts';
import { elapse, fault, late, slowly } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';

const enter = (phase: SchedulePhase) => ({ type: 'enterSchedule', params: { phase } }) as const;
const at = (state: string): string => `#schedule.${state}`;
const backoff = '#schedule.backoff';
const abandoned = { target: backoff, actions: fault('point abandoned') } as const;
const tooLate = (ms: number) =>
  ({ target: backoff, actions: late(ms, 'point abandoned') }) as const;
const step = (state: string) =>
  ({ guard: 'hasSucceeded', target: at(state), actions: 'noteStamp' }) as const;

/** A change of the epoch abandons the set under way; so does a pause. */
export const scheduleState = replicationSetup.createStateConfig({
  id: 'schedule',
  initial: 'idle',
  on: {
    'epoch.claimed': '.idle',
    'writer.changed': '.idle',
    handOver: '.idle',
    'replication.pause': { target: '.paused', actions: 'noteStamp' },
    'deletion.begun': '.ended',
  },
  states: {
    idle: {
      entry: enter('idle'),
      always: { guard: 'isPaused', target: 'paused' },
      on: {
        'replication.sync': { guard: 'mayTick', target: 'snapshotting', actions: 'noteStamp' },
        // The time to the next point was reckoned by the interval that held before.
        'replication.reconfigure': { target: 'idle', reenter: true },
        'replication.apply': { target: 'idle', reenter: true },
      },
      after: {
        tick: [
          { guard: 'mayTick', target: 'snapshotting', actions: 'elapseTick' },
          { target: 'idle', reenter: true, actions: 'elapseTick' },
        ],
      },
    },
    snapshotting: {
      entry: ['beginTick', enter('snapshotting')],
      ...slowly({
        ...{ at: at('snapshotting'), of: 'schedule' as const },
        ask: tickCall('replication.snapshot'),
        onDone: [step('copying'), abandoned],
        after: { stall: tooLate(replication.stallMs) },
      }),
    },
    copying: {
      entry: enter('copying'),
      ...slowly({
        ...{ at: at('copying'), of: 'schedule' as const },
        ask: tickCall('replication.copy'),
        onDone: [step('committing'), abandoned],
        after: { stall: tooLate(replication.stallMs) },
      }),
    },
    /** The tags are written first; the record, which is written with this transition, is the commit. */
    committing: {
      entry: enter('committing'),
      invoke: {
        ...tickCall('replication.commitPoint'),
        onDone: [
          {
            guard: 'hasSucceededAndMayTick',
            target: 'pruning',
            actions: ['noteStamp', 'addTickPoint', 'endTick', 'announcePoint', 'tellPoint'],
          },
          abandoned,
        ],
      },
      after: { verify: tooLate(replication.verifyMs) },
    },
    pruning: {
      entry: enter('pruning'),
      invoke: {
        ...tickCall('replication.prune'),
        onDone: [
          {
            guard: 'hasSucceeded',
            target: 'idle',
            actions: ['noteStamp', 'dropPruned', 'announcePruned'],
          },
          { target: 'idle', actions: ['noteStamp', fault('not pruned')] },
        ],
      },
      after: { prune: { target: 'idle', actions: elapse(replication.pruneMs) } },
    },
    backoff: {
      entry: enter('backoff'),
      after: { backoff: { target: 'idle', actions: elapse(replication.backoffMs) } },
    },
    paused: {
      entry: enter('paused'),
      always: { guard: 'isNotPaused', target: 'idle' },
    },
    ended: { entry: enter('ended'), on: { 'replication.pause': {} } },
  },
});
