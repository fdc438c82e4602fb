/** The words of the group's chart: its actions, guards and delays by name. */
import { assign, emit, setup } from 'xstate';
import type { PublishedEvent } from './messages.ts';
import { operationMachine } from './operation.ts';
import type { Barrier } from './replication-group-mark.ts';
import type {
  GroupContext,
  GroupEvent,
  GroupInput,
  GroupPhase,
} from './replication-group-context.ts';
import { group } from './replication-group-limits.ts';
import * as judge from './replication-group-judgement.ts';
import * as notes from './replication-group-notes.ts';

interface At {
  readonly barrier: Barrier;
}
interface In {
  readonly phase: GroupPhase;
}

export const groupSetup = setup({
  types: {
    context: {} as GroupContext,
    input: {} as GroupInput,
    events: {} as GroupEvent,
    emitted: {} as PublishedEvent,
  },
  actors: { operation: operationMachine },
  actions: {
    announce: emit(({ context }, { phase }: In) => notes.announced(context, phase)),
    enter: assign(({ context, event }, { phase }: In) => notes.entered(context, event, phase)),
    /** A timer carries no time: it is the last one known, and the delay. */
    elapse: assign({ atMs: ({ context }, { ms }: { ms: number }) => context.atMs + ms }),
    declare: assign(({ context, event }) => notes.declared(context, event)),
    announceDeclared: emit(({ context }) => notes.declaration(context)),
    begin: assign(({ context, event }) => notes.begun(context, event)),
    noteLook: assign(({ context, event }) => notes.looked(context, event)),
    takeMoves: assign(({ context, event }) => notes.movesTaken(context, event)),
    noteKept: assign(({ context, event }) => notes.kept(context, event)),
    noteCalledOff: assign(({ context, event }) => notes.calledOff(context, event)),
    settleNext: assign(({ context }, { isWriter }: { isWriter: boolean }) =>
      notes.settled(context, isWriter),
    ),
    noteCause: assign(({ context, event }, { cause }: { cause: string }) =>
      notes.caused(context, event, cause),
    ),
    end: assign(({ context, event }) => notes.ended(context, event)),
    announceEnd: emit(({ context }) => notes.endTold(context)),
    announceDeleted: emit(({ context }) => ({
      type: 'deleted',
      correlationId: context.correlationId,
      data: { members: context.spec?.members.map(({ name }) => name) },
    })),
    noteWaiting: assign(({ event }) =>
      event.type === 'operation.changed' ? { waiting: event.waiting } : {},
    ),
  },
  guards: {
    isAllThere: ({ context, event }) => judge.isAllThere(context, event),
    allAdmit: ({ context, event }) => judge.allAdmit(context, event),
    mayResync: ({ context, event }) => judge.mayResync(context, event),
    hasResyncFailed: ({ event }) => judge.hasResyncFailed(event),
    hasLooked: ({ event }) => judge.hasLooked(event),
    allTook: ({ event }) => judge.allTook(event),
    allAt: ({ context, event }, { barrier }: At) => judge.allAt(context, event, barrier),
    someFell: ({ context, event }) => judge.someFell(context, event),
    isNextThere: ({ context, event }) => judge.isNextThere(context, event),
    hasNextFallen: ({ context, event }) => judge.hasNextFallen(context, event),
    hasFirstFallen: ({ context, event }) =>
      context.operation?.hasWriter === false && judge.hasNextFallen(context, event),
    hasNoWriterYet: ({ context }) => context.operation?.hasWriter === false,
    hasNobodyLeft: ({ context }) => judge.nextOf(context) === undefined,
    isKeepDue: ({ context, event }) => judge.isKeepDue(context, event),
    isAllSettled: ({ context, event }) => judge.isAllSettled(context, event),
    hasToCallOff: ({ context, event }) => judge.hasToCallOff(context, event),
  },
  delays: {
    lookAgain: group.lookAgainMs,
    lookAtRest: group.lookAtRestMs,
    preflight: group.preflightMs,
    ready: group.readyMs,
    fenced: group.fencedMs,
    made: group.madeMs,
    resync: group.resyncMs,
    verify: group.verifyMs,
    abort: group.abortMs,
    /** Of all that are armed one after the other. */
    arm: ({ context }) => group.armMs * Math.max(1, context.operation?.moving.length ?? 1),
  },
});
