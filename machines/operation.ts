/**
 * One effect from its first try to its end: attempting → backingOff | waitingForCircuit | parked → attempting … →
 * succeeded | exhausted | cancelled; held while paused.
 */
import { assign, emit, fromPromise, sendParent, setup } from 'xstate';
import { resilience, retryPresets } from './limits.ts';
import type { RetryPresetName } from './limits.ts';
import type {
  EffectFault,
  EffectName,
  Effects,
  PerformCall,
  PerformResult,
  PublishedEvent,
} from './messages.ts';
import { priorityOf } from './priority.ts';
import { canRetry, isLocal, isLongWait, retryDelayMs } from './retry.ts';

export interface OperationInput {
  readonly effect: EffectName;
  /** Null: read from the context of the machine that owns the operation, so that it is not stored twice. */
  readonly input: Effects[EffectName]['in'] | null;
  readonly token: string;
  readonly preset: RetryPresetName;
  readonly correlationId: string;
  readonly atMs: number;
  readonly paused: boolean;
}

export interface OperationContext extends OperationInput {
  /** The try under way or next to start, from 1; those we refused ourselves are not counted. */
  readonly attempt: number;
  /** Calls begun, counted or not. */
  readonly starts: number;
  /** A try may have happened although its answer was no success. */
  readonly isUncertain: boolean;
  readonly delayMs: number;
  readonly deadlineAtMs: number;
  /** When the wait for a circuit began; its length moves the deadline. */
  readonly waitsSinceMs: number;
  readonly circuitWaits: number;
  readonly firstFault: EffectFault | null;
  readonly lastFault: EffectFault | null;
  readonly result: PerformResult | null;
}

/** What the parent gets: the last result, with wall time and a random number to go on with. */
export interface OperationOutput {
  readonly result: PerformResult;
  readonly attempts: number;
  /** Some try may have happened although no success was seen: a later refusal proves nothing about it. */
  readonly isUncertain: boolean;
  readonly firstFault: EffectFault | null;
  readonly circuitWaits: number;
}

export type WaitReason = 'backoff' | 'circuit' | 'parked' | 'resume';

/** What is shown of an operation that waits. */
export interface Waiting {
  readonly effect: EffectName;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly waitingFor: WaitReason;
  /** When it goes on by itself at the latest known; 0 when only an event can tell. */
  readonly nextAtMs: number;
  /** Code of the last fault; the breaker's key while waiting for a circuit. */
  readonly because: string;
}

/** Sent to the parent when the wait begins and, with null, when it ends. */
export interface OperationChanged {
  readonly type: 'operation.changed';
  readonly waiting: Waiting | null;
}

export type OperationControl =
  | { readonly type: 'control.paused' | 'control.resumed' }
  /** An operator knows better than the clock: try now. */
  | { readonly type: 'operation.retryNow' }
  /** Gives up waiting; a call under way ends first. */
  | { readonly type: 'operation.cancel'; readonly atMs: number };

/** The call's done event is no member of the declared events; only transitions of that invoke use this. */
const resultOf = (event: unknown): PerformResult => (event as { output: PerformResult }).output;

const faultOf = (result: PerformResult): EffectFault | null => (result.ok ? null : result.fault);

const stateOf = (context: OperationContext) => ({
  preset: context.preset,
  attempt: context.attempt,
  deadlineAtMs: context.deadlineAtMs,
  previousDelayMs: context.delayMs,
});

const delayAfter = (context: OperationContext, result: PerformResult): number =>
  result.ok ? 0 : retryDelayMs(stateOf(context), result.roll, result.fault);

function mayRetry(context: OperationContext, result: PerformResult): boolean {
  if (result.ok) return false;
  return canRetry(stateOf(context), result.fault, result.atMs, delayAfter(context, result));
}

/** After a result: what it was, and what is to be known of it later. */
function noteResult(context: OperationContext, result: PerformResult): Partial<OperationContext> {
  const fault = faultOf(result);
  const isUncertain = context.isUncertain || (fault !== null && fault.mayHaveHappened !== false);
  return {
    result,
    delayMs: delayAfter(context, result),
    // A call that we refused ourselves leaves nothing unclear that was clear before.
    isUncertain: fault !== null && isLocal(fault) ? context.isUncertain : isUncertain,
    waitsSinceMs: result.atMs,
    firstFault: context.firstFault ?? fault,
    lastFault: fault,
  };
}

const waitingAs = (context: OperationContext, waitingFor: WaitReason): Waiting => ({
  effect: context.effect,
  attempt: context.attempt,
  maxAttempts: retryPresets[context.preset].maxAttempts,
  waitingFor,
  nextAtMs:
    waitingFor === 'resume'
      ? 0
      : context.waitsSinceMs +
        (waitingFor === 'circuit' ? (context.lastFault?.retryAfterMs ?? 0) : context.delayMs),
  because:
    (waitingFor === 'circuit' ? context.lastFault?.key : context.lastFault?.code) ?? 'paused',
});

/** The wait for a circuit is no fault of the operation: its deadline moves by it, up to the cap. */
function afterCircuit(context: OperationContext, atMs: number): Partial<OperationContext> {
  const capMs = context.atMs + resilience.operationCapMs;
  const movedMs = context.deadlineAtMs + Math.max(0, atMs - context.waitsSinceMs);
  return { deadlineAtMs: Math.max(context.deadlineAtMs, Math.min(capMs, movedMs)) };
}

const cancelled = (atMs: number, context: OperationContext): PerformResult => ({
  ok: false,
  atMs,
  roll: 0,
  fault: {
    type: 'Cancelled',
    code: 'operation.cancelled',
    message: `${context.effect} was cancelled while it waited`,
    mayHaveHappened: context.isUncertain,
  },
});

const asPublished = (
  type: 'operationRetried' | 'operationExhausted',
  context: OperationContext,
): PublishedEvent => ({
  type,
  correlationId: context.correlationId,
  data: {
    effect: context.effect,
    policy: context.preset,
    attempt: context.attempt,
    maxAttempts: retryPresets[context.preset].maxAttempts,
    delayMs: context.delayMs,
    fault: context.lastFault?.type ?? '',
    code: context.lastFault?.code ?? '',
    ...(context.lastFault?.rejectedBy !== undefined && {
      rejectedBy: context.lastFault.rejectedBy,
    }),
  },
});

/** Every final state is entered with a result in hand. */
function resultIn({ result }: OperationContext): PerformResult {
  if (result === null) throw new Error('an operation ended without a result');
  return result;
}

export const operationMachine = setup({
  types: {
    context: {} as OperationContext,
    input: {} as OperationInput,
    events: {} as OperationControl,
    output: {} as OperationOutput,
    emitted: {} as PublishedEvent,
  },
  actors: {
    perform: fromPromise<PerformResult, PerformCall>(() => {
      throw new Error('perform is bound by the host');
    }),
  },
  actions: {
    notePause: assign({ paused: true }),
    noteResume: assign({ paused: false }),
    countStart: assign({ starts: ({ context }) => context.starts + 1 }),
    /** The next try is another one, unless the last was refused before it went out. */
    countAttempt: assign(({ context }) =>
      context.lastFault !== null && isLocal(context.lastFault)
        ? {}
        : { attempt: context.attempt + 1 },
    ),
    noteResult: assign(({ context, event }) => noteResult(context, resultOf(event))),
    noteReleased: assign(({ context, event }) => ({
      ...afterCircuit(context, resultOf(event).atMs),
      circuitWaits: context.circuitWaits + 1,
    })),
    noteCancelled: assign(({ context, event }) => ({
      result: cancelled('atMs' in event ? event.atMs : context.waitsSinceMs, context),
    })),
    showWait: sendParent(({ context }, params: { waitingFor: WaitReason }) => ({
      type: 'operation.changed' as const,
      waiting: waitingAs(context, params.waitingFor),
    })),
    showNoWait: sendParent({ type: 'operation.changed', waiting: null }),
    announceRetry: emit(({ context }) => asPublished('operationRetried', context)),
    announceExhausted: emit(({ context }) => asPublished('operationExhausted', context)),
  },
  guards: {
    isPaused: ({ context }) => context.paused,
    hasSucceeded: ({ event }) => resultOf(event).ok,
    isCircuitOpen: ({ context, event }) => {
      const fault = faultOf(resultOf(event));
      return fault?.rejectedBy === 'circuit' && resultOf(event).atMs < capAtMs(context);
    },
    mayRetryLate: ({ context, event }) => {
      const result = resultOf(event);
      if (result.ok || !mayRetry(context, result)) return false;
      return isLongWait(result.fault, delayAfter(context, result));
    },
    mayRetry: ({ context, event }) => mayRetry(context, resultOf(event)),
  },
  delays: {
    backoff: ({ context }) => context.delayMs,
    parked: ({ context }) =>
      Math.max(
        context.delayMs,
        context.lastFault?.rejectedBy === 'budget' ? resilience.budgetParkMs : 0,
      ),
    /** What is left until no wait for a circuit helps any more. */
    circuitPatience: ({ context }) => Math.max(0, capAtMs(context) - context.waitsSinceMs),
  },
}).createMachine({
  id: 'operation',
  context: ({ input }) => ({
    ...input,
    attempt: 1,
    starts: 0,
    isUncertain: false,
    delayMs: 0,
    deadlineAtMs: input.atMs + retryPresets[input.preset].deadlineMs,
    waitsSinceMs: input.atMs,
    circuitWaits: 0,
    firstFault: null,
    lastFault: null,
    result: null,
  }),
  initial: 'admitting',
  on: {
    'control.paused': { actions: 'notePause' },
    'control.resumed': { actions: 'noteResume' },
  },
  states: {
    admitting: {
      always: [{ guard: 'isPaused', target: 'held' }, { target: 'attempting' }],
    },
    held: {
      tags: 'waiting',
      entry: { type: 'showWait', params: { waitingFor: 'resume' } },
      exit: 'showNoWait',
      on: {
        'control.resumed': { target: 'attempting', actions: 'noteResume' },
        'operation.cancel': { target: 'cancelled', actions: 'noteCancelled' },
      },
    },
    attempting: {
      entry: 'countStart',
      invoke: {
        id: 'call',
        src: 'perform',
        // Everything it needs is in this context already; see whole-call.ts.
        input: {},
        onDone: [
          { guard: 'hasSucceeded', target: 'succeeded', actions: 'noteResult' },
          { guard: 'isCircuitOpen', target: 'waitingForCircuit', actions: 'noteResult' },
          {
            guard: 'mayRetryLate',
            target: 'parked',
            actions: ['noteResult', 'announceRetry'],
          },
          {
            guard: 'mayRetry',
            target: 'backingOff',
            actions: ['noteResult', 'announceRetry'],
          },
          { target: 'exhausted', actions: 'noteResult' },
        ],
      },
    },
    backingOff: {
      tags: 'waiting',
      entry: { type: 'showWait', params: { waitingFor: 'backoff' } },
      exit: 'showNoWait',
      after: { backoff: { target: 'admitting', actions: 'countAttempt' } },
      on: {
        'operation.retryNow': { target: 'admitting', actions: 'countAttempt' },
        'operation.cancel': { target: 'cancelled', actions: 'noteCancelled' },
      },
    },
    /** The guard ends this when calls are let through again; a restart registers anew by itself. */
    waitingForCircuit: {
      tags: 'waiting',
      entry: { type: 'showWait', params: { waitingFor: 'circuit' } },
      exit: 'showNoWait',
      invoke: {
        id: 'wait',
        src: 'perform',
        input: ({ context }) => ({
          effect: 'circuit.wait' as const,
          input: { key: context.lastFault?.key ?? '', priority: priorityOf(context.effect) },
          token: '',
          correlationId: context.correlationId,
          attempt: context.attempt,
          isRepeat: context.circuitWaits > 0,
          preset: context.preset,
        }),
        onDone: [
          { guard: 'hasSucceeded', target: 'admitting', actions: 'noteReleased' },
          // No place in the queue, or a bug: later again, by the clock.
          { target: 'parked', actions: 'noteResult' },
        ],
      },
      after: { circuitPatience: 'exhausted' },
      on: {
        'operation.retryNow': 'admitting',
        'operation.cancel': { target: 'cancelled', actions: 'noteCancelled' },
      },
    },
    /** A long wait by the clock: a provider's hint, an empty retry budget, a full queue. */
    parked: {
      tags: 'waiting',
      entry: { type: 'showWait', params: { waitingFor: 'parked' } },
      exit: 'showNoWait',
      after: { parked: { target: 'admitting', actions: 'countAttempt' } },
      on: {
        'operation.retryNow': { target: 'admitting', actions: 'countAttempt' },
        'operation.cancel': { target: 'cancelled', actions: 'noteCancelled' },
      },
    },
    succeeded: { type: 'final' },
    exhausted: { type: 'final', entry: 'announceExhausted' },
    cancelled: { type: 'final' },
  },
  output: ({ context }) => ({
    result: resultIn(context),
    attempts: context.attempt,
    isUncertain: context.isUncertain,
    firstFault: context.firstFault,
    circuitWaits: context.circuitWaits,
  }),
  options: { maxIterations: 20 },
});

function capAtMs(context: OperationContext): number {
  return context.atMs + resilience.operationCapMs;
}
