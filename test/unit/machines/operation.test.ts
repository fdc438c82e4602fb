import { createActor, fromPromise, setup, SimulatedClock } from 'xstate';
import { describe, expect, it } from 'vitest';
import type {
  EffectFault,
  PerformCall,
  PerformInput,
  PerformResult,
} from '../../../machines/messages.ts';
import { operationMachine } from '../../../machines/operation.ts';
import type {
  OperationChanged,
  OperationControl,
  OperationOutput,
} from '../../../machines/operation-context.ts';
import { wholeCall } from '../../../machines/whole-call.ts';

type Answer = EffectFault | 'ok' | 'hang';
const open: EffectFault = {
  ...{ type: 'CircuitOpen', code: 'circuit.open', message: 'open', retryAfterMs: 20_000 },
  ...{ rejectedBy: 'circuit', key: 'main/r/ec2:mutate' },
};
const lost: EffectFault = { type: 'Timeout', code: 'lost', message: '', mayHaveHappened: true };

/** An operation under a parent that notes what it is told; `answers` are given one after the other. */
function run(answers: Answer[]) {
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
          ...{ correlationId: 'c', atMs: 0, paused: false },
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
  return {
    ...{ clock, calls, waits, signals },
    state: () => (child()?.getSnapshot() as { value: string } | undefined)?.value,
    output: () => (child()?.getSnapshot() as { output: OperationOutput }).output,
    send: (event: OperationControl) => child()?.send(event),
    async pass(ms = 0): Promise<void> {
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      clock.increment(ms);
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
    },
  };
}

describe('operation chart', () => {
  it('R-07: a rejection by the circuit uses no attempt, and the same token goes out after the wait', async () => {
    const operation = run([lost, open, 'hang']);
    await operation.pass(400);
    await operation.pass();
    expect(operation.state()).toBe('waitingForCircuit');
    expect(operation.waits.at(-1)).toMatchObject({
      ...{ waitingFor: 'circuit', attempt: 2, maxAttempts: 6, because: 'main/r/ec2:mutate' },
      nextAtMs: operation.clock.now() + 20_000,
    });
    expect(operation.calls.at(-1)).toMatchObject({
      effect: 'circuit.wait',
      input: { key: 'main/r/ec2:mutate', priority: 'user' },
    });
    operation.send({ type: 'operation.retryNow' });
    await operation.pass();
    const launches = operation.calls.filter(({ effect }) => effect === 'node.launch');
    expect(launches.map(({ attempt }) => attempt)).toEqual([1, 2, 2]);
    expect(launches.map(({ token }) => token)).toEqual(['t1', 't1', 't1']);
    expect(launches.map(({ isRepeat }) => isRepeat)).toEqual([false, true, true]);
    expect(operation.output()).toMatchObject({
      ...{ attempts: 2, isUncertain: true, firstFault: { code: 'lost' } },
    });
  });

  it('waits for a circuit much longer than its deadline, but not past the cap', async () => {
    const operation = run([open, 'hang']);
    await operation.pass();
    await operation.pass(29 * 60_000);
    expect(operation.state()).toBe('waitingForCircuit');
    await operation.pass(60_000);
    expect(operation.state()).toBe('exhausted');
    expect(operation.output()).toMatchObject({ result: { fault: open }, isUncertain: false });
  });

  it('moves its deadline by the wait, so that all tries are left after it', async () => {
    const retryable: EffectFault = { type: 'Unavailable', code: '503', message: '' };
    const operation = run([open, 'ok', retryable, 'ok']);
    await operation.pass();
    expect(operation.output()).toBeUndefined();
    await operation.pass(64_000);
    expect(operation.output().result.ok).toBe(true);
  });

  it('parks on a hint beyond a minute and goes on when an operator says so [U-10] [U-15]', async () => {
    const hinted: EffectFault = {
      ...{ type: 'RateLimit', code: 'SlowDown', message: '', mayHaveHappened: false },
      retryAfterMs: 90_000,
    };
    const operation = run([hinted, 'ok']);
    await operation.pass();
    expect(operation.state()).toBe('parked');
    expect(operation.waits.at(-1)).toMatchObject({ waitingFor: 'parked', nextAtMs: 90_000 });
    operation.send({ type: 'operation.retryNow' });
    await operation.pass();
    expect(operation.output()).toMatchObject({ attempts: 2, isUncertain: false });
  });

  it('parks without using a try while the retry budget is empty', async () => {
    const empty: EffectFault = {
      ...{ type: 'Unavailable', code: 'limit.retryBudget', message: '', rejectedBy: 'budget' },
    };
    const operation = run([lost, empty, 'ok']);
    await operation.pass(400);
    await operation.pass();
    expect(operation.state()).toBe('parked');
    await operation.pass(10_000);
    expect(operation.output().attempts).toBe(2);
  });

  it('is cancelled while it waits, and says whether an earlier try may have happened [U-10]', async () => {
    const operation = run([lost]);
    await operation.pass();
    operation.send({ type: 'operation.cancel', atMs: 5 });
    expect(operation.state()).toBe('cancelled');
    expect(operation.output()).toMatchObject({
      ...{ isUncertain: true },
      result: { ok: false, fault: { type: 'Cancelled', mayHaveHappened: true } },
    });
  });

  it('is cancelled in the middle of a call, which is aborted and may have happened', async () => {
    const operation = run([lost, 'hang']);
    await operation.pass(500);
    expect(operation.state()).toBe('attempting');
    operation.send({ type: 'operation.cancel', atMs: 7 });
    expect(operation.state()).toBe('cancelled');
    expect(operation.signals.at(-1)?.aborted).toBe(true);
    expect(operation.output()).toMatchObject({
      ...{ isUncertain: true, attempts: 2, lastFault: { code: 'lost' } },
      result: { ok: false, atMs: 7, fault: { type: 'Cancelled', mayHaveHappened: true } },
    });
  });

  it('is cancelled before its first call without a doubt about it', async () => {
    const operation = run([open, 'hang']);
    await operation.pass();
    expect(operation.state()).toBe('waitingForCircuit');
    operation.send({ type: 'operation.cancel', atMs: 7 });
    expect(operation.output()).toMatchObject({ isUncertain: false, lastFault: open });
  });

  it('R-10: keeps the first and the last fault when its tries are used up', async () => {
    const faults = ['one', 'two', 'three', 'four', 'five', 'six'].map((code): EffectFault => ({
      type: 'Unavailable',
      code,
      message: '',
      mayHaveHappened: false,
    }));
    const operation = run(faults);
    for (let turn = 0; turn < 8; turn += 1) await operation.pass(64_000);
    expect(operation.output()).toMatchObject({
      ...{ attempts: 6, firstFault: { code: 'one' }, result: { fault: { code: 'six' } } },
    });
  });
});
