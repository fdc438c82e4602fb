// One call per intent: what is folded, what runs again, who may take a claim over, and what a lying store can do.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../actors/policies/canonical-json.ts';
import type { Idempotency } from '../../../actors/policies/idempotency.ts';
import { readEntry } from '../../../actors/policies/idempotency-entry.ts';
import type { IdempotencyStore } from '../../../actors/ports.ts';
import { idempotency as limits } from '../../../machines/limits.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { counted, intent, leaseMs, never, oneProcess } from './idempotent-process.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const stateIn = async (store: IdempotencyStore, key = intent().key) => {
  const stored = await store.load(key);
  return stored && readEntry(stored.bytes);
};

describe('one intent', () => {
  it('is made once and answered with the stored result afterwards, by any process [G-07] [G-10] [C-33]', async () => {
    const first = oneProcess();
    const call = counted({ instanceId: 'i-1' });
    expect(await first.policy.run(intent(), call.make)).toEqual({ instanceId: 'i-1' });
    const later = oneProcess('h2', first);
    expect(await later.policy.run(intent(), call.make)).toEqual({ instanceId: 'i-1' });
    expect(call.made).toBe(1);
    expect([first.count('miss'), later.count('hit'), later.duplicates('folded')]).toEqual([
      1, 1, 1,
    ]);
    expect(first.telemetry.lines[0]).toMatchObject({
      text: '[IDEMPOTENCY] New key kkkkkkkkkkkk (operation: node.launch)',
      fields: { title: 'IdempotencyStore miss', key: 'kkkkkkkkkkkk', operation: 'node.launch' },
    });
    expect(later.telemetry.lines[0]).toMatchObject({
      text: '[IDEMPOTENCY] Cached result returned for key kkkkkkkkkkkk (operation: node.launch)',
      fields: { title: 'IdempotencyStore hit', actor: 'cluster/shop/a' },
    });
  });

  it('is made once by callers of one process at the same time [G-11]', async () => {
    const { policy } = oneProcess();
    let finish: (value: string) => void = () => undefined;
    const call = counted(() => new Promise<string>((resolve) => (finish = resolve)));
    const runs = [1, 2, 3].map(() => policy.run(intent(), call.make));
    await settle();
    finish('once');
    expect(await Promise.all(runs)).toEqual(['once', 'once', 'once']);
    expect(call.made).toBe(1);
  });

  it('runs again after a fault, and the next success stands [G-09]', async () => {
    const { policy, store, duplicates } = oneProcess();
    const fault = Object.assign(new Error('no'), {
      fault: { type: 'Unavailable', code: '503', message: 'no' },
    });
    const fails = counted(() => Promise.reject(fault));
    await expect(policy.run(intent(), fails.make)).rejects.toBe(fault);
    expect(await stateIn(store)).toMatchObject({ state: 'failed', fault: { code: '503' } });
    expect(await policy.run(intent(), counted('done').make)).toBe('done');
    expect(await stateIn(store)).toMatchObject({ state: 'completed', result: 'done' });
    expect(duplicates('run')).toBe(0);
  });

  it('joined by a caller whose forerunner fails is made by that caller itself', async () => {
    const { policy } = oneProcess();
    let fail: () => void = () => undefined;
    const first = counted(
      () => new Promise((_resolve, reject) => (fail = () => reject(new Error('cut')))),
    );
    const second = counted('mine');
    const runs = [policy.run(intent(), first.make), policy.run(intent(), second.make)];
    const ended = Promise.allSettled(runs);
    await settle();
    fail();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(second.made).toBe(1);
  });

  it('without a name begins anew with every new operation, although the key is the same', async () => {
    const { policy } = oneProcess();
    const call = counted('stopping');
    await policy.run(intent({ mayFold: false }), call.make);
    await policy.run(intent({ mayFold: false }), call.make);
    expect(call.made).toBe(2);
    await policy.run(intent({ mayFold: true }), call.make);
    expect(call.made).toBe(2);
  });

  it('whose answer is not final, or too large, is not kept', async () => {
    const { policy, store } = oneProcess();
    await policy.run(intent({ isFinal: () => false }), counted({ running: true }).make);
    expect(await stateIn(store)).toMatchObject({ fault: { code: 'idempotency.unfinished' } });
    const large = 'x'.repeat(limits.resultBytesMax + 1);
    expect(await policy.run(intent(), counted(large).make)).toBe(large);
    expect(await stateIn(store)).toMatchObject({ fault: { code: 'idempotency.tooLarge' } });
  });

  it('runs again once its time is over: two hours, or as told, or as the effect says [C-28] [G-51] [G-11]', async () => {
    for (const [ttlMs, own, waitMs] of [
      [undefined, undefined, 2 * 3_600_000],
      [30 * 60_000, undefined, 30 * 60_000],
      [undefined, 60_000, 60_000],
    ] as const) {
      const { policy, clock, count } = oneProcess('h1', {}, ttlMs === undefined ? {} : { ttlMs });
      const call = counted(1);
      const asked = intent(own === undefined ? {} : { ttlMs: own });
      await policy.run(asked, call.make);
      clock.freeze(waitMs - 1);
      await policy.run(asked, call.make);
      expect(call.made).toBe(1);
      clock.freeze(1);
      await policy.run(asked, call.make);
      expect([call.made, count('expired')]).toEqual([2, 1]);
    }
  });
});

describe('a claim', () => {
  it('of another host is waited for, and its result is the answer', async () => {
    const one = oneProcess();
    const other = oneProcess('h2', one);
    let finish: (value: string) => void = () => undefined;
    const slow = counted(() => new Promise<string>((resolve) => (finish = resolve)));
    const first = one.policy.run(intent(), slow.make);
    await settle();
    const second = counted('never');
    const waiting = other.policy.run(intent(), second.make);
    await one.clock.advance(10_000);
    finish('theirs');
    await one.clock.advance(limits.claimPollMs);
    expect(await Promise.all([first, waiting])).toEqual(['theirs', 'theirs']);
    expect(second.made).toBe(0);
  });

  it.each([
    ['an earlier process of the same host', 'h1', 1],
    ['a host that has lost the actor since', 'h2', 2],
  ])('of %s is taken over at once [G-09]', async (_what, hostId, fence) => {
    const dead = oneProcess();
    void dead.policy.run(intent(), never);
    await settle();
    const heir = oneProcess(hostId, dead);
    expect(await heir.policy.run(intent({ fence }), counted('again').make)).toBe('again');
    expect([heir.count('pending'), heir.duplicates('run')]).toEqual([1, 1]);
  });

  it('of a host that may still live is taken over when its lease has ended [G-51]', async () => {
    const dead = oneProcess();
    void dead.policy.run(intent(), never);
    await settle();
    const heir = oneProcess('h2', dead);
    const call = counted('again');
    const running = heir.policy.run(intent(), call.make);
    await dead.clock.advance(leaseMs - 1_000);
    expect(call.made).toBe(0);
    await dead.clock.advance(1_000 + limits.claimPollMs);
    expect([await running, call.made]).toEqual(['again', 1]);
  });

  it('taken over is not completed by the one who lost it', async () => {
    const old = oneProcess();
    let finish: (value: string) => void = () => undefined;
    const slow = old.policy.run(
      intent(),
      () => new Promise<string>((resolve) => (finish = resolve)),
    );
    await settle();
    const heir = oneProcess('h2', old);
    await heir.policy.run(intent({ fence: 2 }), counted('new').make);
    finish('late');
    await slow;
    expect(await stateIn(old.store)).toMatchObject({ state: 'completed', result: 'new' });
  });

  it('is left waiting for when the caller goes away', async () => {
    const one = oneProcess();
    void one.policy.run(intent(), never);
    await settle();
    const abort = new AbortController();
    const other = oneProcess('h2', one);
    const waiting = other.policy.run(intent({ signal: abort.signal }), never);
    await settle();
    abort.abort(new Error('left'));
    const ended = expect(waiting).rejects.toThrow('left');
    await one.clock.advance(limits.claimPollMs);
    await ended;
  });

  it('nobody finished shows its age and is given up by a sweep, which runs every five minutes [G-09] [G-11] [P-26]', async () => {
    const dead = oneProcess();
    void dead.policy.run(intent(), never);
    await settle();
    const ageS = (policy: Idempotency) => policy.readings()[0]?.value;
    dead.clock.freeze(30_000);
    expect(ageS(dead.policy)).toBe(30);
    const heir = oneProcess('h2', dead);
    expect(ageS(heir.policy)).toBe(0);
    heir.policy.start();
    await dead.clock.advance(limits.sweepMs);
    expect(ageS(heir.policy)).toBe(30 + limits.sweepMs / 1_000);
    await dead.clock.advance(limits.sweepMs);
    expect(await stateIn(dead.store)).toMatchObject({ fault: { code: 'idempotency.abandoned' } });
    expect(ageS(heir.policy)).toBe(0);
    heir.policy.stop();
  });
});

describe('a store that is away', () => {
  it('lets the call be made without it, and counts that', async () => {
    const store = new FakeStore();
    store.connected = false;
    const { policy, telemetry } = oneProcess('h1', { store });
    expect(await policy.run(intent(), counted('made').make)).toBe('made');
    expect(telemetry.counts.get('fairlead_idempotency_unreachable_total')).toBe(1);
  });

  it('holds a call up for half a second at most', async () => {
    const store = new FakeStore();
    store.hold();
    const { policy, clock } = oneProcess('h1', { store });
    const call = counted('made');
    const running = policy.run(intent(), call.make);
    await clock.advance(limits.storeWaitMs - 1);
    expect(call.made).toBe(0);
    await clock.advance(1);
    expect([await running, call.made]).toEqual(['made', 1]);
  });

  it('holding what nobody of ours wrote is written over', async () => {
    const store = new FakeStore();
    store.plant(intent().key, 'not even JSON');
    const { policy } = oneProcess('h1', { store });
    expect(await policy.run(intent(), counted('made').make)).toBe('made');
    expect(await stateIn(store)).toMatchObject({ state: 'completed' });
  });
});

describe('keys', () => {
  const { policy } = oneProcess();
  const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 });
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).reverse();
    return Object.fromEntries(entries.map(([name, each]) => [name, shuffled(each)]));
  };

  it(`are full SHA-256, the same in any order of arguments, and tell different calls apart (seed ${seed}) [G-08] [C-27]`, () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        const key = policy.keyOf({ params: one, operation: 'x' });
        expect(key).toMatch(/^[0-9a-f]{64}$/);
        expect(policy.keyOf({ operation: 'x', params: shuffled(one) })).toBe(key);
        expect(policy.keyOf({ operation: 'y', params: one })).not.toBe(key);
        const isSame = canonicalJson(one) === canonicalJson(other);
        expect(policy.keyOf({ params: other, operation: 'x' }) === key).toBe(isSame);
      }),
      { seed, numRuns: 60 },
    );
  });

  it('refuse what JSON cannot say', () => {
    expect(() => canonicalJson({ at: NaN })).toThrow('no part of a key');
    expect(() => canonicalJson({ run: () => 1 })).toThrow('no part of a key');
    expect(canonicalJson({ b: undefined, a: 1 })).toBe('{"a":1}');
  });
});
