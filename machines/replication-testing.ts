/** A trial of a replica's points: a clone apart from everything, with an end of its own. */
import { call, testSeq } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { enter, fault, late } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';

/** A clone of a committed point, apart from everything; ends by order or when its time is over. */
export function testingState(side: Side) {
  const me = { side } as const;
  const ending = '#' + side + '.replica.testing.ending';
  const over = '#' + side + '.replica.turningBack';
  return replicationSetup.createStateConfig({
    entry: enter(side, 'replica.testing'),
    initial: 'starting',
    on: {
      'replication.test-stop': {
        guard: { type: 'isMine', params: me },
        target: '.ending',
        actions: 'noteStamp',
      },
      'replication.delete': { target: '.ending', actions: 'noteStamp' },
    },
    states: {
      starting: {
        invoke: {
          ...call(side, 'replication.startTest', testSeq),
          onDone: [
            {
              guard: 'hasSucceeded',
              target: 'running',
              actions: [
                'noteVia',
                'noteStamp',
                { type: 'announceTest', params: { side, type: 'testStarted' } },
              ],
            },
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
            {
              guard: 'hasSucceeded',
              target: over,
              actions: [
                'noteVia',
                'noteStamp',
                { type: 'announceTest', params: { side, type: 'testEnded' } },
              ],
            },
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
