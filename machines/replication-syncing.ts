/**
 * A side that is overwritten with what the other has written since: preserving → selecting → transferring → catchingUp →
 * verifying. It never becomes writable here; what it held is in the safety snapshot.
 */
import { call, pointSeq } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { enter, fault, late } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';

export function syncingState(side: Side) {
  const safe = '#' + side + '.failed.safe';
  const stall = { target: safe, actions: late(replication.stallMs, 'no progress') } as const;
  const onDone = (target: string, reason: string) =>
    [
      { guard: 'hasSucceeded', target, actions: 'noteVia' },
      { target: safe, actions: fault(reason) },
    ] as const;

  return replicationSetup.createStateConfig({
    initial: 'preserving',
    on: {
      'replication.cancel': { target: safe, actions: ['noteStamp', fault('cancelled')] },
    },
    states: {
      preserving: {
        entry: enter(side, 'syncing.preserving'),
        invoke: {
          ...call(side, 'replication.preserve'),
          onDone: onDone('selecting', 'no safety snapshot'),
        },
        after: { stall },
      },
      selecting: {
        entry: enter(side, 'syncing.selecting'),
        invoke: {
          ...call(side, 'replication.selectBase'),
          onDone: onDone('transferring', 'no base'),
        },
        after: { choose: { target: safe, actions: late(replication.chooseMs, 'choice late') } },
      },
      transferring: {
        entry: ['countPoint', ...enter(side, 'syncing.transferring')],
        invoke: {
          ...call(side, 'replication.transfer', pointSeq),
          onDone: onDone('catchingUp', 'not transferred'),
        },
        after: { stall },
      },
      catchingUp: {
        entry: enter(side, 'syncing.catchingUp'),
        invoke: {
          ...call(side, 'replication.catchUp', pointSeq),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: 'verifying',
              actions: { type: 'addPoint', params: { at: side, isFinal: false } },
            },
            { target: safe, actions: fault('not caught up') },
          ],
        },
        after: { stall },
      },
      verifying: {
        entry: enter(side, 'syncing.verifying'),
        invoke: {
          ...call(side, 'replication.syncStatus'),
          onDone: [
            {
              guard: 'isComplete',
              target: '#' + side + '.replica.following',
              actions: [
                'noteStamp',
                { type: 'end', params: { side } },
                // The side that writes is protected from now on.
                { type: 'tellPointAt', params: { side } },
              ],
            },
            { target: safe, actions: fault('not complete') },
          ],
        },
        after: { verify: { target: safe, actions: late(replication.verifyMs, 'check late') } },
      },
    },
  });
}
