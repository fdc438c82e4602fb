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
const askAgain = elapse(replication.askAgainMs);

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

/** Taken where both sides rest in step; what changes is noted once, by the region of the whole. */
export const changes = (side: Side, rest: Rest) => {
  const change = {
    target: 'reconfiguring',
    actions: { type: 'keepRest', params: { side, rest } },
  } as const;
  return {
    'replication.reconfigure': { ...change, guard: 'mayReconfigure' },
    'replication.apply': { ...change, guard: 'changesPace' },
  } as const;
};

interface Slow<Ask, Edge, Late> {
  /** Absolute name of the state that is made of this, as `#home.syncing.transferring`. */
  readonly at: string;
  readonly of: Side | 'schedule';
  readonly ask: Ask;
  /** Once it is over, or has failed. */
  readonly onDone: readonly Edge[];
  /** The standstill that ends it. */
  readonly after: Late;
}

/**
 * Slow work, looked at again and again. Its deadline begins anew only when it has come further since, so that what stands
 * still ends and what goes on does not.
 */
export const slowly = <const Ask, const Edge, const Late>({
  at,
  of,
  ask,
  onDone,
  after,
}: Slow<Ask, Edge, Late>) =>
  ({
    initial: 'looking',
    states: {
      looking: {
        initial: 'asking',
        after,
        states: {
          asking: {
            invoke: {
              ...ask,
              onDone: [
                {
                  guard: { type: 'hasMovedOn', params: { of } },
                  target: at + '.moving',
                  actions: { type: 'noteProgress', params: { of } },
                },
                { guard: 'isUnderway', target: at + '.looking.waiting', actions: 'noteStamp' },
                ...onDone,
              ],
            },
          },
          waiting: { after: { askAgain: { target: 'asking', actions: askAgain } } },
        },
      },
      moving: { after: { askAgain: { target: 'looking', actions: askAgain } } },
    },
  }) as const;

/** A change of mode or interval, taken to this endpoint; where it came from is gone back to in any case. */
export function reconfiguring(side: Side, parent: 'replica' | 'source') {
  const over = '#' + side + '.' + parent + '.turningBack';
  return {
    entry: [...enter(side, `${parent}.reconfiguring`)],
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
