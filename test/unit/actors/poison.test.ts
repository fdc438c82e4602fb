/** Turns that throw, records that grow too large: nothing of them is stored, and the actor is held when it goes on. */
import { expect, it } from 'vitest';
import { recordKey } from '../../../machines/ids.ts';
import { World } from './world.ts';

const key = { kind: 'job', namespace: 'shop', name: 'a' };

it('discards a turn that throws, dead-letters its message, goes on from the last good record', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('note', { text: 'kept' });
  const before = world.record();
  const reply = await world.ask('boom');
  expect(reply.body).toMatchObject({ code: 'actor.poisoned', status: 500 });
  expect(reply.body['message']).toContain('boom in assign');
  expect(world.bus.deadLetters.map(({ commandId }) => commandId)).toEqual(['c3']);
  expect(world.record().snapshot).toEqual(before.snapshot);
  expect(world.record().strikes).toMatchObject({ count: 1, code: 'actor.poisoned' });
  const next = await world.ask('note', { text: 'and on' });
  expect(next.body).toMatchObject({ accepted: true });
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['kept', 'and on'] } });
  await world.stop();
});

it('does not run a poison message again when it is redelivered after a crash', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.bus.holdPublishes(); // the dead letter cannot be filed
  const id = world.send('boom');
  await world.clock.advance(0);
  expect(world.bus.waiting()).toHaveLength(1);
  world.crash();
  release();
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  expect(next.record().strikes).toMatchObject({ count: 1 });
  expect(next.reply(id).body).toMatchObject({ code: 'actor.poisoned' });
  expect(next.bus.waiting()).toEqual([]);
  await next.stop();
});

it('quarantines after repeated strikes and keeps the record', async () => {
  const world = await new World().start();
  await world.ask('create');
  for (let strike = 0; strike < 3; strike += 1) await world.ask('boom');
  const held = await world.ask('note', { text: 'x' });
  expect(held.body).toMatchObject({ code: 'actor.quarantined', status: 500 });
  expect(world.host.status().quarantined).toEqual(['job/shop/a']);
  expect(world.record().strikes).toMatchObject({ count: 3 });
  const other = await world.ask('create', {}, {}, 'b');
  expect(other.body).toMatchObject({ accepted: true });
  await world.stop();
  const next = await new World({}, world).start();
  const still = await next.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'later' });
  expect(still.body).toMatchObject({ code: 'actor.quarantined' });
  await next.stop();
});

it('does not add up strikes that lie far apart', async () => {
  const world = await new World().start();
  await world.ask('create');
  for (let strike = 0; strike < 4; strike += 1) {
    await world.ask('boom');
    world.clock.stepWall(2 * 3_600_000);
  }
  expect(world.record().strikes).toMatchObject({ count: 1 });
  expect((await world.ask('note', { text: 'x' })).body).toMatchObject({ accepted: true });
  await world.stop();
});

it('counts strikes of timers and observations too, where no message is to blame', async () => {
  const world = await new World().start();
  await world.ask('create');
  for (let strike = 0; strike < 3; strike += 1) {
    world.host.observe(key, { type: 'job.boom' });
    await world.clock.advance(0);
  }
  await world.clock.advance(0);
  expect(world.host.status().quarantined).toEqual(['job/shop/a']);
  expect(world.bus.deadLetters).toEqual([]);
  await world.stop();
});

it('answers and removes a command on which hosting itself fails', async () => {
  const world = await new World().start();
  world.random.ulid = () => {
    throw new Error('no ulid');
  };
  const reply = await world.ask('create');
  expect(reply.body).toMatchObject({ code: 'internal.assertion', status: 500 });
  expect(world.store.keys()).toEqual([]);
  expect(world.bus.waiting()).toEqual([]);
  expect(world.telemetry.texts()).toContain('a turn failed inside hosting');
  await world.stop();
});

it('refuses a turn that makes the record too large and keeps the last one', async () => {
  const world = await new World().start();
  await world.ask('create');
  const reply = await world.ask('grow', { bytes: 300_000 });
  expect(reply.body).toMatchObject({ code: 'record.tooLarge', status: 422 });
  expect(world.bus.deadLetters).toHaveLength(1);
  expect(world.record().strikes).toBeNull();
  expect((await world.ask('note', { text: 'x' })).body).toMatchObject({ accepted: true });
  const near = await world.ask('grow', { bytes: 140_000 });
  expect(near.body).toMatchObject({ accepted: true });
  expect(world.telemetry.texts()).toContain('the record is near its size cap');
  await world.stop();
});

it('never starts a record it cannot read, and never overwrites it', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.stop();
  world.store.plant(recordKey(key), '{"schema":99}');
  const next = await new World({}, world).start();
  const reply = await next.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'later' });
  expect(reply.body).toMatchObject({ code: 'actor.quarantined' });
  expect(next.store.peek(recordKey(key))?.bytes).toBe('{"schema":99}');
  await next.stop();
});

it.each([
  ['a chart that changed without a new version', { definitionHash: 'x' }, 'without a new version'],
  ['a machine version no migration leads from', { machineVersion: 7 }, 'no migration'],
  ['another machine', { machineId: 'other' }, 'machine other'],
  ['a fence from the future', { fence: 999 }, 'from the future'],
  ['the record of another resource', { key: 'job/shop/z' }, 'belongs to'],
])('quarantines a record of %s', async (_what, change, reason) => {
  const world = await new World().start();
  await world.ask('create');
  const record = world.record();
  await world.ask('create', {}, {}, 'b');
  world.store.plant(recordKey(key), JSON.stringify({ ...record, ...change }));
  world.send('note', { text: 'x' }); // the write of the live one is stale: it is read again
  await world.clock.advance(0);
  const told = JSON.stringify(world.telemetry.lines.map(({ fields }) => fields));
  expect(told).toContain(reason);
  expect(world.host.status().quarantined).toEqual(['job/shop/a']);
  await world.stop();
});
