/** The words of the replication chart: its actions, guards and delays by name. The regions are in the files beside it. */
import { assign, emit, enqueueActions, raise, setup } from 'xstate';
import type { PublishedEvent } from './messages.ts';
import { operationMachine } from './operation.ts';
import { answerOf, faultOf, stampOf } from './replication-context.ts';
import type {
  OperationKind,
  Phase,
  ReplicationContext,
  ReplicationEvent,
  ReplicationInput,
  Rest,
} from './replication-context.ts';
import { issueExpired } from './replication-effects.ts';
import type { Writable } from './replication-effects.ts';
import { replication } from './replication-limits.ts';
import * as notes from './replication-notes.ts';
import * as safety from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

interface Of {
  readonly side: Side;
}

const writableIn = (event: object): Writable | undefined =>
  'output' in event ? answerOf(event, 'replication.prove')?.writable : undefined;
const isAimedAt = (event: ReplicationEvent, side: Side): boolean =>
  'endpoint' in event && event.endpoint === side;
const succeeded = (event: object): boolean => 'output' in event && faultOf(event) === null;

export const replicationSetup = setup({
  types: {
    context: {} as ReplicationContext,
    input: {} as ReplicationInput,
    events: {} as ReplicationEvent,
    emitted: {} as PublishedEvent,
  },
  actors: { operation: operationMachine },
  actions: {
    announce: emit(({ context }, { side, phase }: Of & { phase: Phase }) =>
      notes.announced(context, side, phase),
    ),
    enter: assign(({ context, event }, { side, phase }: Of & { phase: Phase }) =>
      notes.entered(context, event, side, phase),
    ),
    /** A timer carries no time: it is the last one known, and the delay. */
    elapse: assign({ atMs: ({ context }, { ms }: { ms: number }) => context.atMs + ms }),
    elapseTest: assign({ atMs: ({ context }) => context.atMs + context.testTtlMs }),
    elapseTick: assign({ atMs: ({ context }) => context.atMs + (context.settings?.everyMs ?? 0) }),
    elapseWindow: assign({ atMs: ({ context }) => context.atMs + safety.windowMs(context) }),
    begin: assign(({ context, event }, { kind }: { kind: OperationKind }) =>
      notes.begun(context, event, kind),
    ),
    end: assign(({ context }, { side }: Of) => notes.ended(context, side)),
    keepRest: assign(({ context }, { side, rest }: Of & { rest: Rest }) => ({
      [side]: { ...context[side], returnTo: rest },
    })),
    noteStamp: assign(({ context, event }) => ({ atMs: stampOf(event, context.atMs) })),
    noteRefusal: assign(({ event }) => ({
      because: answerOf(event, 'replication.preflight')?.because ?? [],
    })),
    noteFault: assign(({ context, event }, { reason }: { reason: string }) =>
      notes.faulted(context, event, reason),
    ),
    declare: assign(({ context, event }) =>
      event.type === 'replication.apply'
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            settings: event.settings,
            isPaused: event.settings.isPaused,
            reason: 'apply',
          }
        : context,
    ),
    claim: assign(({ context }) => notes.claimed(context)),
    tellClaimed: raise({ type: 'epoch.claimed' }),
    noteVia: assign(({ context, event }) => notes.vias(context, event)),
    fenceBegins: assign(({ context }, { side }: Of) => notes.fenceBegun(context, side)),
    noteFence: assign(({ context, event }) => notes.fenceAnswered(context, event)),
    countRound: assign(({ context }) => notes.roundCounted(context)),
    countReissue: assign(({ context }) => notes.reissueCounted(context)),
    noteProof: assign(({ context }, { side }: Of) => notes.proven(context, side)),
    recordOverride: assign(({ context, event }) => notes.overridden(context, event)),
    announceOverride: emit(({ context }) => ({
      type: 'riskAccepted',
      correlationId: context.correlationId,
      data: { ...context.riskAccepted },
    })),
    /** One endpoint is proven unable to write, after a window: at most one writer is left. */
    clearRisk: enqueueActions(({ context, event, enqueue }) => {
      const { riskAccepted, correlationId } = context;
      if (riskAccepted?.clearedAtMs !== null) return;
      const cleared = { ...riskAccepted, clearedAtMs: stampOf(event, context.atMs) };
      enqueue.assign({ riskAccepted: cleared });
      enqueue.emit({ type: 'riskCleared', correlationId, data: { ...cleared } });
    }),
    announceContested: emit(({ context }, { side }: Of) => ({
      type: 'contested',
      correlationId: context.correlationId,
      data: { endpoint: side, epoch: context.epoch },
    })),
    notePoint: assign(({ context, event }) => notes.pointChosen(context, event)),
    becomeWriter: assign(({ context }, { side }: Of) => notes.becameWriter(context, side)),
    releaseWriter: assign(({ context }, { side }: Of) =>
      context.writer === side ? { writer: 'none' as const } : {},
    ),
    addPoint: assign(({ context, event }, { at, isFinal }: { at: Side; isFinal: boolean }) =>
      notes.pointAdded(context, event, at, isFinal),
    ),
    addTickPoint: assign(({ context, event }) =>
      context.writer === 'none'
        ? context
        : notes.pointAdded(context, event, peerOf(context.writer), false),
    ),
    announcePoint: emit(({ context }) => ({
      type: 'pointCommitted',
      correlationId: context.correlationId,
      data: { ...context.points.at(-1) },
    })),
    tellPoint: raise(({ context }) => ({
      type: 'point.committed' as const,
      endpoint: peerOf(context.writer === 'away' ? 'away' : 'home'),
    })),
    tellPointAt: raise((_, { side }: Of) => ({ type: 'point.committed' as const, endpoint: side })),
    noteWritable: assign(({ context, event }, { side }: Of) =>
      notes.writableNoted(context, side, writableIn(event) ?? 'unknown'),
    ),
    noteSight: assign(({ context, event }, { side }: Of) => notes.sightNoted(context, event, side)),
    noteObserved: assign(({ context, event }) => notes.observed(context, event)),
    noteLag: assign(({ context, event }) =>
      event.type === 'lag.measured' ? { atMs: event.atMs, lagRatio: event.ratio } : context,
    ),
    handOver: raise((_, { side }: Of) => ({ type: 'handOver' as const, endpoint: side })),
    tellDemoted: raise((_, { side }: Of) => ({ type: 'peer.demoted' as const, endpoint: side })),
    tellDemotionFailed: raise((_, { side }: Of) => ({
      type: 'peer.demotionFailed' as const,
      endpoint: side,
    })),
    takeTest: assign(({ context, event }) =>
      event.type === 'replication.testStart'
        ? { atMs: event.atMs, correlationId: event.correlationId, testTtlMs: event.ttlMs }
        : context,
    ),
    takeChange: assign(({ context, event }) =>
      event.type === 'replication.reconfigure' && context.settings !== null
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            settings: {
              ...context.settings,
              mode: event.mode ?? context.settings.mode,
              everyMs: event.everyMs ?? context.settings.everyMs,
            },
          }
        : context,
    ),
    notePause: assign({ isPaused: true }),
    noteResume: assign({ isPaused: false }),
    orderDelete: assign(({ context, event }) =>
      event.type === 'replication.delete'
        ? {
            atMs: event.atMs,
            correlationId: event.correlationId,
            isDeleteOrdered: true,
            isForcedDelete: context.isForcedDelete || event.force,
          }
        : context,
    ),
    noteLifecycle: assign((_, { lifecycle }: { lifecycle: ReplicationContext['lifecycle'] }) => ({
      lifecycle,
    })),
    countPoint: assign({ pointSeq: ({ context }) => context.pointSeq + 1 }),
  },
  guards: {
    hasSucceeded: ({ event }) => succeeded(event),
    isMine: ({ event }, { side }: Of) => isAimedAt(event, side),
    // ------------------------------------------------------------------------------ orders
    mayPromote: ({ context, event }, { side }: Of) =>
      event.type === 'replication.promote' &&
      isAimedAt(event, side) &&
      context.operation === null &&
      safety.whyNotPromote(context, side, event.how).length === 0,
    mayDemote: ({ context, event }, { side }: Of) =>
      event.type === 'replication.demote' &&
      isAimedAt(event, side) &&
      context.operation === null &&
      context.lifecycle === 'active' &&
      safety.whyNotDemote(context, side, event.force).length === 0,
    mayResync: ({ context, event }, { side }: Of) =>
      isAimedAt(event, side) &&
      context.operation === null &&
      context.lifecycle === 'active' &&
      safety.whyNotResync(context, side).length === 0,
    mayRecover: ({ context, event }, { side }: Of) =>
      isAimedAt(event, side) && context.operation === null && context.lifecycle === 'active',
    mayTest: ({ context, event }, { side }: Of) =>
      isAimedAt(event, side) &&
      context.operation === null &&
      context.lifecycle === 'active' &&
      safety.hasData(context, side),
    mayReconfigure: ({ context }) => context.operation === null && context.lifecycle === 'active',
    // ------------------------------------------------------------------------------ preflights
    /** Asked again with the answer in hand: the peer may have moved meanwhile. */
    preflightPasses: ({ context, event }, { side }: Of) =>
      answerOf(event, 'replication.preflight')?.ok === true &&
      context.operation !== null &&
      safety.whyNotPromote(context, side, context.operation.how).length === 0,
    demotePreflightPasses: ({ context, event }, { side }: Of) =>
      answerOf(event, 'replication.preflight')?.ok === true &&
      context.lifecycle === 'active' &&
      safety.whyNotDemote(context, side, context.operation?.how === 'forced').length === 0,
    returnsTo: ({ context }, { side, rest }: Of & { rest: Rest }) =>
      context[side].returnTo === rest,
    // ------------------------------------------------------------------------------ promoting
    hasSucceededAndHandsOver: ({ context, event }, { side }: Of) =>
      succeeded(event) &&
      context.operation?.how === 'planned' &&
      context[peerOf(side)].phase.startsWith('source.'),
    isForced: ({ context }) => context.operation?.how === 'forced',
    isFenced: ({ event }) => answerOf(event, 'replication.fence')?.fenced === true,
    readsNo: ({ event }) => writableIn(event) === 'no',
    readsYes: ({ event }) => writableIn(event) === 'yes',
    mayFenceAgain: ({ context, event }) =>
      writableIn(event) === 'yes' &&
      (context.operation?.fenceRounds ?? replication.fenceRoundsMax) < replication.fenceRoundsMax,
    isWaived: ({ context }) =>
      context.fence.stage === 'waived' && context.fence.epoch === context.epoch,
    isTokenRight: ({ context, event }) =>
      event.type === 'replication.override' && event.token === safety.overrideTokenOf(context),
    canArm: ({ context, event }) => succeeded(event) && safety.canArm(context),
    cameTooLate: ({ context, event }) =>
      faultOf(event)?.code === issueExpired &&
      (context.operation?.reissues ?? replication.reissuesMax) < replication.reissuesMax,
    /** Source only on evidence: writing here, and not there unless somebody took that risk. */
    isOnlyWriter: ({ context, event }) => {
      const sight = answerOf(event, 'replication.verify');
      return sight?.self === 'yes' && (sight.peer === 'no' || safety.isRiskTaken(context));
    },
    // ------------------------------------------------------------------------------ demoting
    isSuperseded: ({ context, event }, { side }: Of) =>
      isAimedAt(event, side) && safety.isSuperseded(context, side),
    isGivenUp: ({ context }, { side }: Of) => safety.isSuperseded(context, side),
    /** Nobody waits for the last writes: they stay in the fenced volumes. */
    goesWithoutFinal: ({ context }, { side }: Of) =>
      safety.isSuperseded(context, side) ||
      (context.operation?.kind === 'demote' && context.operation.how === 'forced'),
    peerWrites: ({ context, event }, { side }: Of) =>
      event.type === 'endpoint.observed' &&
      event.endpoint === peerOf(side) &&
      event.writable === 'yes' &&
      context[peerOf(side)].epoch > 0,
    peerRests: ({ event }, { side }: Of) =>
      event.type === 'endpoint.observed' &&
      event.endpoint === peerOf(side) &&
      event.writable === 'no',
    // ------------------------------------------------------------------------------ the rest
    isComplete: ({ event }) => answerOf(event, 'replication.syncStatus')?.isComplete === true,
    startsHere: ({ context, event }, { side }: Of) => {
      const sight = answerOf(event, 'replication.verify');
      return (
        context.settings?.initialSource === side && sight?.self === 'yes' && sight.peer === 'no'
      );
    },
    restsHere: ({ context, event }, { side }: Of) =>
      context.settings?.initialSource === peerOf(side) &&
      answerOf(event, 'replication.verify')?.self === 'no',
    hasPoint: ({ context }, { side }: Of) =>
      context.points.some(({ at, epoch }) => at === side && epoch === context.epoch),
    isLagging: ({ event }) =>
      event.type === 'lag.measured' && event.ratio > replication.lagDegradedRatio,
    isUnhealthy: ({ event }) =>
      event.type === 'lag.measured' && event.ratio >= replication.lagUnhealthyRatio,
    mayTick: ({ context }) => safety.maySnapshot(context),
    hasSucceededAndMayTick: ({ context, event }) => succeeded(event) && safety.maySnapshot(context),
    mayDelete: ({ context }) => context.isDeleteOrdered && safety.isAtRest(context),
    isPaused: ({ context }) => context.isPaused,
  },
  delays: {
    establish: replication.establishMs,
    establishAgain: replication.establishAgainMs,
    preflight: replication.preflightMs,
    claim: replication.claimMs,
    handOver: replication.handOverMs,
    fence: replication.fenceMs,
    prove: replication.proveMs,
    override: replication.overrideMs,
    choose: replication.chooseMs,
    create: replication.createMs,
    arm: replication.armMs,
    verify: replication.verifyMs,
    undo: replication.undoMs,
    drain: replication.drainMs,
    release: replication.releaseMs,
    stall: replication.stallMs,
    probeAgain: ({ context }) => Math.max(replication.probeAgainMs, safety.windowMs(context)),
    promoteWindow: ({ context }) => safety.windowMs(context),
    demoteWindow: ({ context }) => safety.windowMs(context),
    recoverWindow: ({ context }) => safety.windowMs(context),
    compensationWindow: ({ context }) => safety.windowMs(context),
    testTtl: ({ context }) => context.testTtlMs,
    reconfigure: replication.reconfigureMs,
    remove: replication.removeMs,
    removeAgain: replication.removeAgainMs,
    backoff: replication.backoffMs,
    prune: replication.pruneMs,
    tick: ({ context }) => context.settings?.everyMs ?? replication.backoffMs,
    unobserved: replication.observeStableMs * replication.observationsMissedMax,
  },
});
