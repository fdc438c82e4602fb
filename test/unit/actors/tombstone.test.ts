/** The end of a resource, and a new one under the same name. */
import { expect, it } from 'vitest';
import { World } from './world.ts';

it('leaves a tombstone that only creating verbs may replace, under a new uid', async () => {
  const world = await new World().start();
  await world.ask('create');
  const { uid } = world.record();
  await world.ask('delete');
  expect(world.events()).toEqual(['created', 'deleted']);
  await world.clock.advance(6_000);
  expect(world.host.residents()).toEqual([]);
  const late = await world.ask('note', { text: 'x' });
  expect(late.body).toMatchObject({ code: 'resource.deleted', status: 410 });
  const again = await world.ask('apply');
  expect(again.body).toMatchObject({ accepted: true });
  expect(world.record().uid).not.toBe(uid);
  expect(world.record().outboxNext).toBe(2);
  expect(world.bus.events.at(-1)?.id).toBe(`${world.record().uid}/1`);
  await world.stop();
});

it('carries seen over, so that a redelivered create does not bring the old one back', async () => {
  const world = await new World().start();
  await world.ask('create', {}, { 'Nats-Msg-Id': 'first' });
  await world.ask('delete', {}, { 'Nats-Msg-Id': 'second' });
  await world.ask('apply', {}, { 'Nats-Msg-Id': 'third' });
  expect(world.record().seen.map(({ id }) => id)).toEqual(['first', 'second', 'third']);
  const { uid } = world.record();
  await world.ask('delete', {}, { 'Nats-Msg-Id': 'fourth' });
  await world.clock.advance(6_000);
  world.bus.forget('first');
  const repeat = await world.ask('create', {}, { 'Nats-Msg-Id': 'first' });
  expect(repeat.body).toMatchObject({ accepted: true, repeated: true });
  expect(world.record().uid).toBe(uid);
  await world.stop();
});

it('replaces a tombstone that is still in memory, events not yet published included', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.bus.holdPublishes();
  await world.ask('delete');
  await world.ask('apply');
  release();
  await world.clock.advance(1_000);
  expect(world.events()).toEqual(['created', 'deleted', 'created']);
  expect(new Set(world.bus.events.map(({ id }) => id)).size).toBe(3);
  await world.stop();
});

it('refuses creating verbs while the resource is being deleted', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('note', { text: 'deleting' });
  const reply = await world.ask('apply', { padding: 'x' });
  expect(reply.body).toMatchObject({ code: 'resource.deleting', status: 409 });
  await world.stop();
});
