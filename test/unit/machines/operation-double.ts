/** An operation under a parent, its calls answered by hand. */
import { createActor, fromPromise, setup, SimulatedClock } from 'xstate';
import type { AnyMachineSnapshot } from 'xstate';
import type {
  EffectFault,
  PerformCall,
  PerformInput,
  PerformResult,
  PublishedEvent,
} from '../../../machines/messages.ts';
import { operationMachine } from '../../../machines/operation.ts';
import type {
  OperationChanged,
  OperationControl,
  OperationOutput,
} from '../../../machines/operation-context.ts';
import { wholeCall } from '../../../machines/whole-call.ts';

export type Answer = EffectFault | 'ok' | 'hang';
export const open: EffectFault = {
  ...{ type: 'CircuitOpen', code: 'circuit.open', message: 'open', retryAfterMs: 20_000 },
  ...{ rejectedBy: 'circuit', key: 'main/r/ec2:mutate' },
};
export const lost: EffectFault = {
  type: 'Timeout',
  code: 'lost',
  message: '',
  mayHaveHappened: true,
};

export const away: EffectFault = {
  ...{ type: 'Unavailable', code: '503', message: '', mayHaveHappened: false },
};
export const hinted: EffectFault = {
  ...{ type: 'RateLimit', code: 'SlowDown', message: '', mayHaveHappened: false },
  retryAfterMs: 90_000,
};

/** An operation under a parent that notes what it is told; `answers` are given one after the other. */
export function run(answers: Answer[], paused = false) {
  const clock = new SimulatedClock();
  const calls: PerformInput[] = [];
  const signals: AbortSignal[] = [];
  const perform = fromPromise<PerformResult, PerformCall>(({ input, self, signal }) => {
    signals.push(signal);
    const { context } = self._parent?.getSnapshot() as { context: unknown };
    calls.push(wholeCall(input, [context]));
    const answer = answers.shift() ?? 'ok';
    const stamp = { atMs: clock.now(), roll: 0.5 };
    if (answer === 'hang') return new Promise<never>(() => undefined);
    return Promise.resolve(
      answer === 'ok'
        ? { ok: true, value: {} as never, ...stamp }
        : { ok: false, fault: answer, ...stamp },
    );
  });
  const waits: OperationChanged['waiting'][] = [];
  const parent = createActor(
    setup({
      types: { context: {} as { output: OperationOutput | null } },
      actors: { operation: operationMachine.provide({ actors: { perform } }) },
    }).createMachine({
      context: { output: null },
      invoke: {
        id: 'op',
        src: 'operation',
        input: {
          ...{ effect: 'node.launch', input: {} as never, token: 't1', preset: 'aws' },
          ...{ correlationId: 'c', atMs: 0, paused },
        },
      },
      on: {
        '*': {
          actions: ({ event }) => {
            if (event.type === 'operation.changed')
              waits.push((event as unknown as OperationChanged).waiting);
          },
        },
      },
    }),
    { clock },
  ).start();
  const child = () => parent.getSnapshot().children.op;
  const events: PublishedEvent[] = [];
  child()?.on('*', (event) => events.push(event));
  const seen = () => child()?.getSnapshot() as AnyMachineSnapshot;
  return {
    ...{ clock, calls, waits, signals, events },
    state: () => String(seen().value),
    isWaiting: () => seen().hasTag('waiting'),
    output: () => (child()?.getSnapshot() as { output: OperationOutput }).output,
    send: (event: OperationControl) => child()?.send(event),
    async pass(ms = 0): Promise<void> {
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      clock.increment(ms);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
}
