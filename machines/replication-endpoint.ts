/**
 * One endpoint of a replication, the same chart for home and away: absent → replica | source; replica → promoting → source;
 * source → demoting → replica; syncing; failed. What can be called off happens inside the old public state.
 */
import { call } from './replication-calls.ts';
import { demotingState } from './replication-demoting.ts';
import { failedState } from './replication-failed.ts';
import { replication } from './replication-limits.ts';
import { fault, late } from './replication-phases.ts';
import { promotingState } from './replication-promoting.ts';
import { replicationSetup } from './replication-setup.ts';
import { replicaState } from './replication-replica.ts';
import { sourceState } from './replication-source.ts';
import { syncingState } from './replication-syncing.ts';
import type { Side } from './replication-table.ts';

export function endpointState(side: Side) {
  return replicationSetup.createStateConfig({
    id: side,
    initial: 'absent',
    states: {
      absent: absentState(side),
      replica: replicaState(side),
      promoting: promotingState(side),
      source: sourceState(side),
      demoting: demotingState(side),
      syncing: syncingState(side),
      failed: failedState(side),
    },
  });
}

/** Both sides are looked at before either becomes anything. */
function absentState(side: Side) {
  const me = { side } as const;
  const sight = { type: 'noteSight', params: me } as const;
  return replicationSetup.createStateConfig({
    initial: 'undeclared',
    on: { 'deletion.begun': '.undeclared' },
    states: {
      undeclared: {
        on: {
          'replication.apply': 'establishing',
          'replication.create': 'establishing',
        },
      },
      establishing: {
        invoke: {
          ...call(side, 'replication.establish'),
          onDone: [
            {
              guard: { type: 'startsHere', params: me },
              target: '#' + side + '.source.exposed',
              actions: [
                'noteVia',
                'claim',
                sight,
                { type: 'becomeWriter', params: me },
                'tellWriter',
              ],
            },
            {
              guard: { type: 'restsHere', params: me },
              target: '#' + side + '.replica.seeding',
              actions: ['noteVia', sight],
            },
            { target: 'waiting', actions: [sight, fault('not established')] },
          ],
        },
        after: {
          establish: {
            target: 'waiting',
            actions: late(replication.establishMs, 'not established'),
          },
        },
      },
      waiting: {
        on: { 'replication.apply': 'establishing' },
        after: {
          establishAgain: {
            target: 'establishing',
            actions: { type: 'elapse', params: { ms: replication.establishAgainMs } },
          },
        },
      },
    },
  });
}
