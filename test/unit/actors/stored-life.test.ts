/** What an actor may start from, by the record alone. */
import { expect, it } from 'vitest';
import { definitionHash } from '../../../actors/definition.ts';
import type { CommitOptions } from '../../../actors/commit.ts';
import type { HostedKind } from '../../../actors/household.ts';
import type { OutboxEntry } from '../../../actors/outbox.ts';
import type { Migrations } from '../../../actors/migration-steps.ts';
import { Slots } from '../../../actors/slots.ts';
import { storedLife } from '../../../actors/stored-life.ts';
import { recordKey } from '../../../machines/ids.ts';
import { jobKind } from './job.ts';
import { World } from './world.ts';

const key = { kind: 'job', namespace: 'shop', name: 'a' };
const event: OutboxEntry = { id: 'u/9', event: 'e', correlationId: 'k', data: {}, atMs: 1 };

const hosted = (version = 1, migrations: Migrations = {}): HostedKind => {
  const kind = { ...jobKind({ version }), migrations };
  return { kind, definitionHash: definitionHash(kind.machine), turns: new Slots(1) };
};

/** What is said of a job that was left after these verbs, once `change` was made to its record. */
async function lifeAfter(verbs: readonly string[], change: object = {}, now = hosted()) {
  const world = await new World().start();
  for (const verb of verbs) await world.ask(verb);
  await world.clock.advance(6_000);
  await world.stop();
  const record = world.record();
  const text = JSON.stringify({ ...record, ...change });
  const { bytes, revision } = world.store.plant(recordKey(key), text);
  const { store, clock, telemetry } = world;
  const options: CommitOptions = { store, clock, telemetry, owned: () => true };
  return { life: await storedLife(options, key, now, record.fence), bytes, revision };
}

it('is absent where nothing is stored, and unowned where nothing may be read', async () => {
  const { store, clock, telemetry } = new World();
  const options = { store, clock, telemetry };
  const absent = await storedLife({ ...options, owned: () => true }, key, hosted(), 1);
  expect(absent).toEqual({ kind: 'absent' });
  const unowned = await storedLife({ ...options, owned: () => false }, key, hosted(), 1);
  expect(unowned).toEqual({ kind: 'unowned' });
});

it('is the record itself where it may be awakened', async () => {
  const { life, bytes, revision } = await lifeAfter(['create']);
  expect(life).toEqual({ kind: 'stored', record: JSON.parse(bytes) as object, bytes, revision });
});

it('is doubtful where the record cannot be read, with the reason', async () => {
  const { life } = await lifeAfter(['create'], { fence: 'x' });
  expect(life).toMatchObject({ kind: 'doubtful' });
  expect((life as { reason: string }).reason).toMatch(/^the record cannot be read: .*fence/s);
});

it('is doubtful where another machine wrote the record', async () => {
  const { life } = await lifeAfter(['create'], { machineId: 'other' });
  const reason = 'the record was written by machine other';
  expect(life).toEqual({ kind: 'doubtful', reason });
});

it('is doubtful where no step leads to the chart of today', async () => {
  const { life } = await lifeAfter(['create'], {}, hosted(2));
  const reason = 'no migration leads from version 1 to 2';
  expect(life).toEqual({ kind: 'doubtful', reason });
});

it('is doubtful where the step to the chart of today fails, with what it said', async () => {
  const failing = () => {
    throw new Error('a list is missing');
  };
  const { life } = await lifeAfter(['create'], {}, hosted(2, { 1: failing }));
  const reason = 'the migration from version 1 failed: a list is missing';
  expect(life).toEqual({ kind: 'doubtful', reason });
});

it('is a tombstone where all is over and said, whichever chart ended it', async () => {
  for (const version of [1, 2]) {
    const { life, bytes, revision } = await lifeAfter(['create', 'delete'], {}, hosted(version));
    const { seen, snapshot: before } = JSON.parse(bytes) as { seen: object; snapshot: object };
    const origin = { kind: 'new', revision, seen, outbox: [], before };
    expect(life).toEqual({ kind: 'tombstone', origin });
  }
});

it('is no tombstone before its last event is out: that has to be published first', async () => {
  const { life } = await lifeAfter(['create', 'delete'], { outbox: [event] });
  expect(life).toMatchObject({ kind: 'stored', record: { outbox: [event] } });
});
