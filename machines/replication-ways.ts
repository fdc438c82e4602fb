/** Which commands and waits lead to where an order would be taken, by the table of public moves. Pure. */
import { publicStateOf } from './replication-context.ts';
import type { ReplicationContext } from './replication-context.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import { aims } from './replication-reasons.ts';
import { allowedNext, completionOf, isAllowed, peerOf, verbFor } from './replication-table.ts';
import type { PublicState, Side } from './replication-table.ts';

type Context = ReplicationContext;

/** Ends with the order itself; empty where no way is known, and where it is taken now. */
export function wayToReplication(context: Context, event: ReplicationCommand): readonly string[] {
  const verb = event.type.slice('replication.'.length);
  const isOnItsWay = context.lifecycle !== 'active' || context.isDeleteOrdered;
  if (isOnItsWay) return verb === 'create' || verb === 'apply' ? ['wait for deleted', verb] : [];
  if (verb === 'create') return ['apply'];
  if (verb === 'sync' && context.isPaused) return ['resume', 'sync'];
  if (event.type === 'replication.test-start') return wayToTest(context, event.endpoint);
  if (verb === 'reconfigure' && context.operation !== null) return [endOf(context), verb];
  const move = moveOf(context, event);
  return move === undefined ? [] : wayToMove(context, move);
}

const endOf = ({ operation }: Context): string =>
  operation === null ? '' : `wait for the end of ${operation.kind} of ${operation.endpoint}`;

function wayToTest(context: Context, side: Side): readonly string[] {
  if (context.operation !== null) return [endOf(context), 'test-start'];
  const before = shortest(publicStateOf(context[side].phase), 'replica', side);
  return before === undefined || before.length === 0 ? [] : [...before, 'test-start'];
}

function wayToMove(context: Context, { verb, kind, endpoint: side }: Move): readonly string[] {
  const from = publicStateOf(context[side].phase);
  const to = aims[kind];
  if (from === to) return [];
  if (!isAllowed(from, to)) return wayByTable(from, to, { verb, side });
  if (context.operation !== null) return [endOf(context), verb];
  const peer = publicStateOf(context[peerOf(side)].phase);
  const rest = completionOf(peer);
  if (context[side].phase === 'replica.testing') return ['test-stop', verb];
  if (context[side].phase.endsWith('.reconfiguring')) return [`wait for ${from}`, verb];
  if (rest !== undefined) return [`wait for ${peerOf(side)} ${rest}`, verb];
  return [];
}

/** The way to wherever the move begins, then the order. */
function wayByTable(
  from: PublicState,
  to: PublicState,
  { verb, side }: Pick<Move, 'verb'> & { side: Side },
): readonly string[] {
  const before = (Object.keys(aimedFrom(to)) as PublicState[])
    .map((start) => shortest(from, start, side))
    .filter((way) => way !== undefined)
    .sort((left, right) => left.length - right.length)[0];
  return before === undefined ? [] : [...before, verb];
}

/** Public states from which a person may order the move. */
function aimedFrom(to: PublicState): Partial<Record<PublicState, true>> {
  const all = ['replica', 'source', 'failed'] as const;
  return Object.fromEntries(
    all.flatMap((from) => (allowedNext(from).includes(to) ? [[from, true]] : [])),
  );
}

/** Breadth first over the table; commands and waits on the way, undefined where there is none. */
export function shortest(
  from: PublicState,
  to: PublicState,
  side: Side,
): readonly string[] | undefined {
  const queue: { readonly at: PublicState; readonly way: readonly string[] }[] = [
    { at: from, way: [] },
  ];
  const seen = new Set<PublicState>([from]);
  for (const { at, way } of queue) {
    if (at === to) return way;
    for (const next of nextOf(at)) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push({ at: next, way: [...way, labelOf(at, next, side)] });
    }
  }
  return undefined;
}

/** Only what goes well: nobody plans to fail. */
function nextOf(at: PublicState): readonly PublicState[] {
  const completion = completionOf(at);
  return completion === undefined ? allowedNext(at) : [completion];
}

function labelOf(at: PublicState, next: PublicState, side: Side): string {
  const verb = completionOf(at) === undefined ? verbFor(at, next) : undefined;
  if (verb === undefined) return `wait for ${next}`;
  return side === 'home' && verb !== 'apply' ? `${verb} home` : verb;
}
