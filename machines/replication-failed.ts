/** A side that did not get where it was going: safe (proven unable to write), writerIntact (never fenced), indeterminate. */
import { fenceSelf, proveSelf } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import { elapse, enter, fault, late } from './replication-phases.ts';
import { replicationSetup } from './replication-setup.ts';
import type { Side } from './replication-table.ts';

export function failedState(side: Side) {
  const me = { side } as const;
  const indeterminate = '#' + side + '.failed.indeterminate';
  const end = { type: 'end', params: me } as const;
  const recover = {
    guard: { type: 'mayRecover', params: me },
    target: '.fencing',
    actions: 'begin',
  } as const;

  const resync = {
    guard: { type: 'mayResync', params: me },
    target: '#' + side + '.syncing',
    actions: 'begin',
  } as const;

  return replicationSetup.createStateConfig({
    initial: 'indeterminate',
    states: {
      /** Looked at until somebody knows; nothing that destroys anything follows from not knowing. */
      indeterminate: {
        entry: [...enter(side, 'failed.indeterminate'), end],
        initial: 'waiting',
        states: {
          waiting: {
            after: {
              probeAgain: { target: 'probing', actions: elapse(replication.probeAgainMs) },
            },
          },
          probing: {
            invoke: {
              ...proveSelf(side),
              onDone: [
                {
                  guard: 'readsNo',
                  target: '#' + side + '.failed.safe',
                  actions: [{ type: 'noteWritable', params: me }, 'clearRisk'],
                },
                {
                  guard: 'readsYes',
                  target: '#' + side + '.failed.writerIntact',
                  actions: { type: 'noteWritable', params: me },
                },
                { target: 'waiting', actions: { type: 'noteWritable', params: me } },
              ],
            },
            after: {
              prove: { target: 'waiting', actions: late(replication.proveMs, 'probe late') },
            },
          },
        },
      },
      safe: {
        entry: [...enter(side, 'failed.safe'), end],
        initial: 'resting',
        on: {
          'replication.resync': resync,
          'replication.failback': resync,
          'replication.recover': recover,
        },
        states: recovering(side, indeterminate),
      },
      /**
       * The workload may go on and its points are still taken. Once the other side has taken over as the writer, by an override
       * or a fence that was undone, it recovers by itself as soon as it is seen again.
       */
      writerIntact: {
        entry: [
          ...enter(side, 'failed.writerIntact'),
          end,
          { type: 'tellDemotionFailed', params: me },
        ],
        initial: 'resting',
        on: { 'replication.recover': recover },
        states: {
          ...recovering(side, indeterminate),
          resting: {
            on: {
              'endpoint.observed': {
                guard: { type: 'isOutlived', params: me },
                target: 'fencing',
                actions: ['countOrder', fault('superseded by a later epoch')],
              },
            },
          },
        },
      },
    },
  });
}

/** Fences itself once more, waits, reads: only then it is a replica. */
function recovering(side: Side, indeterminate: string) {
  const me = { side } as const;
  const unknown = { target: indeterminate, actions: fault('not recovered') } as const;
  const states = replicationSetup.createStateConfig({
    states: {
      resting: {},
      fencing: {
        invoke: {
          ...fenceSelf(side),
          onDone: [{ guard: 'isFenced', target: 'waiting', actions: 'noteFence' }, unknown],
        },
        after: {
          fence: { target: indeterminate, actions: late(replication.fenceMs, 'fence late') },
        },
      },
      waiting: { after: { recoverWindow: { target: 'reading', actions: 'elapseWindow' } } },
      reading: {
        invoke: {
          ...proveSelf(side),
          onDone: [
            {
              guard: 'readsNo',
              target: '#' + side + '.replica.seeding',
              actions: [
                { type: 'noteWritable', params: me },
                'clearRisk',
                { type: 'releaseWriter', params: me },
                { type: 'end', params: me },
              ],
            },
            unknown,
          ],
        },
        after: {
          prove: { target: indeterminate, actions: late(replication.proveMs, 'proof late') },
        },
      },
    },
  });
  return states.states;
}
