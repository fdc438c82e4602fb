/** Health of one component: unknown → healthy ⇄ unhealthy; a few failures in a row to go down, a few passes to come back. */
import { assign, setup } from 'xstate';
import { health } from './limits.ts';

export type ProbeStatus = 'unknown' | 'healthy' | 'unhealthy';

export interface ProbeInput {
  readonly name: string;
  readonly atMs: number;
}

export interface ProbeContext {
  readonly name: string;
  /** Wall time of the last change of status. */
  readonly sinceMs: number;
  readonly failuresInRow: number;
  readonly passesInRow: number;
  readonly checks: number;
  readonly failures: number;
  /** 0: never. */
  readonly lastOkMs: number;
  readonly lastFailureMs: number;
  readonly lastDurationMs: number;
  /** Of the last failure; empty once it passed again. */
  readonly error: string;
}

export type ProbeEvent =
  | { readonly type: 'probe.passed'; readonly atMs: number; readonly durationMs: number }
  | {
      readonly type: 'probe.failed';
      readonly atMs: number;
      readonly durationMs: number;
      readonly error: string;
    };

export const probeMachine = setup({
  types: {
    context: {} as ProbeContext,
    input: {} as ProbeInput,
    events: {} as ProbeEvent,
  },
  actions: {
    notePass: assign(({ context, event }) => ({
      checks: context.checks + 1,
      passesInRow: context.passesInRow + 1,
      failuresInRow: 0,
      lastOkMs: event.atMs,
      lastDurationMs: event.durationMs,
      error: '',
    })),
    noteFailure: assign(({ context, event }) => ({
      checks: context.checks + 1,
      failures: context.failures + 1,
      passesInRow: 0,
      failuresInRow: context.failuresInRow + 1,
      lastFailureMs: event.atMs,
      lastDurationMs: event.durationMs,
      error: event.type === 'probe.failed' ? event.error : '',
    })),
    noteChange: assign(({ event }) => ({ sinceMs: event.atMs })),
  },
  guards: {
    hasFailedOften: ({ context }) => context.failuresInRow + 1 >= health.failuresToDown,
    hasPassedOften: ({ context }) => context.passesInRow + 1 >= health.passesToUp,
  },
}).createMachine({
  id: 'probe',
  context: ({ input }) => ({
    ...{ name: input.name, sinceMs: input.atMs, failuresInRow: 0, passesInRow: 0 },
    ...{ checks: 0, failures: 0, lastOkMs: 0, lastFailureMs: 0, lastDurationMs: 0, error: '' },
  }),
  initial: 'unknown',
  states: {
    unknown: {
      on: {
        // Nothing bad was seen yet: the first answer is enough.
        'probe.passed': { target: 'healthy', actions: ['notePass', 'noteChange'] },
        'probe.failed': [
          {
            guard: 'hasFailedOften',
            target: 'unhealthy',
            actions: ['noteFailure', 'noteChange'],
          },
          { actions: 'noteFailure' },
        ],
      },
    },
    healthy: {
      on: {
        'probe.passed': { actions: 'notePass' },
        'probe.failed': [
          {
            guard: 'hasFailedOften',
            target: 'unhealthy',
            actions: ['noteFailure', 'noteChange'],
          },
          { actions: 'noteFailure' },
        ],
      },
    },
    unhealthy: {
      on: {
        'probe.passed': [
          { guard: 'hasPassedOften', target: 'healthy', actions: ['notePass', 'noteChange'] },
          { actions: 'notePass' },
        ],
        'probe.failed': { actions: 'noteFailure' },
      },
    },
  },
});
