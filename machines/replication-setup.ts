/** The words of the replication chart: its actions, guards and delays by name. The regions are in the files beside it. */
import { assign, emit, enqueueActions, raise, setup } from 'xstate';
import type { PublishedEvent } from './messages.ts';
import { operationMachine } from './operation.ts';
import type {
  Phase,
  ReplicationContext,
  ReplicationInput,
  Rest,
  SchedulePhase,
} from './replication-context.ts';
import * as group from './replication-barrier.ts';
import { replicationDelays } from './replication-delays.ts';
import { stampOf } from './replication-events.ts';
import type { ReplicationEvent } from './replication-events.ts';
import { replicationGuards, writableIn } from './replication-guards.ts';
import type { AtBarrier, Tracked } from './replication-guards.ts';
import * as notes from './replication-notes.ts';
import * as orders from './replication-order-notes.ts';
import * as schedule from './replication-schedule-notes.ts';
import * as safety from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

interface Of {
  readonly side: Side;
}

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
    elapseTick: assign({ atMs: ({ context }) => context.atMs + schedule.tickDelayMs(context) }),
    elapseWindow: assign({ atMs: ({ context }) => context.atMs + safety.windowMs(context) }),
    begin: assign(({ context, event }) => orders.begun(context, event)),
    /** The second half of a way home. */
    goOn: assign(({ context, event }, { side }: Of) => orders.wentOn(context, event, side)),
    end: assign(({ context }, { side }: Of) => notes.ended(context, side)),
    /** Calls that nobody has ordered get a number of their own, or they would be answered as those of the last order were. */
    countOrder: assign({ ordersBegun: ({ context }) => context.ordersBegun + 1 }),
    arriveAt: assign(({ context }, { barrier }: AtBarrier) => group.arrived(context, barrier)),
    passBarrier: assign(({ context, event }, { barrier }: AtBarrier) =>
      group.passed(context, event, barrier),
    ),
    keepRest: assign(({ context }, { side, rest }: Of & { rest: Rest }) => ({
      [side]: { ...context[side], returnTo: rest },
    })),
    noteStamp: assign(({ context, event }) => ({ atMs: stampOf(event, context.atMs) })),
    noteRefusal: assign(({ event }) => orders.refusal(event)),
    noteEstimate: assign(({ context, event }) => orders.estimated(context, event)),
    noteProgress: assign(({ context, event }, { of }: Tracked) =>
      notes.progressed(context, event, of),
    ),
    noteFault: assign(({ context, event }, { reason }: { reason: string }) =>
      notes.faulted(context, event, reason),
    ),
    declare: assign(({ context, event }) => orders.declared(context, event)),
    announceDeclared: enqueueActions(({ context, event, enqueue }) => {
      for (const told of orders.declaration(context, event)) enqueue.emit(told);
    }),
    claim: assign(({ context }) => notes.claimed(context)),
    tellClaimed: raise({ type: 'epoch.claimed' }),
    noteVia: assign(({ context, event }) => notes.vias(context, event)),
    fenceBegins: assign(({ context }, { side }: Of) => notes.fenceBegun(context, side)),
    noteFence: assign(({ context, event }) => notes.fenceAnswered(context, event)),
    countRound: assign(({ context }) => notes.roundCounted(context)),
    countReissue: assign(({ context }) => notes.reissueCounted(context)),
    noteProof: assign(({ context, event }, { side }: Of) => notes.proven(context, event, side)),
    announceProof: emit(({ context }, { side }: Of) => ({
      type: 'fenceProven',
      correlationId: context.correlationId,
      data: { endpoint: peerOf(side), epoch: context.epoch },
    })),
    recordOverride: assign(({ context, event }) => orders.overridden(context, event)),
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
      enqueue.assign(({ context: before }) => ({
        ...notes.lossExtended(before, event),
        riskAccepted: cleared,
      }));
      enqueue.emit({ type: 'riskCleared', correlationId, data: { ...cleared } });
    }),
    announceContested: emit(({ context }, { side }: Of) => ({
      type: 'contested',
      correlationId: context.correlationId,
      data: { endpoint: side, epoch: context.epoch },
    })),
    notePoint: assign(({ context, event }) => notes.pointChosen(context, event)),
    announceLoss: emit(({ context }) => ({
      type: 'lossRecorded',
      correlationId: context.correlationId,
      data: { ...context.loss },
    })),
    becomeWriter: assign(({ context, event }, { side }: Of) =>
      notes.becameWriter(context, event, side),
    ),
    tellWriter: raise({ type: 'writer.changed' }),
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
    announceLag: emit(({ context }, { health }: { health: string }) => ({
      type: 'lagChanged',
      correlationId: context.correlationId,
      data: { health, ratio: context.lagRatio, epoch: context.epoch },
    })),
    handOver: raise((_, { side }: Of) => ({ type: 'handOver' as const, endpoint: side })),
    tellDemoted: raise((_, { side }: Of) => ({ type: 'peer.demoted' as const, endpoint: side })),
    tellDemotionFailed: raise((_, { side }: Of) => ({
      type: 'peer.demotionFailed' as const,
      endpoint: side,
    })),
    takeTest: assign(({ context, event }) => orders.testTaken(context, event)),
    announceTest: emit(
      ({ context }, { side, type }: Of & { type: 'testStarted' | 'testEnded' }) => ({
        type,
        correlationId: context.correlationId,
        data: { endpoint: side, point: context.testPoint, reason: context.reason },
      }),
    ),
    takeChange: assign(({ context, event }) => orders.changed(context, event)),
    announceChange: emit(({ context }) => orders.changeTold(context)),
    notePause: assign(({ context, event }) => orders.paused(context, event, true)),
    noteResume: assign(({ context, event }) => orders.paused(context, event, false)),
    orderDelete: assign(({ context, event }) => orders.deleteOrdered(context, event)),
    noteLifecycle: assign((_, { lifecycle }: { lifecycle: ReplicationContext['lifecycle'] }) => ({
      lifecycle,
    })),
    tellDeletion: raise({ type: 'deletion.begun' }),
    announceDeleted: emit(({ context }) => ({
      type: 'deleted',
      correlationId: context.correlationId,
      data: { epoch: context.epoch, onDelete: context.spec?.retention.onDelete },
    })),
    noteWaiting: assign(({ event }) =>
      event.type === 'operation.changed' ? { waiting: event.waiting } : {},
    ),
    // ------------------------------------------------------------------------------ schedule
    enterSchedule: assign(({ context, event }, { phase }: { phase: SchedulePhase }) =>
      schedule.entered(context, event, phase),
    ),
    countPoint: assign(({ context }, { side }: Of) => notes.pointCounted(context, side)),
    beginTick: assign(({ context, event }) => schedule.tickBegun(context, event)),
    endTick: assign(({ context, event }) => schedule.tickEnded(context, event)),
    dropPruned: assign(({ context, event }) => schedule.pruned(context, event)),
    announcePruned: enqueueActions(({ context, event, enqueue }) => {
      const told = schedule.pruningTold(context, event);
      if (told !== undefined) enqueue.emit(told);
    }),
  },
  guards: replicationGuards,
  delays: replicationDelays,
});
