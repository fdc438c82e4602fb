/** An endpoint that writes: exposed until something of its epoch is elsewhere, then protected; contested when both were seen writing. */
import { call } from './replication-calls.ts';
import type { Rest } from './replication-context.ts';
import { replication } from './replication-limits.ts';
import { back, changes, enter, fault, late, reconfiguring } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

const sourceRests = ['exposed', 'lagging', 'paused', 'protected'] as const;

const sourceOrders = (side: Side, rest: Rest) =>
  ({
    'replication.demote': {
      guard: { type: 'mayDemote', params: { side } },
      target: '#' + side + '.source.preflightDemote',
      actions: ['begin', { type: 'keepRest', params: { side, rest } }],
    },
  }) as const;

export function sourceState(side: Side) {
  const me = { side } as const;
  const demoting = '#' + side + '.demoting';
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
        always: [
          { guard: 'isPaused', target: 'paused' },
          { guard: { type: 'hasPoint', params: { side: peerOf(side) } }, target: 'protected' },
        ],
        on: {
          ...sourceOrders(side, 'exposed'),
          'point.committed': {
            guard: { type: 'isMine', params: { side: peerOf(side) } },
            target: 'protected',
          },
        },
      },
      protected: {
        entry: enter(side, 'source.protected'),
        always: { guard: 'isPaused', target: 'paused' },
        on: {
          ...sourceOrders(side, 'protected'),
          'lag.measured': { guard: 'isLagging', target: 'lagging' },
          ...changes(side, 'protected'),
        },
      },
      lagging: {
        entry: enter(side, 'source.lagging'),
        always: { guard: 'isPaused', target: 'paused' },
        on: {
          ...sourceOrders(side, 'lagging'),
          'lag.measured': [{ guard: 'isLagging' }, { target: 'protected' }],
        },
      },
      paused: {
        entry: enter(side, 'source.paused'),
        always: { guard: 'isNotPaused', target: 'exposed' },
        on: {
          ...sourceOrders(side, 'paused'),
          ...changes(side, 'paused'),
        },
      },
      reconfiguring: replicationSetup.createStateConfig(reconfiguring(side, 'source')),
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
              actions: ['noteVia', 'noteEstimate'],
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
