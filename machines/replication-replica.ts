/** An endpoint that follows: seeding → following ⇄ lagging ⇄ paused, a test of its points, and the look before a promotion. */
import { call } from './replication-calls.ts';
import type { Rest } from './replication-context.ts';
import { replication } from './replication-limits.ts';
import { back, enter, fault, late, reconfiguring } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';
import { testingState } from './replication-testing.ts';

const replicaRests = ['seeding', 'lagging', 'paused', 'following'] as const;

/** An order to promote, kept with where it came from. */
const promoting = (side: Side, rest: Rest) =>
  ({
    guard: { type: 'mayPromote', params: { side } },
    target: '#' + side + '.replica.preflightPromote',
    actions: [
      { type: 'begin', params: { kind: 'promote' } },
      { type: 'keepRest', params: { side, rest } },
    ],
  }) as const;

function replicaOrders(side: Side, rest: Rest) {
  const me = { side } as const;
  return {
    'replication.promote': promoting(side, rest),
    'replication.resync': {
      guard: { type: 'mayResync', params: me },
      target: '#' + side + '.syncing',
      actions: { type: 'begin', params: { kind: 'resync' } },
    },
    'replication.testStart': {
      guard: { type: 'mayTest', params: me },
      target: '#' + side + '.replica.testing',
      actions: ['takeTest', { type: 'keepRest', params: { side, rest } }],
    },
  } as const;
}

export function replicaState(side: Side) {
  const me = { side } as const;
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
          'replication.pause': 'paused',
          'replication.reconfigure': {
            guard: 'mayReconfigure',
            target: 'reconfiguring',
            actions: { type: 'keepRest', params: { side, rest: 'following' } },
          },
          'epoch.claimed': 'seeding',
        },
      },
      lagging: {
        entry: enter(side, 'replica.lagging'),
        on: {
          ...replicaOrders(side, 'lagging'),
          'lag.measured': [{ guard: 'isLagging' }, { target: 'following' }],
          'replication.pause': 'paused',
          'epoch.claimed': 'seeding',
        },
      },
      paused: {
        entry: enter(side, 'replica.paused'),
        on: {
          ...replicaOrders(side, 'paused'),
          'replication.resume': 'following',
          'replication.reconfigure': {
            guard: 'mayReconfigure',
            target: 'reconfiguring',
            actions: { type: 'keepRest', params: { side, rest: 'paused' } },
          },
        },
      },
      testing: testingState(side),
      reconfiguring: replicationSetup.createStateConfig(reconfiguring(side, 'replica')),
      preflightPromote: {
        entry: enter(side, 'replica.preflightPromote'),
        invoke: {
          ...call(side, 'replication.preflight', ({ operation }) => ({
            ...{ kind: 'promote', how: operation?.how ?? 'planned' },
          })),
          onDone: [
            {
              guard: { type: 'preflightPasses', params: me },
              target: '#' + side + '.promoting',
              actions: 'noteVia',
            },
            {
              target: 'turningBack',
              actions: ['noteRefusal', fault('preflight failed')],
            },
          ],
        },
        on: {
          'replication.cancel': {
            target: 'turningBack',
            actions: ['noteStamp', fault('cancelled')],
          },
        },
        after: {
          preflight: {
            target: 'turningBack',
            actions: late(replication.preflightMs, 'preflight late'),
          },
        },
      },
      turningBack: { always: back(side, replicaRests, 'replica') },
    },
  });
}
