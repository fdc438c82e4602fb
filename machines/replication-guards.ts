/** What a replication's transitions ask, by name: pure answers from its memory and the event in hand. */
import { isCalled, isReleased, waitsAt } from './replication-barrier.ts';
import type { Barrier } from './replication-group-mark.ts';
import { moveOf } from './replication-orders.ts';
import type { Move } from './replication-orders.ts';
import { answerOf, faultOf, progressOf } from './replication-events.ts';
import type { ReplicationEvent } from './replication-events.ts';
import type { OperationKind, ReplicationContext, Rest } from './replication-context.ts';
import { issueExpired } from './replication-effects.ts';
import type { Writable } from './replication-effects.ts';
import { replication } from './replication-limits.ts';
import * as safety from './replication-safety.ts';
import { isOtherPace, settingsOf } from './replication-settings.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

interface Of {
  readonly side: Side;
}
export interface AtBarrier {
  readonly barrier: Barrier;
}
export interface Tracked {
  readonly of: Side | 'schedule';
}
interface Seen {
  readonly context: ReplicationContext;
  readonly event: ReplicationEvent;
}

export const writableIn = (event: object): Writable | undefined =>
  'output' in event ? answerOf(event, 'replication.prove')?.writable : undefined;
const isAimedAt = (event: ReplicationEvent, side: Side): boolean =>
  'endpoint' in event && event.endpoint === side;
const succeeded = (event: object): boolean => 'output' in event && faultOf(event) === null;

/** Nothing else is under way, and it is not on its way out. */
const isFree = ({ operation, lifecycle, isDeleteOrdered }: ReplicationContext): boolean =>
  operation === null && lifecycle === 'active' && !isDeleteOrdered;

function isMoveTo(
  context: ReplicationContext,
  event: ReplicationEvent,
  side: Side,
  kind: OperationKind,
  why: (move: Move) => readonly string[],
): boolean {
  const move = moveOf(context, event);
  return move?.kind === kind && move.endpoint === side && why(move).length === 0;
}

export const replicationGuards = {
  hasSucceeded: ({ event }: Seen) => succeeded(event),
  isMine: ({ event }: Seen, { side }: Of) => isAimedAt(event, side),
  // ------------------------------------------------------------------------------ orders
  mayPromote: ({ context, event }: Seen, { side }: Of) =>
    isFree(context) &&
    isMoveTo(context, event, side, 'promote', ({ how }) =>
      safety.whyNotPromote(context, side, how),
    ),
  mayDemote: ({ context, event }: Seen, { side }: Of) =>
    isFree(context) &&
    isMoveTo(context, event, side, 'demote', ({ how }) =>
      safety.whyNotDemote(context, side, how === 'forced'),
    ),
  mayResync: ({ context, event }: Seen, { side }: Of) =>
    isFree(context) &&
    isMoveTo(context, event, side, 'resync', () => safety.whyNotResync(context, side)),
  mayRecover: ({ context, event }: Seen, { side }: Of) =>
    isFree(context) && isMoveTo(context, event, side, 'recover', () => []),
  mayTest: ({ context, event }: Seen, { side }: Of) =>
    event.type === 'replication.test-start' &&
    isAimedAt(event, side) &&
    isFree(context) &&
    safety.whyNotTest(context, side, event.force).length === 0,
  mayReconfigure: ({ context }: Seen) => isFree(context),
  /** A manifest that changes how copies are kept current is the same order as reconfigure. */
  changesPace: ({ context, event }: Seen) =>
    isFree(context) &&
    event.type === 'replication.apply' &&
    context.settings !== null &&
    isOtherPace(context.settings, settingsOf(event.manifest.spec)),
  isForcedDelete: ({ event }: Seen) => event.type === 'replication.delete' && event.force,
  // ------------------------------------------------------------------------------ preflights
  /** Asked again with the answer in hand: the peer may have moved meanwhile. */
  preflightPasses: ({ context, event }: Seen, { side }: Of) =>
    answerOf(event, 'replication.preflight')?.ok === true &&
    context.operation !== null &&
    safety.whyNotPromote(context, side, context.operation.how).length === 0,
  demotePreflightPasses: ({ context, event }: Seen, { side }: Of) =>
    answerOf(event, 'replication.preflight')?.ok === true &&
    context.lifecycle === 'active' &&
    safety.whyNotDemote(context, side, context.operation?.how === 'forced').length === 0,
  // ------------------------------------------------------------------------------ groups
  waitsAt: ({ context }: Seen, { side, barrier }: Of & AtBarrier) =>
    waitsAt(context, side, barrier),
  /** Passed, but the group has to say so of all of its members first. */
  preflightPassesAndWaits: ({ context, event }: Seen, { side }: Of) =>
    answerOf(event, 'replication.preflight')?.ok === true &&
    safety.whyNotPromote(context, side, context.operation?.how ?? 'planned').length === 0 &&
    waitsAt(context, side, 'ready'),
  readsNoAndWaits: ({ context, event }: Seen, { side }: Of) =>
    writableIn(event) === 'no' && waitsAt(context, side, 'fenced'),
  canArmAndWaits: ({ context, event }: Seen, { side }: Of) =>
    succeeded(event) && safety.canArm(context) && waitsAt(context, side, 'made'),
  isReleased: ({ context, event }: Seen, { barrier }: AtBarrier) =>
    isReleased(context, event, barrier),
  isKept: ({ context, event }: Seen, { barrier }: AtBarrier) =>
    isCalled(context, event, barrier) && event.hold,
  isCalled: ({ context, event }: Seen, { barrier }: AtBarrier) => isCalled(context, event, barrier),
  returnsTo: ({ context }: Seen, { side, rest }: Of & { rest: Rest }) =>
    context[side].returnTo === rest,
  // ------------------------------------------------------------------------------ slow work
  isUnderway: ({ event }: Seen) => progressOf(event) !== undefined,
  hasMovedOn: ({ context, event }: Seen, { of }: Tracked) =>
    (progressOf(event) ?? -1) > (context[of].progress ?? -1),
  // ------------------------------------------------------------------------------ promoting
  hasSucceededAndHandsOver: ({ context, event }: Seen, { side }: Of) =>
    succeeded(event) &&
    context.operation?.how === 'planned' &&
    context[peerOf(side)].phase.startsWith('source.'),
  isForced: ({ context }: Seen) => context.operation?.how === 'forced',
  isFenced: ({ event }: Seen) => answerOf(event, 'replication.fence')?.fenced === true,
  readsNo: ({ event }: Seen) => writableIn(event) === 'no',
  readsYes: ({ event }: Seen) => writableIn(event) === 'yes',
  mayFenceAgain: ({ context, event }: Seen) =>
    writableIn(event) === 'yes' &&
    (context.operation?.fenceRounds ?? replication.fenceRoundsMax) < replication.fenceRoundsMax,
  isWaived: ({ context }: Seen) =>
    context.fence.stage === 'waived' && context.fence.epoch === context.epoch,
  isTokenRight: ({ context, event }: Seen) =>
    event.type === 'replication.override' && event.token === safety.overrideTokenOf(context),
  canArm: ({ context, event }: Seen) => succeeded(event) && safety.canArm(context),
  cameTooLate: ({ context, event }: Seen) =>
    faultOf(event)?.code === issueExpired &&
    (context.operation?.reissues ?? replication.reissuesMax) < replication.reissuesMax,
  /** Source only on evidence: writing here, and not there unless somebody took that risk. */
  isOnlyWriter: ({ context, event }: Seen) => {
    const sight = answerOf(event, 'replication.verify');
    return sight?.self === 'yes' && (sight.peer === 'no' || safety.isRiskTaken(context));
  },
  // ------------------------------------------------------------------------------ demoting
  isSuperseded: ({ context, event }: Seen, { side }: Of) =>
    isAimedAt(event, side) && context.lifecycle === 'active' && safety.isSuperseded(context, side),
  /** Superseded, and the other side writes by now: nobody is left who might want this one to go on. */
  isOutlived: ({ context, event }: Seen, { side }: Of) =>
    isAimedAt(event, side) &&
    isFree(context) &&
    context.writer === peerOf(side) &&
    safety.isSuperseded(context, side),
  isGivenUp: ({ context }: Seen, { side }: Of) => safety.isSuperseded(context, side),
  /** What a superseded writer held is kept; it is nobody's next point. */
  hasKept: ({ context, event }: Seen, { side }: Of) =>
    succeeded(event) && safety.isSuperseded(context, side),
  /** Nobody waits for the last writes: they stay in the fenced volumes. */
  goesWithoutFinal: ({ context }: Seen, { side }: Of) =>
    safety.isSuperseded(context, side) ||
    (context.operation?.kind === 'demote' && context.operation.how === 'forced'),
  peerWrites: ({ context, event }: Seen, { side }: Of) =>
    event.type === 'endpoint.observed' &&
    event.endpoint === peerOf(side) &&
    event.writable === 'yes' &&
    context[peerOf(side)].epoch > 0,
  peerRests: ({ event }: Seen, { side }: Of) =>
    event.type === 'endpoint.observed' &&
    event.endpoint === peerOf(side) &&
    event.writable === 'no',
  // ------------------------------------------------------------------------------ the rest
  isComplete: ({ event }: Seen) => answerOf(event, 'replication.syncStatus')?.isComplete === true,
  /** Complete, and it was the first half of a way home. */
  isCompleteAndGoesOn: ({ context, event }: Seen, { side }: Of) =>
    answerOf(event, 'replication.syncStatus')?.isComplete === true &&
    context.operation?.then === 'promote' &&
    context.operation.endpoint === side,
  startsHere: ({ context, event }: Seen, { side }: Of) => {
    const sight = answerOf(event, 'replication.verify');
    return context.settings?.initialSource === side && sight?.self === 'yes' && sight.peer === 'no';
  },
  restsHere: ({ context, event }: Seen, { side }: Of) =>
    context.settings?.initialSource === peerOf(side) &&
    answerOf(event, 'replication.verify')?.self === 'no',
  hasPoint: ({ context }: Seen, { side }: Of) =>
    context.points.some(({ at, epoch }) => at === side && epoch === context.epoch),
  isLagging: ({ event }: Seen) =>
    event.type === 'lag.measured' && event.ratio > replication.lagDegradedRatio,
  isUnhealthy: ({ event }: Seen) =>
    event.type === 'lag.measured' && event.ratio >= replication.lagUnhealthyRatio,
  mayTick: ({ context }: Seen) => safety.maySnapshot(context),
  hasSucceededAndMayTick: ({ context, event }: Seen) =>
    succeeded(event) && safety.maySnapshot(context),
  mayDelete: ({ context }: Seen) => context.isDeleteOrdered && safety.isAtRest(context),
  isDeleting: ({ context }: Seen) => context.lifecycle !== 'active',
  isPaused: ({ context }: Seen) => context.isPaused,
  isNotPaused: ({ context }: Seen) => !context.isPaused,
};
