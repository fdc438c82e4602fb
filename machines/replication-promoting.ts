/**
 * An endpoint on its way to being the writer: claimingEpoch → demotingPeer (planned) → fencing → quietWindow →
 * choosingPoint → materializing → arming → verifying; compensating when it comes to nothing. Entering it is the commitment.
 */
import { heldAt } from './replication-barrier.ts';
import {
  call,
  chosenSeq,
  fencePeer,
  provePeer,
  proveSelf,
  wantedSeq,
} from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { enter, fault, late, slowly } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

export function promotingState(side: Side) {
  const me = { side } as const;
  const giveUp = '#' + side + '.promoting.compensating';
  const window = '#' + side + '.promoting.quietWindow';
  const source = '#' + side + '.source.exposed';
  const failed = '#' + side + '.failed';
  const making = slowly({
    at: '#' + side + '.promoting.materializing',
    of: side,
    ask: call(side, 'replication.materialize', chosenSeq),
    onDone: [
      {
        guard: { type: 'canArmAndWaits', params: me },
        target: '#' + side + '.promoting.materializing.held',
        actions: ['noteVia', 'noteStamp'],
      },
      {
        guard: 'canArm',
        target: '#' + side + '.promoting.arming',
        actions: ['noteVia', 'noteStamp'],
      },
      { guard: 'cameTooLate', target: window, actions: ['noteStamp', 'countReissue'] },
      { target: giveUp, actions: fault('not materialized') },
    ],
    after: {
      create: { target: giveUp, actions: late(replication.createMs, 'creation late') },
    },
  });
  const peerIsMine = { type: 'isMine', params: { side: peerOf(side) } } as const;

  return replicationSetup.createStateConfig({
    initial: 'claimingEpoch',
    on: {
      'replication.cancel': { target: giveUp, actions: ['noteStamp', fault('cancelled')] },
      'replication.delete': {
        guard: 'isForcedDelete',
        target: giveUp,
        actions: fault('deleted by force'),
      },
    },
    states: {
      /** Number and intent are stored before the call; a higher number elsewhere refuses it. */
      claimingEpoch: {
        entry: ['claim', ...enter(side, 'promoting.claimingEpoch'), 'tellClaimed'],
        invoke: {
          ...call(side, 'replication.claim'),
          onDone: [
            {
              guard: { type: 'hasSucceededAndHandsOver', params: me },
              target: 'demotingPeer',
              actions: 'noteVia',
            },
            { guard: 'hasSucceeded', target: 'fencing', actions: 'noteVia' },
            { target: giveUp, actions: fault('claim failed') },
          ],
        },
        after: { claim: { target: giveUp, actions: late(replication.claimMs, 'claim late') } },
      },
      demotingPeer: {
        entry: [
          ...enter(side, 'promoting.demotingPeer'),
          { type: 'handOver', params: { side: peerOf(side) } },
        ],
        on: {
          'peer.demoted': { guard: peerIsMine, target: 'fencing' },
          'peer.demotionFailed': {
            guard: peerIsMine,
            target: giveUp,
            actions: fault('the peer could not be demoted'),
          },
        },
        after: {
          handOver: { target: giveUp, actions: late(replication.handOverMs, 'hand-over late') },
        },
      },
      fencing: {
        entry: [...enter(side, 'promoting.fencing'), { type: 'fenceBegins', params: me }],
        invoke: {
          ...fencePeer(side),
          onDone: [
            { guard: 'isFenced', target: 'quietWindow', actions: 'noteFence' },
            { guard: 'isForced', target: 'awaitingOverride', actions: 'noteFence' },
            { target: giveUp, actions: ['noteFence', fault('fence unproven')] },
          ],
        },
        after: {
          fence: [
            {
              guard: 'isForced',
              target: 'awaitingOverride',
              actions: late(replication.fenceMs, 'fence late'),
            },
            { target: giveUp, actions: late(replication.fenceMs, 'fence late') },
          ],
        },
      },
      /** Nobody can tell whether the peer writes: only a person may go on, and that is recorded. */
      awaitingOverride: {
        entry: enter(side, 'promoting.awaitingOverride'),
        on: {
          'replication.override': {
            guard: 'isTokenRight',
            target: 'quietWindow',
            actions: ['recordOverride', 'announceOverride'],
          },
        },
        after: {
          override: { target: giveUp, actions: late(replication.overrideMs, 'nobody confirmed') },
        },
      },
      /** The deciding read comes after the window: before it a late call could still undo what was read. */
      quietWindow: {
        entry: enter(side, 'promoting.quietWindow'),
        initial: 'waiting',
        states: {
          waiting: { after: { promoteWindow: { target: 'proving', actions: 'elapseWindow' } } },
          proving: {
            invoke: {
              ...provePeer(side),
              onDone: [
                {
                  guard: 'readsNo',
                  target: '#' + side + '.promoting.choosingPoint',
                  actions: [
                    { type: 'noteProof', params: me },
                    'clearRisk',
                    { type: 'announceProof', params: me },
                  ],
                },
                { guard: 'isWaived', target: '#' + side + '.promoting.choosingPoint' },
                {
                  guard: 'mayFenceAgain',
                  target: '#' + side + '.promoting.fencing',
                  actions: 'countRound',
                },
                {
                  guard: 'isForced',
                  target: '#' + side + '.promoting.awaitingOverride',
                  actions: fault('fence unproven'),
                },
                { target: giveUp, actions: fault('fence unproven') },
              ],
            },
            after: {
              prove: [
                {
                  guard: 'isForced',
                  target: '#' + side + '.promoting.awaitingOverride',
                  actions: late(replication.proveMs, 'proof late'),
                },
                { target: giveUp, actions: late(replication.proveMs, 'proof late') },
              ],
            },
          },
        },
      },
      choosingPoint: {
        entry: enter(side, 'promoting.choosingPoint'),
        initial: 'arriving',
        states: {
          arriving: {
            always: [
              {
                guard: { type: 'waitsAt', params: { side, barrier: 'fenced' } },
                target: 'held',
              },
              { target: 'choosing' },
            ],
          },
          held: heldAt({
            at: '#' + side + '.promoting.choosingPoint.held',
            barrier: 'fenced',
            onward: '#' + side + '.promoting.choosingPoint.choosing',
            giveUp,
          }),
          choosing: {
            invoke: {
              ...call(side, 'replication.choosePoint', wantedSeq),
              onDone: [
                {
                  guard: 'hasSucceeded',
                  target: '#' + side + '.promoting.materializing',
                  actions: ['notePoint', 'announceLoss'],
                },
                { target: giveUp, actions: fault('no point') },
              ],
            },
            after: {
              choose: { target: giveUp, actions: late(replication.chooseMs, 'choice late') },
            },
          },
        },
      },
      materializing: {
        entry: enter(side, 'promoting.materializing'),
        ...making,
        states: {
          ...making.states,
          /** What is made cannot write yet: the last place to wait without harm. */
          held: heldAt({
            at: '#' + side + '.promoting.materializing.held',
            barrier: 'made',
            onward: '#' + side + '.promoting.arming',
            giveUp,
          }),
        },
      },
      arming: {
        entry: enter(side, 'promoting.arming'),
        invoke: {
          ...call(side, 'replication.arm', chosenSeq),
          onDone: [
            { guard: 'hasSucceeded', target: 'verifying', actions: 'noteVia' },
            { guard: 'cameTooLate', target: window, actions: ['noteStamp', 'countReissue'] },
            { target: giveUp, actions: fault('not armed') },
          ],
        },
        after: { arm: { target: giveUp, actions: late(replication.armMs, 'arming late') } },
      },
      verifying: {
        entry: enter(side, 'promoting.verifying'),
        invoke: {
          ...call(side, 'replication.verify'),
          onDone: [
            {
              guard: 'isOnlyWriter',
              target: source,
              actions: [
                { type: 'noteSight', params: me },
                { type: 'becomeWriter', params: me },
                'tellWriter',
              ],
            },
            {
              target: giveUp,
              actions: [{ type: 'noteSight', params: me }, fault('not the only writer')],
            },
          ],
        },
        after: {
          verify: { target: giveUp, actions: late(replication.verifyMs, 'verification late') },
        },
      },
      compensating: compensating(side, failed),
    },
  });
}

/** Takes back what this operation made, waits until nothing of it can land any more, and says safe only on what it then reads. */
function compensating(side: Side, failed: string) {
  const me = { side } as const;
  return replicationSetup.createStateConfig({
    entry: enter(side, 'promoting.compensating'),
    on: { 'replication.cancel': {}, 'replication.delete': {} },
    initial: 'undoing',
    states: {
      undoing: {
        invoke: {
          ...call(side, 'replication.compensate'),
          onDone: [
            { guard: 'hasSucceeded', target: 'waiting', actions: 'noteVia' },
            { target: failed + '.indeterminate', actions: fault('not undone') },
          ],
        },
        after: {
          undo: {
            target: failed + '.indeterminate',
            actions: late(replication.undoMs, 'undoing late'),
          },
        },
      },
      waiting: { after: { compensationWindow: { target: 'reading', actions: 'elapseWindow' } } },
      reading: {
        invoke: {
          ...proveSelf(side),
          onDone: [
            {
              guard: 'readsNo',
              target: failed + '.safe',
              actions: [{ type: 'noteWritable', params: me }, 'clearRisk'],
            },
            {
              target: failed + '.indeterminate',
              actions: { type: 'noteWritable', params: me },
            },
          ],
        },
        after: {
          prove: {
            target: failed + '.indeterminate',
            actions: late(replication.proveMs, 'proof late'),
          },
        },
      },
    },
  });
}
