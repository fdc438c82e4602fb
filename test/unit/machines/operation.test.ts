/** The chart of one effect: every way from its first try to its end, and what is told of it meanwhile. */
import { describe, expect, it } from 'vitest';
import { resilience } from '../../../machines/limits.ts';
import type { EffectFault } from '../../../machines/messages.ts';
import { away, hinted, lost, open, run } from './operation-double.ts';
import type { Answer } from './operation-double.ts';

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

  it('R-10: keeps the first and the last fault when its tries are used up', async () => {
    const codes = ['one', 'two', 'three', 'four', 'five', 'six'];
    const operation = run(codes.map((code) => ({ ...away, code })));
    for (let turn = 0; turn < 8; turn += 1) await operation.pass(64_000);
    expect(operation.output()).toMatchObject({
      ...{ attempts: 6, firstFault: { code: 'one' }, result: { fault: { code: 'six' } } },
    });
  });

  it('makes no call while it is paused, and says what it waits for', async () => {
    const operation = run(['ok'], true);
    await operation.pass(60_000);
    expect([operation.state(), operation.isWaiting(), operation.calls]).toEqual(['held', true, []]);
    expect(operation.waits).toEqual([
      {
        ...{ effect: 'node.launch', attempt: 1, maxAttempts: 6 },
        ...{ waitingFor: 'resume', nextAtMs: 0, because: 'paused' },
      },
    ]);
    operation.send({ type: 'control.resumed' });
    await operation.pass();
    expect(operation.waits.at(-1)).toBeNull();
    expect(operation.output().result.ok).toBe(true);
  });

  it('lets a call that is under way end when it is paused, and makes no further one', async () => {
    const operation = run([away, 'ok']);
    operation.send({ type: 'control.paused' });
    await operation.pass();
    expect(operation.state()).toBe('backingOff');
    await operation.pass(64_000);
    expect([operation.state(), operation.calls.length]).toEqual(['held', 1]);
    operation.send({ type: 'control.resumed' });
    await operation.pass();
    expect(operation.output()).toMatchObject({ attempts: 2, result: { ok: true } });
  });

  it('goes on by itself when it is resumed before its next try', async () => {
    const operation = run([away, 'ok']);
    operation.send({ type: 'control.paused' });
    await operation.pass();
    operation.send({ type: 'control.resumed' });
    await operation.pass(64_000);
    expect(operation.output().result.ok).toBe(true);
  });

  it('is not held again once it was resumed', async () => {
    const operation = run([away, away, 'ok'], true);
    operation.send({ type: 'control.resumed' });
    await operation.pass();
    await operation.pass(64_000);
    await operation.pass(64_000);
    expect(operation.output()).toMatchObject({ attempts: 3, result: { ok: true } });
  });

  it.each([
    { answers: [] as Answer[], paused: true, state: 'held', isUncertain: false },
    { answers: [away], paused: false, state: 'backingOff', isUncertain: false },
    { answers: [hinted], paused: false, state: 'parked', isUncertain: false },
    {
      answers: [open, 'hang'] as Answer[],
      paused: false,
      state: 'waitingForCircuit',
      isUncertain: false,
    },
    { answers: ['hang'] as Answer[], paused: false, state: 'attempting', isUncertain: true },
  ])('is cancelled while $state, at the time of the order', async (given) => {
    const { answers, paused, state, isUncertain } = given;
    const operation = run(answers, paused);
    await operation.pass();
    expect([operation.state(), operation.isWaiting()]).toEqual([state, state !== 'attempting']);
    operation.send({ type: 'operation.cancel', atMs: 77 });
    expect(operation.state()).toBe('cancelled');
    const fault = {
      ...{ type: 'Cancelled', code: 'operation.cancelled' },
      ...{ message: 'node.launch was cancelled', mayHaveHappened: isUncertain },
    };
    expect(operation.output()).toMatchObject({
      ...{ isUncertain, result: { ok: false, atMs: 77, fault } },
    });
    await operation.pass();
    const began = state === 'attempting' ? [] : [expect.objectContaining({}), null];
    expect(operation.waits).toEqual(began);
  });

  it('says how long it backs off, and no longer once it tries again', async () => {
    const operation = run([lost, 'hang']);
    await operation.pass();
    const [wait] = operation.waits;
    expect(wait).toMatchObject({ waitingFor: 'backoff', attempt: 1, because: 'lost' });
    expect(operation.waits).toHaveLength(1);
    const leftMs = (wait?.nextAtMs ?? 0) - operation.clock.now();
    await operation.pass(leftMs - 1);
    expect(operation.state()).toBe('backingOff');
    await operation.pass(1);
    expect(operation.state()).toBe('attempting');
    expect(operation.waits.slice(1)).toEqual([null]);
  });

  it('tries at once when an operator says so, as its next try', async () => {
    const operation = run([away, 'ok']);
    await operation.pass();
    operation.send({ type: 'operation.retryNow' });
    await operation.pass();
    expect(operation.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('publishes every retry, and that its tries are used up', async () => {
    const operation = run([hinted, ...Array.from({ length: 5 }, () => away)]);
    for (let turn = 0; turn < 8; turn += 1) await operation.pass(120_000);
    const types = operation.events.map(({ type }) => type);
    const retries = Array<string>(operation.output().attempts - 1).fill('operationRetried');
    expect(types).toEqual([...retries, 'operationExhausted']);
    expect(operation.events[0]).toMatchObject({
      correlationId: 'c',
      data: {
        ...{ effect: 'node.launch', attempt: 1, maxAttempts: 6, delayMs: 90_000 },
        ...{ fault: 'RateLimit', code: 'SlowDown' },
      },
    });
    expect(operation.events.at(-1)).toMatchObject({
      data: { attempt: operation.output().attempts },
    });
  });

  it('does not park when its tries are used up, however long the hint', async () => {
    const operation = run(Array<Answer>(6).fill({ ...hinted, retryAfterMs: 61_000 }));
    for (let turn = 0; turn < 8; turn += 1) await operation.pass(61_000);
    expect([operation.state(), operation.waits.at(-1)]).toEqual(['exhausted', null]);
  });

  it('publishes nothing of a success', async () => {
    const operation = run(['ok']);
    await operation.pass();
    expect([operation.output().result.ok, operation.events, operation.waits]).toEqual([
      true,
      [],
      [],
    ]);
  });

  it('registers again where the circuit opens anew, and counts how often', async () => {
    const operation = run([open, 'ok', open, 'ok', 'ok']);
    await operation.pass();
    await operation.pass();
    const waits = operation.calls.filter(({ effect }) => effect === 'circuit.wait');
    expect(waits.map(({ isRepeat }) => isRepeat)).toEqual([false, true]);
    expect(waits.map(({ token, attempt }) => `${token}${attempt}`)).toEqual(['1', '1']);
    expect(operation.output()).toMatchObject({ attempts: 1, circuitWaits: 2 });
    expect(operation.waits.map((wait) => wait?.waitingFor ?? null)).toEqual([
      ...['circuit', null, 'circuit', null],
    ]);
  });

  it('parks where it finds no place among those who wait for a circuit', async () => {
    const full: EffectFault = {
      ...{ type: 'Unavailable', code: 'limit.queueFull', message: '', rejectedBy: 'bulkhead' },
    };
    const operation = run([open, full, 'ok']);
    await operation.pass();
    expect(operation.state()).toBe('parked');
    const wait = operation.waits.at(-1);
    expect(wait?.because).toBe('limit.queueFull');
    const leftMs = (wait?.nextAtMs ?? 0) - operation.clock.now();
    expect(leftMs).toBeLessThan(resilience.budgetParkMs);
    await operation.pass(leftMs);
    expect(operation.output()).toMatchObject({ attempts: 1, result: { ok: true } });
  });

  it('parks for the time of an empty budget at least, and no longer than a hint without one', async () => {
    const empty: EffectFault = { ...away, code: 'limit.retryBudget', rejectedBy: 'budget' };
    const operation = run([empty, 'hang']);
    await operation.pass();
    expect(operation.state()).toBe('parked');
    await operation.pass(resilience.budgetParkMs - 1);
    expect(operation.state()).toBe('parked');
    await operation.pass(1);
    expect(operation.state()).toBe('attempting');
    const slow = run([hinted, 'hang']);
    await slow.pass();
    await slow.pass(89_999);
    expect(slow.state()).toBe('parked');
    await slow.pass(1);
    expect(slow.state()).toBe('attempting');
    expect(slow.calls.map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  it('waits for a circuit until its cap, whenever the wait began, and not at all behind it', async () => {
    const operation = run([hinted, open, 'hang']);
    await operation.pass();
    await operation.pass(90_000);
    expect(operation.state()).toBe('waitingForCircuit');
    await operation.pass(resilience.operationCapMs - 90_001);
    expect(operation.state()).toBe('waitingForCircuit');
    await operation.pass(1);
    expect(operation.state()).toBe('exhausted');

    const late = run([open], true);
    late.clock.increment(resilience.operationCapMs);
    late.send({ type: 'control.resumed' });
    await late.pass();
    expect(late.state()).toBe('exhausted');
  });
});
