/**
 * A side that is overwritten with what the other has written since: preserving → selecting → transferring → catchingUp →
 * verifying. It never becomes writable here; what it held is in the safety snapshot.
 */
import { call, pointSeqOf } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { enter, fault, late, slowly } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';

export function syncingState(side: Side) {
  const safe = '#' + side + '.failed.safe';
  const at = (state: string) => '#' + side + '.syncing.' + state;
  const gone = (reason: string) => ({ target: safe, actions: fault(reason) }) as const;
  const after = { stall: { target: safe, actions: late(replication.stallMs, 'no progress') } };

  return replicationSetup.createStateConfig({
    initial: 'preserving',
    on: {
      'replication.cancel': { target: safe, actions: ['noteStamp', fault('cancelled')] },
      'replication.delete': { target: safe, actions: ['noteStamp', fault('deleted')] },
    },
    states: {
      preserving: {
        entry: enter(side, 'syncing.preserving'),
        ...slowly({
          ...{ at: at('preserving'), of: side, after },
          ask: call(side, 'replication.preserve'),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: at('selecting'),
              actions: ['noteVia', 'noteStamp'],
            },
            gone('no safety snapshot'),
          ],
        }),
      },
      selecting: {
        entry: enter(side, 'syncing.selecting'),
        invoke: {
          ...call(side, 'replication.selectBase'),
          onDone: [
            { guard: 'hasSucceeded', target: 'transferring', actions: 'noteVia' },
            gone('no base'),
          ],
        },
        after: { choose: { target: safe, actions: late(replication.chooseMs, 'choice late') } },
      },
      transferring: {
        entry: [{ type: 'countPoint', params: { side } }, ...enter(side, 'syncing.transferring')],
        ...slowly({
          ...{ at: at('transferring'), of: side, after },
          ask: call(side, 'replication.transfer', pointSeqOf(side)),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: at('catchingUp'),
              actions: ['noteVia', 'noteStamp'],
            },
            gone('not transferred'),
          ],
        }),
      },
      catchingUp: {
        entry: enter(side, 'syncing.catchingUp'),
        ...slowly({
          ...{ at: at('catchingUp'), of: side, after },
          ask: call(side, 'replication.catchUp', pointSeqOf(side)),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: at('verifying'),
              actions: [
                { type: 'addPoint', params: { at: side, isFinal: false } },
                'announcePoint',
              ],
            },
            gone('not caught up'),
          ],
        }),
      },
      verifying: {
        entry: enter(side, 'syncing.verifying'),
        invoke: {
          ...call(side, 'replication.syncStatus'),
          onDone: [
            // Home again by way of a promotion: nobody has to ask for it once more.
            {
              guard: { type: 'isCompleteAndGoesOn', params: { side } },
              target: '#' + side + '.replica.preflightPromote',
              actions: [
                { type: 'goOn', params: { side } },
                { type: 'keepRest', params: { side, rest: 'following' } },
                { type: 'tellPointAt', params: { side } },
              ],
            },
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
            gone('not complete'),
          ],
        },
        after: { verify: { target: safe, actions: late(replication.verifyMs, 'check late') } },
      },
    },
  });
}
