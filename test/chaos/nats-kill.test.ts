import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from '../../src/stack/ground-truth.ts';
import { stackWorld, doubledSlots, liveCount } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';

describe('nats-server dies by SIGKILL', () => {
  let world: StackWorld;

  beforeAll(async () => {
    world = await stackWorld({ scale: 200, seed: 11 });
  });
  afterAll(() => world.close());

  it('a creation under way ends running with nothing doubled', async () => {
    await world.apply('one', 3, 1);
    for (const state of [/^provisioning/, /^installing/, /^configuring/]) {
      await world.until(`one is ${state}`, async () => state.test(await world.state('one')));
      await world.stack.nats.kill('SIGKILL');
      await world.stack.nats.start();
    }
    await world.until('one runs', async () => (await world.state('one')) === 'running.steady');
    const truth = await world.truth();
    expect(doubledSlots(truth)).toEqual([]);
    expect(liveCount(truth)).toBe(4);
    expect(Object.values(truth.launchedByUid)).toEqual([4]);
  });

  it('a deletion under way ends with nothing left', async () => {
    await world.remove('one');
    await world.stack.nats.kill('SIGKILL');
    await world.stack.nats.start();
    await world.until(
      'one is deleted',
      async () => (await world.state('one')) === 'resource.deleted',
    );
    const truth = await world.truth();
    expect(liveCount(truth)).toBe(0);
    expect(leftovers(truth)).toEqual([]);
  });
});
