// Looks at endpoints: how often, what a failed one means, and what is told of two that write.
import { describe, expect, it } from 'vitest';
import type { Side } from '../../../machines/replication-table.ts';
import { ReplicationWorld } from './replication-world.ts';

const named = { namespace: 'prod', name: 'db-1' };
const looks = 'fairlead_replication_looks_total';
const violations = 'fairlead_replication_single_writer_violation_total';
const health = 'fairlead_replication_health_state';

async function protectedWorld(): Promise<ReplicationWorld> {
  const world = await new ReplicationWorld().start();
  await world.protect();
  return world;
}

/** Milliseconds between looks at one endpoint while `forMs` pass. */
async function gaps(world: ReplicationWorld, forMs: number, side: Side = 'home') {
  const begin = world.backend.looks.length;
  await world.clock.advance(forMs);
  const times = world.backend.looks
    .slice(begin)
    .filter(({ endpoint }) => endpoint === side)
    .map(({ atMs }) => atMs);
  return times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
}

const status = async (world: ReplicationWorld) =>
  (await world.query('get')).body['status'] as Readonly<Record<string, unknown>>;

describe('looks at the endpoints of a replication', () => {
  it('come each minute at rest, each 15 s while something is under way', async () => {
    const world = await protectedWorld();
    await world.clock.advance(60_000);
    expect(await gaps(world, 300_000)).toEqual([60_000, 60_000, 60_000, 60_000]);
    await world.ask('failover', { how: 'forced' });
    const [first] = await gaps(world, 31_000);
    expect(first).toBe(15_000);
  });

  it('go on while it is paused, and what was told then is in its status', async () => {
    const world = await protectedWorld();
    await world.ask('pause');
    await world.clock.advance(60_000);
    expect(await gaps(world, 181_000)).toEqual([60_000, 60_000]);
    const { endpoints } = await status(world);
    expect(endpoints).toMatchObject({ home: { writable: 'yes' }, away: { writable: 'no' } });
  });

  it('tell nothing when they fail, so that after two nothing is known any more', async () => {
    const world = await protectedWorld();
    await world.clock.advance(60_000);
    expect(await world.value(health, { ...named, health: 'healthy' })).toBe(1);
    const before = await status(world);
    world.backend.failing.set('observe', { type: 'Timeout', code: 'Timeout', message: 'late' });
    await world.clock.advance(180_000);
    expect(await world.value(health, { ...named, health: 'unknown' })).toBe(1);
    expect(await world.value(looks, { backend: 'ebs', outcome: 'failed' })).toBeGreaterThan(3);
    const after = await status(world);
    expect(after['endpoints']).toEqual(before['endpoints']);
    const told = world.lines.filter(({ text }) => text.startsWith('look at an endpoint failed'));
    expect(told.length).toBeLessThan(8);
    world.backend.failing.clear();
    await world.clock.advance(61_000);
    expect(await world.value(health, { ...named, health: 'healthy' })).toBe(1);
  });

  it('that are older than what was asked for last prove nothing', async () => {
    const world = await protectedWorld();
    world.backend.sight = { isFresh: false, writable: 'unknown' };
    await world.clock.advance(120_000);
    expect(await world.value(looks, { backend: 'ebs', outcome: 'stale' })).toBeGreaterThan(0);
    const { endpoints } = await status(world);
    expect(endpoints).toMatchObject({ home: { writable: 'yes' } });
  });

  it('count each time both were seen writing, and put the writer into dispute', async () => {
    const world = await protectedWorld();
    await world.ask('failover', { how: 'forced' });
    await world.until(
      async () =>
        (await world.value('unified_replication_state', { ...named, state: 'source' })) === 1,
    );
    expect(await world.value(violations, { backend: 'ebs' })).toBeUndefined();
    world.backend.writable.home = 'yes';
    await world.clock.advance(120_000);
    expect(await world.value(violations, { backend: 'ebs' })).toBeGreaterThan(0);
    expect(world.texts()).toContain('both endpoints were seen writing');
  });

  it('end with the resource', async () => {
    const world = await protectedWorld();
    await world.ask('delete', { force: true });
    await world.clock.advance(120_000);
    const count = world.backend.looks.length;
    await world.clock.advance(180_000);
    expect(world.backend.looks.length).toBe(count);
  });
});

describe('questions about a replication', () => {
  it('points: what is committed, with its age and where it may be promoted', async () => {
    const world = await protectedWorld();
    await world.clock.advance(30_000);
    const { body } = await world.query('points');
    const [newest] = body['items'] as Readonly<Record<string, unknown>>[];
    expect(newest).toMatchObject({ seq: 1, final: false, promotableAt: 'away', ofThisEpoch: true });
    expect(newest?.['ageSeconds']).toBeGreaterThanOrEqual(29);
    expect(Date.parse(String(newest?.['pit']))).not.toBeNaN();
    expect(body).toMatchObject({ writer: 'home' });
    expect((await world.query('points', { endpoint: 'home' })).body['items']).toEqual([]);
    const { error } = await world.query('points', {}, 'nobody');
    expect(error?.status).toBe(404);
  });

  it('dry-run: the answer a command would get, with the states that are allowed', async () => {
    const world = await protectedWorld();
    const asked = (verb: string, given: object) =>
      world.query('dry-run', { verb, arguments: given });
    expect((await asked('failover', { how: 'forced' })).body).toMatchObject({ dryRun: true });
    const refused = await asked('demote', {});
    expect(refused.error?.status).toBe(409);
    expect(refused.body).toMatchObject({
      code: 'transition.notAllowed',
      allowedNext: ['promoting', 'syncing'],
    });
    expect((await status(world))['state']).toBe('replica');
  });
});
