/** Everything an order to a replication rests on, one condition after the other. Pure. */
import { check, judged } from './because.ts';
import type { Because, Check } from './because.ts';
import { publicStateOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import {
  demoteChecks,
  promoteChecks,
  recoverChecks,
  resyncChecks,
  testChecks,
  whyNotPoint,
} from './replication-safety.ts';
import { allowedNext, isAllowed } from './replication-table.ts';
import type { PublicState } from './replication-table.ts';

type Context = ReplicationContext;

/** The public state that a move leads into. */
export const aims = {
  promote: 'promoting',
  demote: 'demoting',
  resync: 'syncing',
  recover: 'replica',
} as const satisfies Record<Move['kind'], PublicState>;

/** Conditions of this order as they stand; none where it has none beside its own arguments. */
export function replicationReasons(
  context: Context,
  event: ReplicationCommand,
): readonly Because[] {
  return judged([...checksOfAll(context, event), ...checksByVerb(context, event)]);
}

/** Event types of orders that end what is under way: they are taken until the very end. */
export const untilTheEnd: ReadonlySet<string> = new Set(
  ['delete', 'cancel', 'override', 'barrier', 'test-stop'].map((verb) => `replication.${verb}`),
);

function checksOfAll(context: Context, event: ReplicationCommand): readonly Check[] {
  const { lifecycle, isDeleteOrdered, epoch } = context;
  const isOnItsWay = lifecycle !== 'active' || isDeleteOrdered;
  const { expectEpoch } = event;
  return [
    ...(untilTheEnd.has(event.type)
      ? []
      : [check('notDeleting', isOnItsWay && 'it is being deleted', 'it is not being deleted')]),
    ...(expectEpoch === undefined
      ? []
      : [
          check(
            'epoch',
            expectEpoch !== epoch && `current epoch is ${epoch}`,
            `current epoch is ${epoch}, as expected`,
          ),
        ]),
  ];
}

function checksByVerb(context: Context, event: ReplicationCommand): readonly Check[] {
  if (event.type === 'replication.test-start')
    return [free(context), ...testChecks(context, event.endpoint, event.force)];
  if (event.type === 'replication.reconfigure' || event.type === 'replication.apply')
    return [free(context)];
  const move = moveOf(context, event);
  return move === undefined ? [] : checksOfMove(context, move);
}

const free = ({ operation }: Context): Check =>
  check(
    'nothingUnderWay',
    operation !== null && `${operation.kind} of ${operation.endpoint} is under way`,
    'no other order is under way',
  );

function checksOfMove(context: Context, move: Move): readonly Check[] {
  const { kind, endpoint: side, how, wanted } = move;
  const from = publicStateOf(context[side].phase);
  const to = aims[kind];
  const table = check(
    'table',
    !isAllowed(from, to) &&
      `${side} is ${from}; it may become ${allowedNext(from).join(' or ')} next`,
    from === to ? `${side} is ${to} already` : `${side} may go from ${from} to ${to}`,
  );
  return [table, free(context), ...checksOfKind(context, { kind, side, how, wanted })];
}

function checksOfKind(
  context: Context,
  { kind, side, how, wanted }: Pick<Move, 'kind' | 'how' | 'wanted'> & { side: Move['endpoint'] },
): readonly Check[] {
  if (kind === 'demote') return demoteChecks(context, side, how === 'forced');
  if (kind === 'resync') return resyncChecks(context, side);
  if (kind === 'recover') return recoverChecks(context, side);
  const point = check(
    'hasPoint',
    whyNotPoint(context, side, wanted).join('; '),
    wanted === null ? '' : `point ${wanted} is at ${side}`,
  );
  return [...promoteChecks(context, side, how), point];
}
