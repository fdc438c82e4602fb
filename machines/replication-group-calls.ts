/** The calls of a group: one operation child at a time, its whole input made of what is remembered. */
import type { EffectName, Effects } from './messages.ts';
import type { OperationInput } from './operation-context.ts';
import type { Barrier } from './replication-group-mark.ts';
import { memberNames } from './replication-group-context.ts';
import type { GroupContext } from './replication-group-context.ts';
import type { MemberOrder } from './replication-group-effects.ts';
import { isOnItsWay } from './replication-group-facts.ts';
import { nextOf, toCallOff, toResync } from './replication-group-judgement.ts';

interface Seen {
  readonly context: GroupContext;
}

const operationFor = (
  context: GroupContext,
  effect: EffectName,
  input: object,
  token: string,
): OperationInput => ({
  effect,
  input: input as Effects[EffectName]['in'],
  token,
  preset: 'reconcile',
  correlationId: context.operation?.correlationId ?? context.correlationId,
  atMs: context.atMs,
  paused: false,
});

/** Nothing else is ever started. */
const child = { id: 'groupCall', src: 'operation' } as const;

export const look = () => ({
  ...child,
  input: ({ context }: Seen) =>
    operationFor(
      context,
      'group.look',
      {
        namespace: context.namespace,
        members: memberNames(context),
        how: context.operation?.how ?? 'planned',
      },
      '',
    ),
});

/** @param what  part of every command's id: the same step of the same order is the same command */
const ordering = (
  what: (context: GroupContext) => string,
  orders: (context: GroupContext) => readonly MemberOrder[],
) => ({
  ...child,
  input: ({ context }: Seen) => {
    const { uid, namespace, name, operation } = context;
    const opId = `rg-${uid}-o${operation?.number ?? 0}-${what(context)}`;
    return operationFor(
      context,
      'group.order',
      { namespace, group: name, opId, orders: orders(context) },
      opId,
    );
  },
});

const reasonOf = ({ name, operation }: GroupContext): string =>
  `order ${operation?.number ?? 0} of group ${name}`;

const promotions = (context: GroupContext): readonly MemberOrder[] => {
  const { name, operation } = context;
  const { endpoint, how, number = 0, moving = [] } = operation ?? {};
  return moving.map((member) => ({
    member,
    verb: 'promote',
    arguments: {
      ...{ endpoint, how, group: { name, order: number }, reason: reasonOf(context) },
    },
  }));
};

const barrierOrder = (
  { name, operation }: GroupContext,
  member: string,
  phase: Barrier,
  hold: boolean,
): MemberOrder => ({
  ...{ member, verb: 'barrier' },
  arguments: { phase, group: name, order: operation?.number ?? 0, hold },
});

const plain = (context: GroupContext, names: readonly string[], verb: string): MemberOrder[] =>
  names.map((member) => ({ member, verb, arguments: { reason: reasonOf(context) } }));

export const orderPromotions = () => ordering(() => 'promote', promotions);

export const orderResyncs = () =>
  ordering(
    () => 'resync',
    (context) =>
      toResync(context).map((member) => ({
        ...{ member, verb: 'resync' },
        arguments: { endpoint: 'home', reason: reasonOf(context) },
      })),
  );

/** Lets all of them past it at once. */
export const releaseAll = (barrier: Barrier) =>
  ordering(
    () => barrier,
    (context) =>
      (context.operation?.moving ?? []).map((member) =>
        barrierOrder(context, member, barrier, false),
      ),
  );

export const releaseNext = () =>
  ordering(
    () => 'made',
    (context) => {
      const member = nextOf(context);
      return member === undefined ? [] : [barrierOrder(context, member, 'made', false)];
    },
  );

/** To everybody that waits somewhere: wait on. */
export const keepWaiting = () =>
  ordering(
    ({ operation }) => `keep${operation?.keeps ?? 0}`,
    (context) =>
      context.members.flatMap((fact) => {
        const at = fact.operation?.group?.at ?? null;
        const isOurs = isOnItsWay(fact, context.name, context.operation?.number ?? 0);
        return at === null || !isOurs ? [] : [barrierOrder(context, fact.name, at, true)];
      }),
  );

/** Only those that are on their way by this very order: what else goes on at a member is not the group's to end. */
export const callOff = () =>
  ordering(
    ({ operation }) => `cancel${operation?.calledOff.length ?? 0}`,
    (context) => plain(context, toCallOff(context, context.members), 'cancel'),
  );

/** Pause and resume: each member by itself. */
export const relay = () =>
  ordering(
    ({ operation }) => operation?.verb ?? '',
    (context) => plain(context, memberNames(context), context.operation?.verb ?? 'resume'),
  );
