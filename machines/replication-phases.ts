/** How every phase of an endpoint begins, and the ways out that several phases share. */
import { call } from './replication-calls.ts';
import { replication } from './replication-limits.ts';
import type { Phase, Rest } from './replication-context.ts';
import type { Side } from './replication-table.ts';

/** Tells of the phase, then notes it: the event names what was before. */
export const enter = (side: Side, phase: Phase) =>
  [
    { type: 'announce', params: { side, phase } },
    { type: 'enter', params: { side, phase } },
  ] as const;

export const fault = (reason: string) => ({ type: 'noteFault', params: { reason } }) as const;
export const elapse = (ms: number) => ({ type: 'elapse', params: { ms } }) as const;

/** A deadline passed: time has moved by it, and it is why. */
export const late = (ms: number, reason: string) => [elapse(ms), fault(reason)] as const;

/** Back to where a preflight, a test or a change came from; the first one named when nothing was kept. */
export const back = <R extends Rest>(
  side: Side,
  rests: readonly [R, ...R[]],
  parent: 'replica' | 'source',
) => {
  const end = { type: 'end', params: { side } } as const;
  const ways = rests.map(
    (rest) =>
      ({
        guard: { type: 'returnsTo', params: { side, rest } },
        target: '#' + side + '.' + parent + '.' + rest,
        actions: end,
      }) as const,
  );
  const [first] = rests;
  return [...ways, { target: '#' + side + '.' + parent + '.' + first, actions: end } as const];
};

/** A change of mode or interval, taken to this endpoint; where it came from is gone back to in any case. */
export function reconfiguring(side: Side, parent: 'replica' | 'source') {
  const over = '#' + side + '.' + parent + '.turningBack';
  return {
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
  } as const;
}
