/** Guards one class of calls: closed → open → halfOpen → closed; isolated and metricsOnly by order. */
import { assign, enqueueActions, setup } from 'xstate';
import { hasRecovered, hasTripped, openForMs } from './breaker-rules.ts';
import type { CallCounts } from './breaker-rules.ts';
import { resilience } from './limits.ts';
import type { CallPolicy } from './limits.ts';
import type { PublishedEvent } from './messages.ts';

export const breakerStates = ['closed', 'halfOpen', 'open', 'isolated', 'metricsOnly'] as const;
export type BreakerState = (typeof breakerStates)[number];

/** What made a circuit open, kept for whoever asks why. */
export interface Trip extends CallCounts {
  readonly type: string;
  readonly code: string;
  readonly requestId: string;
  readonly atMs: number;
}

export interface BreakerInput {
  readonly key: string;
  readonly policy: CallPolicy;
  readonly atMs: number;
}

export interface BreakerContext {
  readonly key: string;
  readonly policy: CallPolicy;
  /** Grows with every change of state; what was admitted in another epoch decides nothing any more. */
  readonly epoch: number;
  /** The state this epoch is in; `from` of the next change. */
  readonly entered: BreakerState;
  readonly tripsInRow: number;
  readonly closedAtMs: number;
  readonly openedAtMs: number;
  /** Fixed when the circuit opens; later failures never move it. */
  readonly openUntilMs: number;
  readonly lastTrip: Trip | null;
  readonly probesOk: number;
  readonly isolation: { readonly reason: string; readonly sinceMs: number; untilMs: number } | null;
  /** Trips that a breaker which only measures would have made. */
  readonly wouldHaveTripped: number;
  /** The last order applied: the same one twice changes nothing. */
  readonly orderId: string;
}

interface Judged {
  readonly epoch: number;
  readonly atMs: number;
  readonly roll: number;
  readonly correlationId: string;
  readonly type_: string;
  readonly code: string;
  readonly requestId: string;
  readonly counts: CallCounts;
}
interface Order {
  readonly atMs: number;
  readonly orderId: string;
  readonly reason: string;
}

export type BreakerEvent =
  | ({ readonly type: 'call.failed' | 'call.slow' | 'probe.failed' } & Judged)
  | { readonly type: 'probe.ok'; readonly epoch: number; readonly atMs: number }
  | { readonly type: 'open.elapsed'; readonly epoch: number }
  /** A call that may pass an open circuit was answered. */
  | { readonly type: 'health.ok'; readonly epoch: number }
  /** Another host's circuit for the same calls has opened. */
  | { readonly type: 'peer.opened' }
  | ({ readonly type: 'breaker.reset' | 'breaker.release' | 'breaker.observe' } & Order)
  | ({ readonly type: 'breaker.isolate'; readonly untilMs: number } & Order)
  | { readonly type: 'policy.update'; readonly policy: Partial<CallPolicy> };

const isJudged = (event: BreakerEvent): event is Extract<BreakerEvent, Judged> =>
  event.type === 'call.failed' || event.type === 'call.slow' || event.type === 'probe.failed';
const isOrder = (event: BreakerEvent): event is Extract<BreakerEvent, Order> => 'orderId' in event;

function trip(context: BreakerContext, event: BreakerEvent): Partial<BreakerContext> {
  if (!isJudged(event)) return {};
  const wasRecovered =
    context.entered === 'closed' && hasRecovered(context.policy, event.atMs - context.closedAtMs);
  const tripsInRow = wasRecovered ? 1 : context.tripsInRow + 1;
  const { type_: type, code, requestId, counts, atMs } = event;
  return {
    tripsInRow,
    openedAtMs: atMs,
    openUntilMs: atMs + openForMs(context.policy, tripsInRow, event.roll),
    lastTrip: { type, code, requestId, atMs, ...counts },
  };
}

/** What of a change is published; numbers only, so that a line can be made of it anywhere. */
function changeOf(context: BreakerContext, event: BreakerEvent, to: BreakerState): PublishedEvent {
  const isOpen = to === 'open';
  return {
    type: 'breakerChanged',
    correlationId: isJudged(event) ? event.correlationId : '',
    data: {
      key: context.key,
      from: context.entered,
      to,
      epoch: context.epoch + 1,
      cause: event.type.startsWith('xstate.after.') ? 'elapsed' : event.type,
      ...(isOpen && { openUntilMs: context.openUntilMs, lastTrip: context.lastTrip }),
      ...(isOrder(event) && { orderId: event.orderId, reason: event.reason }),
    },
  };
}

export const breakerMachine = setup({
  types: {
    context: {} as BreakerContext,
    input: {} as BreakerInput,
    events: {} as BreakerEvent,
    emitted: {} as PublishedEvent,
  },
  actions: {
    trip: assign(({ context, event }) => trip(context, event)),
    countProbe: assign({ probesOk: ({ context }) => context.probesOk + 1 }),
    countWouldHave: assign({ wouldHaveTripped: ({ context }) => context.wouldHaveTripped + 1 }),
    noteOrder: assign(({ event }) => (isOrder(event) ? { orderId: event.orderId } : {})),
    isolate: assign(({ event }) =>
      event.type === 'breaker.isolate'
        ? { isolation: { reason: event.reason, sinceMs: event.atMs, untilMs: event.untilMs } }
        : {},
    ),
    forgetIsolation: assign({ isolation: null }),
    forgetTrips: assign({ tripsInRow: 0, openUntilMs: 0 }),
    noteClosed: assign(({ context, event }) => ({
      closedAtMs: 'atMs' in event ? event.atMs : context.closedAtMs,
    })),
    mergePolicy: assign(({ context, event }) =>
      event.type === 'policy.update' ? { policy: { ...context.policy, ...event.policy } } : {},
    ),
    /** First thing in every state but the initial one: a new epoch, told to everybody. */
    enter: enqueueActions(({ context, event, enqueue }, params: { to: BreakerState }) => {
      // The initial state is entered by no event of ours.
      if ((event as { type: string }).type === 'xstate.init') return;
      enqueue.emit(changeOf(context, event, params.to));
      enqueue.assign({ epoch: context.epoch + 1, entered: params.to, probesOk: 0 });
    }),
  },
  guards: {
    isTrip: ({ context, event }) =>
      isJudged(event) && event.epoch === context.epoch && hasTripped(context.policy, event.counts),
    isOfThisEpoch: ({ context, event }) => 'epoch' in event && event.epoch === context.epoch,
    isLastProbe: ({ context, event }) =>
      'epoch' in event &&
      event.epoch === context.epoch &&
      context.probesOk + 1 >= context.policy.successThreshold,
    isNewOrder: ({ context, event }) => isOrder(event) && event.orderId !== context.orderId,
  },
  delays: {
    openFor: ({ context }) => context.openUntilMs - context.openedAtMs,
    isolatedFor: ({ context }) =>
      (context.isolation?.untilMs ?? 0) - (context.isolation?.sinceMs ?? 0),
  },
}).createMachine({
  id: 'breaker',
  context: ({ input }) => ({
    key: input.key,
    policy: input.policy,
    epoch: 0,
    entered: 'closed',
    tripsInRow: 0,
    closedAtMs: input.atMs,
    openedAtMs: 0,
    openUntilMs: 0,
    lastTrip: null,
    probesOk: 0,
    isolation: null,
    wouldHaveTripped: 0,
    orderId: '',
  }),
  initial: 'closed',
  on: {
    'breaker.reset': {
      guard: 'isNewOrder',
      target: '.closed',
      actions: ['noteOrder', 'forgetTrips', 'forgetIsolation'],
    },
    'breaker.isolate': {
      guard: 'isNewOrder',
      target: '.isolated',
      actions: ['noteOrder', 'isolate'],
    },
    'breaker.observe': {
      guard: 'isNewOrder',
      target: '.metricsOnly',
      actions: ['noteOrder', 'forgetIsolation'],
    },
    'policy.update': { actions: 'mergePolicy' },
  },
  states: {
    closed: {
      entry: [{ type: 'enter', params: { to: 'closed' } }, 'noteClosed'],
      on: {
        'call.failed': { guard: 'isTrip', target: 'open', actions: 'trip' },
        'call.slow': { guard: 'isTrip', target: 'open', actions: 'trip' },
        'peer.opened': 'halfOpen',
      },
    },
    open: {
      entry: { type: 'enter', params: { to: 'open' } },
      after: { openFor: 'halfOpen' },
      on: {
        'open.elapsed': { guard: 'isOfThisEpoch', target: 'halfOpen' },
        'health.ok': { guard: 'isOfThisEpoch', target: 'halfOpen' },
      },
    },
    halfOpen: {
      entry: { type: 'enter', params: { to: 'halfOpen' } },
      on: {
        'probe.ok': [
          { guard: 'isLastProbe', target: 'closed' },
          { guard: 'isOfThisEpoch', actions: 'countProbe' },
        ],
        'probe.failed': { guard: 'isOfThisEpoch', target: 'open', actions: 'trip' },
      },
    },
    isolated: {
      entry: { type: 'enter', params: { to: 'isolated' } },
      after: { isolatedFor: { target: 'halfOpen', actions: 'forgetIsolation' } },
      on: {
        'breaker.release': {
          guard: 'isNewOrder',
          target: 'halfOpen',
          actions: ['noteOrder', 'forgetIsolation'],
        },
      },
    },
    metricsOnly: {
      entry: { type: 'enter', params: { to: 'metricsOnly' } },
      on: {
        'call.failed': { guard: 'isTrip', actions: 'countWouldHave' },
        'call.slow': { guard: 'isTrip', actions: 'countWouldHave' },
        'breaker.release': { guard: 'isNewOrder', target: 'closed', actions: 'noteOrder' },
      },
    },
  },
  options: { maxIterations: 20 },
});

/** Latest end of an isolation without one of its own. */
export const isolationEndMs = (atMs: number, forMs: number | undefined): number =>
  atMs + (forMs ?? resilience.isolationMaxMs);
