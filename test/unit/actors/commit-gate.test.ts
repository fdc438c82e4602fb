/** The commit gate by itself: no change is forgotten, whenever it comes. */
import { expect, it } from 'vitest';
import { CommitGate } from '../../../actors/commit-gate.ts';
import type { CommitGateOptions, Cut } from '../../../actors/commit-gate.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import { recordKey } from '../../../machines/ids.ts';
import { bounds } from '../../../machines/limits.ts';
import { FakeStore } from '../../fakes/fake-store.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

const key = { kind: 'job', namespace: 'shop', name: 'a' };

function newGate(
  record: () => unknown,
  quiescent: (nowMs: number) => void = () => undefined,
  more: Partial<CommitGateOptions> = {},
) {
  const store = new FakeStore();
  const clock = new ManualClock();
  const cuts: Cut[] = [];
  /** What was reported, in order. */
  const told: string[] = [];
  const gate: CommitGate = new CommitGate({
    ...{ store, clock, revision: 0, bytes: '' },
    telemetry: {
      log: (level, fields, text) => told.push(`${level} ${text} ${JSON.stringify(fields)}`),
      count: (metric, labels) => told.push(`${metric} ${JSON.stringify(labels)}`),
      observe: (metric, value, labels) => {
        if (metric === 'fairlead_record_bytes')
          told.push(`${metric} ${JSON.stringify(labels)} ${value}`);
      },
    },
    key,
    owned: () => true,
    quiescent,
    record: () => ({ outbox: [], seen: [], snapshot: record() }) as unknown as ActorRecord,
    written: (_, revision) => told.push(`written ${revision}`),
    stored: (_, revision) => told.push(`stored ${revision}`),
    lost: (cut) => {
      cuts.push(cut);
      gate.close();
    },
    ...more,
  });
  return { gate, store, clock, cuts, told };
}

const measured = (sizeBytes: number): string => `fairlead_record_bytes {"kind":"job"} ${sizeBytes}`;

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

it('knows what is not stored yet, and the revision of what is', async () => {
  const { gate, store, told } = newGate(() => 1);
  // What it was made from may differ from the record.
  expect([gate.isDirty, gate.revision]).toEqual([true, 0]);
  gate.touch();
  expect(await gate.committed()).toBe(true);
  expect([gate.isDirty, gate.revision]).toEqual([false, 1]);
  const size = store.writes[0]?.bytes.length ?? 0;
  const written = 'fairlead_store_writes_total {"outcome":"written"}';
  expect(told).toEqual([written, measured(size), 'written 1', 'stored 1']);
});

it('writes upon the revision it was made with, and then upon its last', async () => {
  let value = 1;
  const { gate, store } = newGate(() => value, undefined, { revision: 1 });
  store.plant(recordKey(key), 'former');
  for (value = 1; value < 3; value += 1) {
    gate.touch();
    expect(await gate.committed()).toBe(true);
  }
  expect(store.writes.map(({ expectedRevision }) => expectedRevision)).toEqual([1, 2]);
});

it('looks at the tree once for all changes of one step, at the time of that step', async () => {
  const looks: number[] = [];
  const { gate, clock, told } = newGate(
    () => 1,
    (nowMs) => looks.push(nowMs),
  );
  const nowMs = clock.nowMs();
  gate.touch();
  gate.touch();
  clock.freeze(5);
  await gate.committed();
  // Once after the step, once before the write.
  expect(looks).toEqual([nowMs, nowMs]);
  expect(told.filter((line) => line.startsWith('stored'))).toHaveLength(1);
  gate.touch();
  await gate.committed();
  expect(looks).toEqual([nowMs, nowMs, nowMs + 5, nowMs + 5]);
});

it('takes no change once it is shut, nor looks at one that came before', async () => {
  let looks = 0;
  const { gate, store } = newGate(
    () => 1,
    () => (looks += 1),
  );
  gate.touch();
  gate.close();
  await settle();
  expect(looks).toBe(0);
  gate.touch();
  await settle();
  expect([looks, store.writes.length]).toEqual([0, 0]);
});

it('has settled once the write under way has ended', async () => {
  const { gate, store } = newGate(() => 1);
  await gate.settled();
  const release = store.hold();
  gate.touch();
  await settle();
  let isSettled = false;
  const settled = gate.settled().then(() => (isSettled = true));
  await settle();
  expect(isSettled).toBe(false);
  release();
  await settled;
});

it('tells nothing of a write that ends after it was shut', async () => {
  const { gate, store, cuts, told } = newGate(() => 1);
  const release = store.hold('beforeAnswer');
  gate.touch();
  await settle();
  gate.close();
  release();
  await settle();
  expect([gate.revision, cuts]).toEqual([0, []]);
  expect(told).toEqual(['fairlead_store_writes_total {"outcome":"written"}']);
});

it('gives up when somebody else has written, and says so', async () => {
  const { gate, store, cuts, told } = newGate(() => 1);
  store.failNext('stale');
  gate.touch();
  expect(await gate.committed()).toBe(false);
  await settle();
  expect(cuts).toEqual([{ kind: 'stale' }]);
  const fields = { actor: 'job/shop/a', revision: 0, correlationId: '' };
  expect(told.slice(1)).toEqual([
    `warn stale: somebody else wrote this record ${JSON.stringify(fields)}`,
    'fairlead_stale_total {"kind":"job"}',
  ]);
});

it('writes nothing that is not ours, and tells of no other writer', async () => {
  const { gate, store, cuts, told } = newGate(() => 1, undefined, { owned: () => false });
  gate.touch();
  expect(await gate.committed()).toBe(false);
  expect([cuts, told, store.writes]).toEqual([[{ kind: 'unowned' }], [], []]);
});

it('stores what was there when the write began, whatever the lists hold by then', async () => {
  const outbox: object[] = [{ id: 1 }];
  const seen: object[] = [{ id: 'a' }];
  const kept: unknown[] = [];
  const { gate, store } = newGate(() => 1, undefined, {
    record: () => ({ outbox, seen }) as unknown as ActorRecord,
    stored: (record) => kept.push(record),
  });
  const release = store.hold();
  gate.touch();
  await settle();
  outbox.push({ id: 2 });
  seen.push({ id: 'b' });
  release();
  await settle();
  expect(kept[0]).toEqual({ outbox: [{ id: 1 }], seen: [{ id: 'a' }] });
});

/** A snapshot that makes the record's JSON this many characters long. */
const padded = (length: number, character = 'x'): string =>
  character.repeat(length - JSON.stringify({ outbox: [], seen: [], snapshot: '' }).length);

it.each([
  { sizeBytes: bounds.recordBytesAlarm, warnings: 0 },
  { sizeBytes: bounds.recordBytesAlarm + 1, warnings: 1 },
  { sizeBytes: bounds.recordBytesMax, warnings: 1 },
])(
  'stores a record of $sizeBytes bytes with $warnings warnings',
  async ({ sizeBytes, warnings }) => {
    const { gate, cuts, told } = newGate(() => padded(sizeBytes));
    gate.touch();
    expect(await gate.committed()).toBe(true);
    expect(cuts).toEqual([]);
    const fields = { actor: 'job/shop/a', sizeBytes, alarmBytes: bounds.recordBytesAlarm };
    const warning = `warn the record is near its size cap ${JSON.stringify(fields)}`;
    expect(told.filter((line) => line.startsWith('warn'))).toEqual([warning].slice(0, warnings));
  },
);

it('gives up a record above the cap without writing it', async () => {
  const { gate, store, cuts, told } = newGate(() => padded(bounds.recordBytesMax + 1));
  gate.touch();
  expect(await gate.committed()).toBe(false);
  await settle();
  expect(told).toEqual([]);
  expect(cuts).toEqual([{ kind: 'tooLarge', bytes: bounds.recordBytesMax + 1 }]);
  expect(store.writes).toEqual([]);
});

it('counts bytes and not characters where it matters', async () => {
  const { gate, store, told } = newGate(() => padded(100_000, 'é'));
  gate.touch();
  await gate.committed();
  const { bytes = '' } = store.writes[0] ?? {};
  expect(told).toContain(measured(Buffer.byteLength(bytes)));
  expect(told.filter((line) => line.startsWith('warn'))).toHaveLength(1);
});

it('is not dirty by a change that comes once it is shut', async () => {
  const { gate } = newGate(() => 1);
  gate.touch();
  await gate.committed();
  gate.close();
  gate.touch();
  expect(gate.isDirty).toBe(false);
});
