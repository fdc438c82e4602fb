/** One effect with its attempts: attempting → backingOff → attempting … → succeeded | exhausted; held while paused. */
import { assign, emit, fromPromise, setup } from 'xstate';
import { retryPresets } from './limits.ts';
import type { RetryPresetName } from './limits.ts';
import type {
  EffectFault,
  EffectName,
  Effects,
  PerformInput,
  PerformResult,
  PublishedEvent,
} from './messages.ts';
import { canRetry, retryDelayMs } from './retry.ts';

export interface OperationInput {
  readonly effect: EffectName;
  readonly input: Effects[EffectName]['in'];
  readonly token: string;
  readonly preset: RetryPresetName;
  readonly correlationId: string;
  readonly atMs: number;
  readonly paused: boolean;
}

export interface OperationContext extends OperationInput {
  /** The try under way or next to start, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly firstFault: EffectFault | null;
  readonly lastFault: EffectFault | null;
  readonly result: PerformResult | null;
}

/** What the parent gets: the last result, with wall time and a random number to go on with. */
export interface OperationOutput {
  readonly result: PerformResult;
  readonly attempts: number;
}

type OperationEvent =
  { type: 'control.paused' } | { type: 'control.resumed' } | { type: 'operation.retryNow' };

/** The call's done event is no member of the declared events; only transitions of that invoke use this. */
const resultOf = (event: unknown): PerformResult => (event as { output: PerformResult }).output;

const faultOf = (result: PerformResult): EffectFault | null => (result.ok ? null : result.fault);

const delayAfter = (context: OperationContext, result: PerformResult): number =>
  result.ok ? 0 : retryDelayMs(context.preset, context.attempt, result.roll, result.fault);

function mayRetry(context: OperationContext, result: PerformResult): boolean {
  if (result.ok) return false;
  const state = {
    preset: context.preset,
    attempt: context.attempt,
    startedAtMs: context.atMs,
  };
  return canRetry(state, result.fault, result.atMs, delayAfter(context, result));
}

export const operationMachine = setup({
  types: {
    context: {} as OperationContext,
    input: {} as OperationInput,
    events: {} as OperationEvent,
    output: {} as OperationOutput,
    emitted: {} as PublishedEvent,
  },
  actors: {
    perform: fromPromise<PerformResult, PerformInput>(() => {
      throw new Error('perform is bound by the host');
    }),
  },
  actions: {
    notePause: assign({ paused: true }),
    noteResume: assign({ paused: false }),
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1 }),
    noteResult: assign(({ context, event }) => {
      const result = resultOf(event);
      const fault = faultOf(result);
      return {
        result,
        delayMs: delayAfter(context, result),
        firstFault: context.firstFault ?? fault,
        lastFault: fault,
      };
    }),
    announceRetry: emit(({ context }) => ({
      type: 'operationRetried',
      correlationId: context.correlationId,
      data: {
        effect: context.effect,
        attempt: context.attempt,
        maxAttempts: retryPresets[context.preset].maxAttempts,
        delayMs: context.delayMs,
        fault: context.lastFault?.type ?? '',
        code: context.lastFault?.code ?? '',
      },
    })),
  },
  guards: {
    isPaused: ({ context }) => context.paused,
    hasSucceeded: ({ event }) => resultOf(event).ok,
    mayRetry: ({ context, event }) => mayRetry(context, resultOf(event)),
  },
  delays: { backoff: ({ context }) => context.delayMs },
}).createMachine({
  id: 'operation',
  context: ({ input }) => ({
    ...input,
    attempt: 1,
    delayMs: 0,
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
      on: { 'control.resumed': { target: 'attempting', actions: 'noteResume' } },
    },
    attempting: {
      invoke: {
        id: 'call',
        src: 'perform',
        input: ({ context }) => ({
          effect: context.effect,
          input: context.input,
          token: context.token,
          correlationId: context.correlationId,
          attempt: context.attempt,
        }),
        onDone: [
          { guard: 'hasSucceeded', target: 'succeeded', actions: 'noteResult' },
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
      after: { backoff: { target: 'admitting', actions: 'countAttempt' } },
      on: { 'operation.retryNow': { target: 'admitting', actions: 'countAttempt' } },
    },
    succeeded: { type: 'final' },
    exhausted: { type: 'final' },
  },
  output: ({ context }) => ({
    // Both final states are entered with a result in hand.
    result: context.result as PerformResult,
    attempts: context.attempt,
  }),
  options: { maxIterations: 20 },
});
