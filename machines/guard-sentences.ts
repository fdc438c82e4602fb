/** What each guard on the edge of a command says of itself, for true and for false. Charts ask; people read this. */
import type { Sentence, Sentences } from './because.ts';
import { barrierOf } from './replication-barrier.ts';
import type { ReplicationContext } from './replication-context.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import * as safety from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

type Context = ReplicationContext;
type Told<P> = (context: Context, event: ReplicationCommand, params: P) => Sentence | undefined;
interface Of {
  readonly side: Side;
}

const list = (reasons: readonly string[], otherwise: string): string =>
  reasons.length === 0 ? otherwise : reasons.join('; ');

/** What holds back every order: another one, or the end of the whole. */
function busy({ operation, lifecycle, isDeleteOrdered }: Context): readonly string[] {
  return [
    ...(operation === null ? [] : [`${operation.kind} of ${operation.endpoint} is under way`]),
    ...(lifecycle !== 'active' || isDeleteOrdered ? ['it is being deleted'] : []),
  ];
}

/** Of a guard that lets one sort of move through; another side's edge says nothing. */
const ofMove =
  (kind: Move['kind'], why: (context: Context, move: Move) => readonly string[]): Told<Of> =>
  (context, event, { side }) => {
    const move = moveOf(context, event);
    if (move?.kind !== kind || move.endpoint !== side) return undefined;
    return {
      yes: `${side} may ${kind} now`,
      no: list([...busy(context), ...why(context, move)], `${side} may not ${kind} now`),
    };
  };

const isAimedAt = (event: ReplicationCommand, side: Side): boolean =>
  !('endpoint' in event) || event.endpoint === side;

const barrier = (yes: string, no: string): Told<{ readonly barrier: string }> => {
  return (context, event, params) =>
    'phase' in event && event.phase === params.barrier
      ? { yes, no: `${no} (${barrierOf(context)})` }
      : undefined;
};

const told = {
  mayPromote: ofMove('promote', (context, { endpoint, how, wanted }) => [
    ...safety.whyNotPromote(context, endpoint, how),
    ...safety.whyNotPoint(context, endpoint, wanted),
  ]),
  mayDemote: ofMove('demote', (context, { endpoint, how }) =>
    safety.whyNotDemote(context, endpoint, how === 'forced'),
  ),
  mayResync: ofMove('resync', (context, { endpoint }) => safety.whyNotResync(context, endpoint)),
  mayRecover: ofMove('recover', () => []),
  mayTest: (context, event, { side }: Of) =>
    isAimedAt(event, side)
      ? {
          yes: `a test may begin on ${side}`,
          no: list(
            [
              ...busy(context),
              ...safety.whyNotTest(context, side, 'force' in event && event.force),
            ],
            `no test may begin on ${side}`,
          ),
        }
      : undefined,
  isMine: (_context, event, { side }: Of) =>
    isAimedAt(event, side)
      ? { yes: `the order is for ${side}`, no: `the order is for ${peerOf(side)}` }
      : undefined,
  mayReconfigure: (context) => ({
    yes: 'mode and interval may change now',
    no: list(busy(context), 'mode and interval may not change now'),
  }),
  changesPace: (context) => ({
    yes: 'the manifest changes how copies are kept current',
    no: list(busy(context), 'the manifest leaves mode and interval as they are'),
  }),
  isForcedDelete: () => ({
    yes: 'the deletion is forced: what is under way is given up',
    no: 'the deletion is not forced: it waits for the end of what is under way',
  }),
  isTokenRight: (context) => ({
    yes: 'the token is of this promotion and this risk',
    no: `the token is not of this promotion; seen: ${context.operation?.observed ?? 'nothing'}`,
  }),
  isGivenUp: (_context, _event, { side }: Of) => ({
    yes: `${side} was superseded: its way out is not turned back`,
    no: `${side} is still the newest writer`,
  }),
  isReleased: barrier('the group lets it past', 'the group does not let it past'),
  isKept: barrier('the group bids it wait on', 'the group does not bid it wait on'),
  isCalled: barrier('the group speaks of this wait', 'that group does not speak of this wait'),
  mayTick: (context) => ({
    yes: 'a point may be taken now',
    no: context.isPaused
      ? 'it is paused: no point is taken'
      : `no point may be taken: writer is ${context.writer}`,
  }),
} as const satisfies Readonly<Record<string, Told<never>>>;

/** Contexts and events come from the chart that holds the guard. */
export const replicationSentences = told as unknown as Sentences;
