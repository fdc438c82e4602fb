/**
 * One effect from its first try to its end: attempting → backingOff | waitingForCircuit | parked → attempting … →
 * succeeded | exhausted | cancelled; held while paused.
 */
import { assign, emit, fromPromise, sendParent, setup } from 'xstate';
import { resilience } from './limits.ts';
import type { PerformCall, PerformResult, PublishedEvent } from './messages.ts';
import {
  afterCircuit,
  asPublished,
  cancelledAt,
  capAtMs,
  delayAfter,
  faultOf,
  mayRetry,
  noteResult,
  resultIn,
  resultOf,
  waitingAs,
} from './operation-context.ts';
import type {
  OperationContext,
  OperationControl,
  OperationInput,
  OperationOutput,
  WaitReason,
} from './operation-context.ts';
import { priorityOf } from './priority.ts';
import { builtInRetries, isLocal, isLongWait } from './retry.ts';
import type { Retries } from './retry.ts';

/** @param retries  asked at every step, so that policies may change under operations that wait */
export function buildOperationMachine(retries: Retries) {
  return setup({
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
      noteResult: assign(({ context, event }) => noteResult(retries, context, resultOf(event))),
      noteReleased: assign(({ context, event }) => ({
        ...afterCircuit(context, resultOf(event).atMs),
        circuitWaits: context.circuitWaits + 1,
      })),
      noteCancelled: assign(({ context, event }) => cancelledAt(context, event)),
      /** The call is cut short on the way: nobody knows how far it came. */
      noteCutShort: assign(({ context, event }) =>
        cancelledAt({ ...context, isUncertain: true }, event),
      ),
      showWait: sendParent(({ context }, params: { waitingFor: WaitReason }) => ({
        type: 'operation.changed' as const,
        waiting: waitingAs(retries, context, params.waitingFor),
      })),
      showNoWait: sendParent({ type: 'operation.changed', waiting: null }),
      announceRetry: emit(({ context }) => asPublished(retries, 'operationRetried', context)),
      announceExhausted: emit(({ context }) => asPublished(retries, 'operationExhausted', context)),
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
        if (result.ok || !mayRetry(retries, context, result)) return false;
        return isLongWait(result.fault, delayAfter(retries, context, result));
      },
      mayRetry: ({ context, event }) => mayRetry(retries, context, resultOf(event)),
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
      preset: retries.nameFor(input.preset, input.effect),
      attempt: 1,
      starts: 0,
      isUncertain: false,
      delayMs: 0,
      deadlineAtMs:
        input.atMs + retries.policyOf(retries.nameFor(input.preset, input.effect)).deadlineMs,
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
        // Leaving the state aborts the call.
        on: { 'operation.cancel': { target: 'cancelled', actions: 'noteCutShort' } },
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
      lastFault: context.lastFault,
      circuitWaits: context.circuitWaits,
    }),
    options: { maxIterations: 20 },
  });
}

export const operationMachine = buildOperationMachine(builtInRetries);
