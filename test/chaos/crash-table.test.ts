import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leftovers } from '../../src/stack/ground-truth.ts';
import { boundaries, effects, holdRule } from './boundaries.ts';
import type { Boundary } from './boundaries.ts';
import { stackWorld, doubledSlots, liveCount } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';

/** `npm test` runs a few; `npm run crash-table` runs all of them. */
const isWhole = process.env['FAIRLEAD_CRASH_TABLE'] === 'all';
const few = ['after "launch s1"', 'after "leave-etcd on s2"'];
const chosen = isWhole ? boundaries : boundaries.filter(({ name }) => few.includes(name));
const seed = Number(process.env['FAIRLEAD_SEED'] ?? 7);

interface Faults {
  readonly faults: readonly { readonly id: string; readonly met: number }[];
}

describe(`crash table, ${chosen.length} of ${boundaries.length} boundaries, seed ${seed}`, () => {
  let world: StackWorld;
  let made = 0;

  beforeAll(async () => {
    // Protected, so that lifting it is among the effects of a deletion.
    world = await stackWorld({ scale: 200, seed, isProtected: true });
  });
  afterAll(() => world.close());

  const met = async (): Promise<boolean> =>
    ((await world.simulator('GET', 'faults')) as Faults).faults.some(
      (rule) => rule.id === 'boundary' && rule.met > 0,
    );

  /** Kills the host at the boundary; `times` kills, the later ones as soon as the new host has resumed. */
  async function crashAt(boundary: Boundary, act: () => Promise<unknown>, kills: number) {
    await world.simulator('POST', 'faults', holdRule(boundary));
    await act();
    for (let kill = 0; kill < kills; kill += 1) {
      await world.until(`the call ${boundary.name} is held`, met);
      await world.stack.host.kill('SIGKILL');
      await world.simulator('DELETE', 'faults');
      if (kill + 1 < kills) await world.simulator('POST', 'faults', holdRule(boundary));
      await world.stack.host.start();
    }
    await world.simulator('DELETE', 'faults');
  }

  /** A change of the living cluster with the host's death in it; ends with the change carried out. */
  async function change(name: string, boundary: Boundary, kills: number): Promise<void> {
    const { phase } = boundary.effect;
    const order =
      (verb: string, args: object = {}) =>
      () =>
        world.client.command(
          { namespace: 'test', kind: 'cluster', name, verb, arguments: { ...args } },
          { timeoutMs: 30_000 },
        );
    const is = (state: string) =>
      world.until(`${name} is ${state}`, async () => (await world.state(name)) === state);
    if (phase === 'start') {
      await order('stop')();
      await is('stopped');
    }
    const scale = order('scale', { pool: 'server', count: 1 });
    await crashAt(boundary, phase === 'scale' ? scale : order(phase), kills);
    await is(phase === 'stop' ? 'stopped' : 'running.steady');
    const { instances } = await world.truth();
    const wanted = phase === 'stop' ? 'stopped' : 'running';
    const left = instances.filter(({ state }) => state !== 'terminated');
    expect(left.map(({ state }) => state)).toEqual(
      Array.from({ length: phase === 'scale' ? 1 : 3 }, () => wanted),
    );
  }

  async function live(boundary: Boundary, kills: number): Promise<void> {
    made += 1;
    const name = `c${made}`;
    const { phase } = boundary.effect;
    const create = () => world.apply(name, 3);
    const remove = () => world.remove(name);
    const running = async () => (await world.state(name)) === 'running.steady';

    if (phase === 'create') await crashAt(boundary, create, kills);
    else await create();
    await world.until(`${name} runs`, running);
    const whenRunning = await world.truth();
    expect(doubledSlots(whenRunning)).toEqual([]);
    expect(liveCount(whenRunning)).toBe(3);
    if (phase !== 'create' && phase !== 'delete') await change(name, boundary, kills);
    if (phase === 'delete') await crashAt(boundary, remove, kills);
    else await remove();
    await world.until(
      `${name} is deleted`,
      async () => (await world.state(name)) === 'resource.deleted',
    );
    const atEnd = await world.truth();
    expect(liveCount(atEnd)).toBe(0);
    expect(leftovers(atEnd)).toEqual([]);
    // Equal to an uncrashed life: three launches, whatever was repeated.
    expect(Object.values(atEnd.launchedByUid).at(-1)).toBe(3);
  }

  it(`lists ${effects.length} effects`, () => {
    expect(boundaries.length).toBeGreaterThanOrEqual(20);
  });

  it.each(chosen)('ends as without a crash when the host dies $name [G-24]', (boundary) =>
    live(boundary, 1),
  );

  it.each(boundaries.filter(({ name }) => name === 'before "launch s0"'))(
    'ends as without a crash when the host dies twice in a row $name',
    (boundary) => live(boundary, 2),
  );
});
