// Several hosts at one key, in every order of steps, over a store that lies, loses answers and loses writes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IdempotencyStore, StoredRecord } from '../../../actors/ports.ts';
import { idempotency as limits } from '../../../machines/limits.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { counted, intent, oneProcess } from './idempotent-process.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);

/** A store whose steps are put in any order, and which may answer with what was true before. */
function shaken(inner: FakeStore, scheduler: fc.Scheduler, lies: (() => boolean) | undefined) {
  const past = new Map<string, (StoredRecord | undefined)[]>();
  const step = () => scheduler.schedule(Promise.resolve());
  const store: IdempotencyStore = {
    async load(key) {
      await step();
      const now = await inner.load(key);
      const seen = past.get(key) ?? [undefined];
      const told = lies?.() === true ? seen[Math.max(0, seen.length - 2)] : now;
      past.set(key, [...seen, now]);
      await step();
      return told;
    },
    async write(key, bytes, revision) {
      await step();
      if (lies?.() === true) return { kind: 'stale' };
      const outcome = await inner.write(key, bytes, revision);
      await step();
      return outcome;
    },
    scan: () => inner.scan(),
  };
  return store;
}

async function until(done: () => boolean, scheduler: fc.Scheduler, clock: ManualClock) {
  for (let round = 0; !done() && round < 2_000; round += 1) {
    if (scheduler.count() > 0) await scheduler.waitNext(1);
    else await clock.advance(limits.claimPollMs);
    // Whatever follows from that step is scheduled by now: time passes only when nothing else can.
    await settle();
  }
}

describe('two hosts at one key', () => {
  it(`run the call once, in every order of steps and with a store that lies now and then (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (s, lies) => {
          // Fewer lies than the races one claim may lose.
          let liesLeft = limits.claimTriesMax - 2;
          const lie = () => liesLeft > 0 && lies.shift() === true && liesLeft-- > 0;
          const shelf = new FakeStore();
          const clock = new ManualClock();
          const call = counted({ instanceId: 'i-1' });
          const results: unknown[] = [];
          for (const host of ['h1', 'h2', 'h3']) {
            const store = shaken(shelf.secondClient(), s, lie);
            const { policy } = oneProcess(host, { store, clock });
            void policy.run(intent(), call.make).then((value) => results.push(value));
          }
          await until(() => results.length === 3, s, clock);
          expect(results).toEqual([1, 2, 3].map(() => ({ instanceId: 'i-1' })));
          expect(call.made).toBe(1);
        },
      ),
      { seed, numRuns: 60 },
    );
  });

  it(`give every caller an answer when writes and answers get lost, and run it no oftener than there are callers (seed ${seed})`, async () => {
    const trouble = fc.constantFrom('lostAnswer', 'lostRequest', 'stale', 'none');
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(trouble, { maxLength: 6 }), async (s, troubles) => {
        const shelf = new FakeStore();
        const clock = new ManualClock();
        const call = counted('done');
        const results: unknown[] = [];
        for (const host of ['h1', 'h2']) {
          const client = shelf.secondClient();
          client.failNext(...troubles.filter((each) => each !== 'none'));
          const store = shaken(client, s, undefined);
          const { policy } = oneProcess(host, { store, clock });
          void policy.run(intent(), call.make).then((value) => results.push(value));
        }
        await until(() => results.length === 2, s, clock);
        expect(results).toEqual(['done', 'done']);
        expect(call.made).toBeGreaterThanOrEqual(1);
        expect(call.made).toBeLessThanOrEqual(2);
      }),
      { seed, numRuns: 60 },
    );
  });
});
