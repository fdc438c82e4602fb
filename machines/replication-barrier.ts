/**
 * Where a member of a group waits for the others on its way to being the writer: ready (looked ahead, nothing done yet),
 * fenced (the old writer is proven unable to write), made (the volumes are there, nothing is armed). Pure.
 */
import type { Operation, ReplicationContext } from './replication-context.ts';
import type { ReplicationEvent } from './replication-events.ts';
import { barriers } from './replication-group-mark.ts';
import type { Barrier, GroupMark } from './replication-group-mark.ts';
import { replication } from './replication-limits.ts';
import { late } from './replication-phases.ts';
import { canArm, isSuperseded, whyNotPromote } from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Called = Extract<ReplicationEvent, { type: 'replication.barrier' }>;

const rank = (barrier: Barrier | null): number =>
  barrier === null ? -1 : barriers.indexOf(barrier);

export const hasPassed = ({ passed }: GroupMark, barrier: Barrier): boolean =>
  rank(passed) >= rank(barrier);

export const isMeant = (mark: GroupMark | null, { group, order }: Called): mark is GroupMark =>
  mark?.name === group && mark.order === order;

/** This endpoint's way is part of a group's order, and that has not let it past this barrier yet. */
export function waitsAt(context: ReplicationContext, side: Side, barrier: Barrier): boolean {
  const { operation } = context;
  if (operation?.kind !== 'promote' || operation.group === null) return false;
  const isOnItsWay = operation.endpoint === side || isHandingOver(context, operation, side);
  return isOnItsWay && !hasPassed(operation.group, barrier);
}

/** A writer that a later epoch has fenced waits for nobody: it only goes. */
const isHandingOver = (context: ReplicationContext, operation: Operation, side: Side): boolean =>
  operation.endpoint === peerOf(side) &&
  operation.how === 'planned' &&
  !isSuperseded(context, side);

/** Called onward by its own group, and what the next step rests on still holds. */
export function isReleased(
  context: ReplicationContext,
  event: ReplicationEvent,
  barrier: Barrier,
): boolean {
  if (!isCalled(context, event, barrier) || event.hold) return false;
  const { operation } = context;
  if (operation === null) return false;
  if (barrier === 'ready')
    return whyNotPromote(context, operation.endpoint, operation.how).length === 0;
  return barrier === 'made' ? canArm(context) : true;
}

export const isCalled = (
  { operation }: ReplicationContext,
  event: ReplicationEvent,
  barrier: Barrier,
): event is Called =>
  event.type === 'replication.barrier' &&
  event.phase === barrier &&
  isMeant(operation?.group ?? null, event);

const marked = (
  { operation }: ReplicationContext,
  changed: Partial<GroupMark>,
): Partial<ReplicationContext> => {
  const mark = operation?.group ?? null;
  if (operation === null || mark === null) return {};
  return { operation: { ...operation, group: { ...mark, ...changed } } };
};

export const arrived = (context: ReplicationContext, at: Barrier): Partial<ReplicationContext> =>
  marked(context, { at });

export const passed = (
  context: ReplicationContext,
  event: ReplicationEvent,
  barrier: Barrier,
): Partial<ReplicationContext> =>
  event.type === 'replication.barrier'
    ? { atMs: event.atMs, ...marked(context, { at: null, passed: barrier }) }
    : {};

interface Held {
  /** Absolute name of the state that is made of this. */
  readonly at: string;
  readonly barrier: Barrier;
  readonly onward: string;
  readonly giveUp: string;
}

/**
 * The wait itself. It ends with the group's word, and by itself when the group has not been heard for
 * `replication.controlBudgetMs`: a group that still waits for others says so now and then.
 */
export const heldAt = ({ at, barrier, onward, giveUp }: Held) =>
  ({
    entry: { type: 'arriveAt', params: { barrier } },
    on: {
      'replication.barrier': [
        {
          guard: { type: 'isReleased', params: { barrier } },
          target: onward,
          actions: { type: 'passBarrier', params: { barrier } },
        },
        {
          guard: { type: 'isKept', params: { barrier } },
          target: at,
          reenter: true,
          actions: 'noteStamp',
        },
        {
          guard: { type: 'isCalled', params: { barrier } },
          target: giveUp,
          actions: ['noteStamp', { type: 'noteFault', params: { reason: 'the way is barred' } }],
        },
      ],
    },
    after: {
      barrier: {
        target: giveUp,
        actions: late(replication.controlBudgetMs, 'nothing heard of the group'),
      },
    },
  }) as const;

/** Where it waits for its group, in words. */
export function barrierOf({ operation }: ReplicationContext): string {
  const mark = operation?.group ?? null;
  if (mark === null) return 'no promotion of a group is under way';
  return `it waits for order ${mark.order} of ${mark.name}, ${mark.at ?? 'on its way'}`;
}
