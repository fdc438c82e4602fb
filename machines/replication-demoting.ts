/**
 * The writer on its way to being a replica: draining → selfFencing → quietWindow → finalSync → releasing → verifying;
 * compensating when it comes to nothing. Entered by order, by a hand-over, or because a later epoch has fenced it.
 */
import { heldAt } from './replication-barrier.ts';
import { call, fenceSelf, finalSeqOf, proveSelf } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { enter, fault, late, slowly } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

export function demotingState(side: Side) {
  const me = { side } as const;
  const giveUp = '#' + side + '.demoting.compensating';
  const failed = '#' + side + '.failed';
  const releasing = '#' + side + '.demoting.releasing';
  const giveUpOn = {
    'replication.cancel': cancelled(giveUp),
    'replication.delete': { ...deleted(giveUp), guard: 'isForcedDelete' },
  } as const;
  const isGivenUp = { type: 'isGivenUp', params: me } as const;

  return replicationSetup.createStateConfig({
    initial: 'draining',
    states: {
      /** Given up here, the writer was never fenced and goes on; unless a later epoch has fenced it already. */
      draining: {
        entry: enter(side, 'demoting.draining'),
        invoke: {
          ...call(side, 'replication.drain'),
          onDone: [
            { guard: 'hasSucceeded', target: 'selfFencing', actions: 'noteVia' },
            { guard: isGivenUp, target: 'selfFencing', actions: fault('not drained') },
            { target: failed + '.writerIntact', actions: fault('not drained') },
          ],
        },
        on: {
          'replication.cancel': [
            { guard: isGivenUp },
            { target: failed + '.writerIntact', actions: ['noteStamp', fault('cancelled')] },
          ],
          'replication.delete': [
            { guard: isGivenUp },
            { ...deleted(failed + '.writerIntact'), guard: 'isForcedDelete' },
          ],
        },
        after: {
          drain: [
            {
              guard: isGivenUp,
              target: 'selfFencing',
              actions: late(replication.drainMs, 'drain late'),
            },
            {
              target: failed + '.writerIntact',
              actions: late(replication.drainMs, 'drain late'),
            },
          ],
        },
      },
      selfFencing: {
        entry: enter(side, 'demoting.selfFencing'),
        invoke: {
          ...fenceSelf(side),
          onDone: [
            { guard: 'isFenced', target: 'quietWindow', actions: 'noteFence' },
            { target: giveUp, actions: ['noteFence', fault('fence unproven')] },
          ],
        },
        on: giveUpOn,
        after: { fence: { target: giveUp, actions: late(replication.fenceMs, 'fence late') } },
      },
      quietWindow: {
        entry: enter(side, 'demoting.quietWindow'),
        on: giveUpOn,
        initial: 'waiting',
        states: {
          waiting: { after: { demoteWindow: { target: 'proving', actions: 'elapseWindow' } } },
          proving: {
            invoke: {
              ...proveSelf(side),
              onDone: [
                {
                  guard: { type: 'readsNoAndWaits', params: me },
                  target: '#' + side + '.demoting.quietWindow.held',
                  actions: { type: 'noteWritable', params: me },
                },
                {
                  guard: 'readsNo',
                  target: '#' + side + '.demoting.finalSync',
                  actions: { type: 'noteWritable', params: me },
                },
                {
                  guard: 'mayFenceAgain',
                  target: '#' + side + '.demoting.selfFencing',
                  actions: 'countRound',
                },
                { target: giveUp, actions: fault('fence unproven') },
              ],
            },
            after: { prove: { target: giveUp, actions: late(replication.proveMs, 'proof late') } },
          },
          /** Nobody of its group writes any more when the last points are taken. */
          held: heldAt({
            at: '#' + side + '.demoting.quietWindow.held',
            barrier: 'fenced',
            onward: '#' + side + '.demoting.finalSync',
            giveUp,
          }),
        },
      },
      /** Taken after the proof, so that nothing is written behind it: this is what makes a planned promotion lose nothing. */
      finalSync: {
        entry: [{ type: 'countPoint', params: me }, ...enter(side, 'demoting.finalSync')],
        on: giveUpOn,
        ...slowly({
          at: '#' + side + '.demoting.finalSync',
          of: side,
          ask: call(side, 'replication.finalSync', finalSeqOf(side)),
          onDone: [
            { guard: { type: 'hasKept', params: me }, target: releasing, actions: 'noteStamp' },
            {
              guard: 'hasSucceeded',
              target: releasing,
              actions: [
                { type: 'addPoint', params: { at: peerOf(side), isFinal: true } },
                'announcePoint',
              ],
            },
            {
              guard: { type: 'goesWithoutFinal', params: me },
              target: releasing,
              actions: fault('no final point'),
            },
            { target: giveUp, actions: fault('no final point') },
          ],
          after: {
            stall: [
              {
                guard: { type: 'goesWithoutFinal', params: me },
                target: releasing,
                actions: late(replication.stallMs, 'final point late'),
              },
              { target: giveUp, actions: late(replication.stallMs, 'final point late') },
            ],
          },
        }),
      },
      releasing: {
        entry: [...enter(side, 'demoting.releasing'), { type: 'releaseWriter', params: me }],
        invoke: {
          ...call(side, 'replication.release'),
          onDone: [
            { guard: 'hasSucceeded', target: 'verifying', actions: 'noteVia' },
            { target: giveUp, actions: fault('not released') },
          ],
        },
        after: {
          release: { target: giveUp, actions: late(replication.releaseMs, 'release late') },
        },
      },
      verifying: {
        entry: enter(side, 'demoting.verifying'),
        invoke: {
          ...proveSelf(side),
          onDone: [
            {
              guard: 'readsNo',
              target: '#' + side + '.replica.seeding',
              actions: [
                { type: 'noteWritable', params: me },
                'clearRisk',
                { type: 'end', params: me },
                { type: 'tellDemoted', params: me },
              ],
            },
            { target: giveUp, actions: fault('still writable') },
          ],
        },
        after: { prove: { target: giveUp, actions: late(replication.proveMs, 'proof late') } },
      },
      /** Nothing is un-fenced: the data is in the fenced volumes, and what is read after the window decides. */
      compensating: {
        entry: [
          ...enter(side, 'demoting.compensating'),
          { type: 'tellDemotionFailed', params: me },
        ],
        initial: 'waiting',
        states: {
          waiting: {
            after: { compensationWindow: { target: 'reading', actions: 'elapseWindow' } },
          },
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
      },
    },
  });
}

const deleted = (target: string) => ({ target, actions: fault('deleted by force') }) as const;
const cancelled = (target: string) =>
  ({ target, actions: ['noteStamp', fault('cancelled')] }) as const;
