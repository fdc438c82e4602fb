/** An endpoint that follows: seeding → following ⇄ lagging ⇄ paused, a test of its points, and the look before a promotion. */
import { heldAt } from './replication-barrier.ts';
import { call } from './replication-calls.ts';
import type { Rest } from './replication-context.ts';
import { replication } from './replication-limits.ts';
import { back, changes, enter, fault, late, reconfiguring } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';
import { testingState } from './replication-testing.ts';

const replicaRests = ['seeding', 'lagging', 'paused', 'following'] as const;

function replicaOrders(side: Side, rest: Rest) {
  const keep = { type: 'keepRest', params: { side, rest } } as const;
  const promote = {
    guard: { type: 'mayPromote', params: { side } },
    target: '#' + side + '.replica.preflightPromote',
    actions: ['begin', keep],
  } as const;
  const resync = {
    guard: { type: 'mayResync', params: { side } },
    target: '#' + side + '.syncing',
    actions: 'begin',
  } as const;
  return {
    'replication.promote': promote,
    'replication.failover': promote,
    'replication.relocate': promote,
    'replication.failback': [promote, resync],
    'replication.resync': resync,
    'replication.test-start': {
      guard: { type: 'mayTest', params: { side } },
      target: '#' + side + '.replica.testing',
      actions: ['takeTest', keep],
    },
  } as const;
}

export function replicaState(side: Side) {
  const me = { side } as const;
  const turningBack = '#' + side + '.replica.turningBack';
  return replicationSetup.createStateConfig({
    initial: 'seeding',
    states: {
      seeding: {
        entry: enter(side, 'replica.seeding'),
        always: { guard: { type: 'hasPoint', params: me }, target: 'following' },
        on: replicaOrders(side, 'seeding'),
      },
      following: {
        entry: enter(side, 'replica.following'),
        always: { guard: 'isPaused', target: 'paused' },
        on: {
          ...replicaOrders(side, 'following'),
          'lag.measured': { guard: 'isLagging', target: 'lagging' },
          ...changes(side, 'following'),
          'epoch.claimed': 'seeding',
        },
      },
      lagging: {
        entry: enter(side, 'replica.lagging'),
        always: { guard: 'isPaused', target: 'paused' },
        on: {
          ...replicaOrders(side, 'lagging'),
          'lag.measured': [{ guard: 'isLagging' }, { target: 'following' }],
          'epoch.claimed': 'seeding',
        },
      },
      paused: {
        entry: enter(side, 'replica.paused'),
        always: { guard: 'isNotPaused', target: 'following' },
        on: {
          ...replicaOrders(side, 'paused'),
          ...changes(side, 'paused'),
        },
      },
      testing: testingState(side),
      reconfiguring: replicationSetup.createStateConfig(reconfiguring(side, 'replica')),
      preflightPromote: {
        entry: enter(side, 'replica.preflightPromote'),
        on: {
          'replication.cancel': {
            target: 'turningBack',
            actions: ['noteStamp', fault('cancelled')],
          },
        },
        initial: 'asking',
        states: {
          asking: {
            invoke: {
              ...call(side, 'replication.preflight', ({ operation }) => ({
                ...{ kind: 'promote', how: operation?.how ?? 'planned' },
              })),
              onDone: [
                {
                  guard: { type: 'preflightPassesAndWaits', params: me },
                  target: 'held',
                  actions: ['noteVia', 'noteEstimate'],
                },
                {
                  guard: { type: 'preflightPasses', params: me },
                  target: '#' + side + '.promoting',
                  actions: ['noteVia', 'noteEstimate'],
                },
                { target: turningBack, actions: ['noteRefusal', fault('preflight failed')] },
              ],
            },
            after: {
              preflight: {
                target: turningBack,
                actions: late(replication.preflightMs, 'preflight late'),
              },
            },
          },
          /** All of its group look ahead before any of them commits itself. */
          held: heldAt({
            at: '#' + side + '.replica.preflightPromote.held',
            barrier: 'ready',
            onward: '#' + side + '.promoting',
            giveUp: turningBack,
          }),
        },
      },
      turningBack: { always: back(side, replicaRests, 'replica') },
    },
  });
}
