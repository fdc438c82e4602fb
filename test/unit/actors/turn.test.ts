/** The road of a command: create, turn, write, effect, event, reply. */
import { expect, it } from 'vitest';
import { World } from './world.ts';

it('creates an actor, answers after the write, publishes what the chart emitted', async () => {
  const world = await new World().start();
  const reply = await world.ask('create');
  expect(reply.error).toBeUndefined();
  expect(reply.body).toMatchObject({ accepted: true, commandId: 'c1', revision: 1, runs: 0 });
  expect(world.events()).toEqual(['created']);
  expect(world.record().key).toBe('job/shop/a');
  expect(world.bus.waiting()).toEqual([]);
  await world.stop();
});

it('performs the effect after its intent is stored and goes on with the result', async () => {
  const world: World = new World({
    perform: async ({ token, attempt }) => {
      expect(world.record().wakeAtMs).toBe(0);
      expect(JSON.stringify(world.record().snapshot)).toContain(token);
      return `done ${attempt}`;
    },
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  expect(world.events()).toEqual(['created', 'finished']);
  expect(world.record().snapshot).toMatchObject({ context: { result: 'done 1', attempts: 1 } });
  await world.stop();
});
