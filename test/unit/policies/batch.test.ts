import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Batches } from '../../../actors/policies/batch.ts';
import type { BatchCall } from '../../../actors/policies/batch.ts';
import type { Attempt } from '../../../actors/ports.ts';
import { batchPresets, batching } from '../../../machines/limits.ts';
import type { FaultType } from '../../../machines/messages.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

const faulty = (type: FaultType) =>
  Object.assign(new Error(type), { fault: { type, code: type, message: type } });

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  signal: new AbortController().signal,
  correlationId: 'c',
  ...more,
});

/** A provider that fails a whole call when one of its ids is bad. */
function provider(sizeMax = 10, bad: Readonly<Record<string, FaultType>> = {}) {
  const clock = new ManualClock();
  const telemetry = new FakeTelemetry();
  const settings = { sizeMax, timeoutMs: batchPresets.default.timeoutMs };
  const batches = new Batches({ clock, telemetry, settings: () => settings });
  const calls: { ids: readonly string[]; attempt: Attempt }[] = [];
  const call: BatchCall<string> = {
    key: 'main/r/stopInstances',
    op: 'StopInstances',
    send: async (ids, given) => {
      calls.push({ ids, attempt: given });
      await Promise.resolve();
      const type = ids.map((id) => bad[id]).find((each) => each !== undefined);
      if (type !== undefined) throw faulty(type);
      return new Map(ids.map((id) => [id, `stopped ${id}`]));
    },
  };
  const ask = (id: string, more: Partial<Attempt> = {}) =>
    batches.run(call, id, attempt(more)).catch((thrown: unknown) => (thrown as Error).message);
  const askAll = async (ids: readonly string[]) => {
    const asked = ids.map((id) => ask(id));
    await clock.advance(batching.gatherMs);
    return Promise.all(asked);
  };
  return { clock, telemetry, batches, calls, call, ask, askAll, settings };
}

const idsUpTo = (count: number) => Array.from({ length: count }, (_, index) => `i-${index}`);

it.each([
  [5, 20],
  [10, 10],
  [25, 4],
  [50, 2],
])('sends 100 ids in batches of %i as %i calls [P-14]', async (sizeMax, wanted) => {
  const { calls, askAll } = provider(sizeMax);
  const ids = idsUpTo(100);
  expect(await askAll(ids)).toEqual(ids.map((id) => `stopped ${id}`));
  expect(calls).toHaveLength(wanted);
});

it('has the sizes default 10, fast 25 and reliable 5, each with its time [G-30] [P-13]', () => {
  expect(batchPresets).toEqual({
    default: { sizeMax: 10, timeoutMs: 300_000 },
    fast: { sizeMax: 25, timeoutMs: 180_000 },
    reliable: { sizeMax: 5, timeoutMs: 300_000 },
  });
});

it('waits a few milliseconds for others, and not at all when the batch is full', async () => {
  const { clock, calls, ask } = provider(2);
  void ask('i-1');
  await settle();
  expect(calls).toHaveLength(0);
  void ask('i-2');
  await settle();
  expect(calls.map(({ ids }) => ids)).toEqual([['i-1', 'i-2']]);
  void ask('i-3');
  await clock.advance(batching.gatherMs);
  expect(calls[1]?.ids).toEqual(['i-3']);
});

it('finds the bad id by halving, and the others are done', async () => {
  const { telemetry, calls, askAll } = provider(8, { 'i-5': 'NotFound' });
  const answers = await askAll(idsUpTo(8));
  expect(answers.filter((answer) => answer === 'NotFound')).toHaveLength(1);
  expect(answers[5]).toBe('NotFound');
  expect(calls.map(({ ids }) => ids.length)).toEqual([8, 4, 4, 2, 1, 1, 2]);
  expect(telemetry.counts.get('fairlead_batch_items_total StopInstances ok')).toBe(7);
  expect(telemetry.counts.get('fairlead_batch_items_total StopInstances failed')).toBe(1);
  const [line] = telemetry.lines;
  expect(line?.text).toBe(
    '[BATCH] Batch operation StopInstances: 7 successful, 1 failed [duration=0.0s]',
  );
  expect(line?.fields).toMatchObject({ op: 'StopInstances', ok: 7, failed: 1, batches: 7 });
});

it('gives each id its own answer, whichever are bad', async () => {
  const types = fc.constantFrom<FaultType>('NotFound', 'Conflict', 'InvalidSpec', 'NotSupported');
  const some = fc.dictionary(fc.integer({ min: 0, max: 39 }).map(String), types);
  await fc.assert(
    fc.asyncProperty(some, fc.integer({ min: 1, max: 25 }), async (marked, sizeMax) => {
      const bad = Object.fromEntries(
        Object.entries(marked).map(([index, type]) => [`i-${index}`, type]),
      );
      const ids = idsUpTo(40);
      expect(await provider(sizeMax, bad).askAll(ids)).toEqual(
        ids.map((id) => bad[id] ?? `stopped ${id}`),
      );
    }),
    { numRuns: 40 },
  );
});

it('stays halved after a partial failure and grows back with every full batch that succeeds [G-61]', async () => {
  const { calls, askAll, settings } = provider(8, { 'i-0': 'Conflict' });
  await askAll(idsUpTo(8));
  const largest = async () => {
    const before = calls.length;
    await askAll(Array.from({ length: 24 }, (_, index) => `j-${index}`));
    return calls.slice(before).map(({ ids }) => ids.length);
  };
  expect((await largest())[0]).toBe(4);
  for (let round = 0; round < 4; round += 1) await largest();
  expect(Math.max(...(await largest()))).toBe(settings.sizeMax);
});

it('an unknown outcome is everybody’s, and nothing is sent twice for it', async () => {
  const { calls, askAll } = provider(10, { 'i-3': 'Timeout' });
  expect(await askAll(idsUpTo(5))).toEqual(Array.from({ length: 5 }, () => 'Timeout'));
  expect(calls).toHaveLength(1);
});

it('an id the answer leaves out has failed alone', async () => {
  const { clock, batches, call } = provider();
  const silent = { ...call, send: () => Promise.resolve(new Map([['i-1', 'yes']])) };
  const asked = ['i-1', 'i-2'].map((id) =>
    batches.run(silent, id, attempt()).catch((thrown: unknown) => (thrown as Error).message),
  );
  await clock.advance(batching.gatherMs);
  expect(await Promise.all(asked)).toEqual(['yes', 'StopInstances answered without i-2']);
});

it('two that ask for the same id share its place and its answer', async () => {
  const { calls, askAll } = provider();
  expect(await askAll(['i-1', 'i-1', 'i-2'])).toEqual([
    'stopped i-1',
    'stopped i-1',
    'stopped i-2',
  ]);
  expect(calls[0]?.ids).toEqual(['i-1', 'i-2']);
});

it('a caller that leaves early is not in the call; one whose signal has fired is refused first [V-20]', async () => {
  const { clock, calls, ask } = provider();
  const leaving = new AbortController();
  const left = ask('i-1', { signal: leaving.signal });
  const stays = ask('i-2');
  leaving.abort(new Error('cancelled'));
  await clock.advance(batching.gatherMs);
  expect(await Promise.all([left, stays])).toEqual(['cancelled', 'stopped i-2']);
  expect(await ask('i-3', { signal: leaving.signal })).toBe('cancelled');
  expect(calls.map(({ ids }) => ids)).toEqual([['i-2']]);
});

it('a call under way ends when the last caller has left, not when the first has [V-20]', async () => {
  const { clock, batches, call } = provider();
  const signals: AbortSignal[] = [];
  const deaf: BatchCall<string> = {
    ...call,
    send: (_ids, { signal }) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  };
  const callers = [new AbortController(), new AbortController()];
  const asked = callers.map(({ signal }, index) =>
    batches.run(deaf, `i-${index}`, attempt({ signal })).catch((thrown: unknown) => thrown),
  );
  await clock.advance(batching.gatherMs);
  callers[0]?.abort(new Error('first'));
  expect(signals[0]?.aborted).toBe(false);
  callers[1]?.abort(new Error('second'));
  expect(signals[0]?.aborted).toBe(true);
  expect(await Promise.all(asked)).toEqual([new Error('first'), new Error('second')]);
});

it('a batch that is not done in its time fails for all who still wait', async () => {
  const { clock, batches, call } = provider();
  const deaf: BatchCall<string> = { ...call, send: () => new Promise(() => undefined) };
  const asked = batches.run(deaf, 'i-1', attempt()).catch((thrown: unknown) => thrown);
  await clock.advance(batching.gatherMs + batchPresets.default.timeoutMs);
  expect(await asked).toMatchObject({ fault: { type: 'Timeout', code: 'batch.timeout' } });
});

it('goes as its most urgent member, and as a first try when it is one for anybody', async () => {
  const { clock, calls, ask } = provider();
  void ask('i-1', { priority: 'background', number: 3 });
  void ask('i-2', { priority: 'teardown', number: 2, correlationId: 'urgent' });
  void ask('i-3', { priority: 'user', number: 1 });
  await clock.advance(batching.gatherMs);
  expect(calls[0]?.attempt).toMatchObject({
    priority: 'teardown',
    number: 1,
    correlationId: 'urgent',
  });
});
