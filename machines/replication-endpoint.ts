/**
 * One endpoint of a replication, the same chart for home and away: absent → replica | source; replica → promoting → source;
 * source → demoting → replica; syncing; failed. What can be called off happens inside the old public state.
 */
import { call, wantedSeq } from './replication-calls.ts';
import { demotingState } from './replication-demoting.ts';
import { failedState } from './replication-failed.ts';
import { replication } from './replication-limits.ts';
import { back, enter, fault, late } from './replication-phases.ts';
import { promotingState } from './replication-promoting.ts';
import { replicationSetup } from './replication-setup.ts';
import { syncingState } from './replication-syncing.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';
import type { Rest } from './replication-context.ts';

const replicaRests = ['seeding', 'lagging', 'paused', 'following'] as const;
const sourceRests = ['exposed', 'lagging', 'paused', 'protected'] as const;

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
    states: {
      undeclared: { on: { 'replication.apply': 'establishing' } },
      establishing: {
        invoke: {
          ...call(side, 'replication.establish'),
          onDone: [
            {
              guard: { type: 'startsHere', params: me },
              target: '#' + side + '.source.exposed',
              actions: ['noteVia', 'claim', sight, { type: 'becomeWriter', params: me }],
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

function replicaState(side: Side) {
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
      reconfiguring: reconfiguringState(side, 'replica'),
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

/** A clone of a committed point, apart from everything; ends by order or when its time is over. */
function testingState(side: Side) {
  const me = { side } as const;
  const ending = '#' + side + '.replica.testing.ending';
  const over = '#' + side + '.replica.turningBack';
  return replicationSetup.createStateConfig({
    entry: enter(side, 'replica.testing'),
    initial: 'starting',
    on: {
      'replication.testStop': {
        guard: { type: 'isMine', params: me },
        target: '.ending',
        actions: 'noteStamp',
      },
      'replication.delete': { target: '.ending', actions: 'noteStamp' },
    },
    states: {
      starting: {
        invoke: {
          ...call(side, 'replication.startTest', wantedSeq),
          onDone: [
            { guard: 'hasSucceeded', target: 'running', actions: ['noteVia', 'noteStamp'] },
            { target: ending, actions: fault('test not started') },
          ],
        },
        after: {
          create: { target: ending, actions: late(replication.createMs, 'test start late') },
        },
      },
      running: { after: { testTtl: { target: 'ending', actions: 'elapseTest' } } },
      ending: {
        invoke: {
          ...call(side, 'replication.endTest'),
          onDone: [
            { guard: 'hasSucceeded', target: over, actions: 'noteVia' },
            { target: 'endingAgain', actions: fault('test not ended') },
          ],
        },
        after: {
          undo: { target: 'endingAgain', actions: late(replication.undoMs, 'test end late') },
        },
      },
      endingAgain: {
        after: {
          backoff: {
            target: 'ending',
            actions: { type: 'elapse', params: { ms: replication.backoffMs } },
          },
        },
      },
    },
  });
}

function reconfiguringState(side: Side, parent: 'replica' | 'source') {
  const over = '#' + side + '.' + parent + '.turningBack';
  return replicationSetup.createStateConfig({
    entry: ['takeChange', ...enter(side, `${parent}.reconfiguring`)],
    invoke: {
      ...call(side, 'replication.reconfigure'),
      onDone: [
        { guard: 'hasSucceeded', target: over, actions: 'noteVia' },
        { target: over, actions: fault('not reconfigured') },
      ],
    },
    after: {
      reconfigure: { target: over, actions: late(replication.reconfigureMs, 'change late') },
    },
  });
}

function sourceOrders(side: Side, rest: Rest) {
  return {
    'replication.demote': {
      guard: { type: 'mayDemote', params: { side } },
      target: '#' + side + '.source.preflightDemote',
      actions: [
        { type: 'begin', params: { kind: 'demote' } },
        { type: 'keepRest', params: { side, rest } },
      ],
    },
  } as const;
}

function sourceState(side: Side) {
  const me = { side } as const;
  const demoting = '#' + side + '.demoting';
  const paused = { target: '#' + side + '.source.paused' } as const;
  return replicationSetup.createStateConfig({
    initial: 'exposed',
    on: {
      handOver: { guard: { type: 'isMine', params: me }, target: demoting },
      'endpoint.observed': [
        {
          guard: { type: 'isSuperseded', params: me },
          target: demoting,
          actions: fault('superseded by a later epoch'),
        },
        { guard: { type: 'peerWrites', params: me }, target: '.contested' },
      ],
    },
    states: {
      /** Nothing of this epoch is anywhere else yet. */
      exposed: {
        entry: [...enter(side, 'source.exposed'), { type: 'end', params: me }],
        always: {
          guard: { type: 'hasPoint', params: { side: peerOf(side) } },
          target: 'protected',
        },
        on: {
          ...sourceOrders(side, 'exposed'),
          'point.committed': {
            guard: { type: 'isMine', params: { side: peerOf(side) } },
            target: 'protected',
          },
          'replication.pause': paused,
        },
      },
      protected: {
        entry: enter(side, 'source.protected'),
        always: { guard: 'isPaused', target: 'paused' },
        on: {
          ...sourceOrders(side, 'protected'),
          'lag.measured': { guard: 'isLagging', target: 'lagging' },
          'replication.pause': paused,
          'replication.reconfigure': {
            guard: 'mayReconfigure',
            target: 'reconfiguring',
            actions: { type: 'keepRest', params: { side, rest: 'protected' } },
          },
        },
      },
      lagging: {
        entry: enter(side, 'source.lagging'),
        on: {
          ...sourceOrders(side, 'lagging'),
          'lag.measured': [{ guard: 'isLagging' }, { target: 'protected' }],
          'replication.pause': paused,
        },
      },
      paused: {
        entry: enter(side, 'source.paused'),
        on: {
          ...sourceOrders(side, 'paused'),
          'replication.resume': 'exposed',
          'replication.reconfigure': {
            guard: 'mayReconfigure',
            target: 'reconfiguring',
            actions: { type: 'keepRest', params: { side, rest: 'paused' } },
          },
        },
      },
      reconfiguring: reconfiguringState(side, 'source'),
      preflightDemote: {
        entry: enter(side, 'source.preflightDemote'),
        invoke: {
          ...call(side, 'replication.preflight', ({ operation }) => ({
            ...{ kind: 'demote', how: operation?.how ?? 'planned' },
          })),
          onDone: [
            {
              guard: { type: 'demotePreflightPasses', params: me },
              target: demoting,
              actions: 'noteVia',
            },
            { target: 'turningBack', actions: ['noteRefusal', fault('preflight failed')] },
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
      turningBack: { always: back(side, sourceRests, 'source') },
      /** The other side was seen writing: nothing is copied or pruned until it is seen at rest. */
      contested: {
        entry: [
          ...enter(side, 'source.contested'),
          { type: 'announceContested', params: me },
          { type: 'end', params: me },
        ],
        on: {
          'endpoint.observed': [
            {
              guard: { type: 'isSuperseded', params: me },
              target: demoting,
              actions: fault('superseded by a later epoch'),
            },
            { guard: { type: 'peerRests', params: me }, target: 'exposed' },
          ],
        },
      },
    },
  });
}
