/** The commit gate by itself: no change is forgotten, whenever it comes. */
import { expect, it } from 'vitest';
import { CommitGate } from '../../../actors/commit-gate.ts';
import type { Cut } from '../../../actors/commit-gate.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

function newGate(record: () => unknown, quiescent: () => void = () => undefined) {
  const store = new FakeStore();
  const cuts: Cut[] = [];
  const gate = new CommitGate({
    ...{ store, clock: new ManualClock(), revision: 0, bytes: '' },
    telemetry: { log: () => undefined, count: () => undefined, observe: () => undefined },
    key: { kind: 'job', namespace: 'shop', name: 'a' },
    owned: () => true,
    quiescent,
    record: () => ({ outbox: [], seen: [], snapshot: record() }) as unknown as ActorRecord,
    written: () => undefined,
    stored: () => undefined,
    lost: (cut) => {
      cuts.push(cut);
      gate.close();
    },
  });
  return { gate, store, cuts };
}

it.each([0, 1, 2, 3, 4, 5, 6])(
  'stores a change that comes %i microtasks after the last write was reported',
  async (steps) => {
    let value = 0;
    const { gate, store } = newGate(() => value);
    gate.schedule();
    await gate.committed();
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    value = 1;
    gate.touch();
    const isStored = await Promise.race([gate.committed(), settle().then(() => 'forgotten')]);
    expect(isStored).toBe(true);
    expect(store.writes).toHaveLength(2);
  },
);

it.each([0, 1, 2, 3, 4, 5, 6])(
  'never stores a timer without its deadline, if it is armed %i microtasks after a write was reported',
  async (steps) => {
    let armed = 0;
    let noted = 0;
    const { gate, store } = newGate(
      () => ({ armed, noted }),
      () => {
        noted = armed;
      },
    );
    gate.schedule();
    await gate.committed();
    // While the loop of writes is in its last step, which takes more than one microtask.
    armed = 1;
    gate.touch();
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    armed = 2;
    gate.touch();
    await settle();
    for (const { bytes } of store.writes) expect(bytes).toMatch(/"armed":(\d),"noted":\1/);
  },
);

it('shares one write among all changes that come while another is under way', async () => {
  let value = 0;
  const { gate, store } = newGate(() => value);
  const release = store.hold();
  gate.schedule();
  await settle();
  for (value = 1; value < 9; value += 1) gate.touch();
  release();
  expect(await gate.committed()).toBe(true);
  expect(store.writes).toHaveLength(2);
});

it('does not write what has not changed, and still opens', async () => {
  const { gate, store } = newGate(() => 1);
  gate.schedule();
  await gate.committed();
  gate.touch();
  expect(await gate.committed()).toBe(true);
  expect(store.writes).toHaveLength(1);
});

it('gives up what is no JSON instead of hanging', async () => {
  const { gate, store, cuts } = newGate(() => 1n);
  gate.schedule();
  expect(await gate.committed()).toBe(false);
  expect(cuts.map(({ kind }) => kind)).toEqual(['poison']);
  expect(store.writes).toEqual([]);
});

it('answers false to everybody who waits, and from then on, once it is shut', async () => {
  const { gate, store } = newGate(() => 1);
  store.hold();
  gate.schedule();
  const waiting = gate.committed();
  gate.close();
  expect(await waiting).toBe(false);
  expect(await gate.committed()).toBe(false);
});
