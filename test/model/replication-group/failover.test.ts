/** A group as users have it: all of its members change over, in their order, or none does. */
import { afterEach, expect, it } from 'vitest';
import { groupEvents } from '../../../machines/messages.ts';
import { GroupWorld } from './world.ts';
import type { Member } from './world.ts';

const three = [{ name: 'db-1', order: 2 }, { name: 'db-2' }, { name: 'db-3', order: 1 }];
const writers = (world: GroupWorld) =>
  world.members.map(({ name }) => world.volumes.writersOf(name).join());

const opened: GroupWorld[] = [];
async function open(members: readonly Member[]): Promise<GroupWorld> {
  const world = await GroupWorld.open(members);
  opened.push(world);
  return world;
}
afterEach(async () => {
  for (const world of opened.splice(0)) {
    expect([...world.volumes.twice]).toEqual([]);
    await world.stop();
  }
});

it.each(['planned', 'forced'] as const)(
  'promotes the recovery sides one by one in declared order, %s, and brings them home again',
  async (how) => {
    const world = await open(three);
    expect(await world.run('failover', { how })).toMatchObject({ ok: true, failures: [] });
    expect(world.volumes.armed).toEqual(['db-2', 'db-3', 'db-1']);
    expect(writers(world)).toEqual(['away', 'away', 'away']);
    const { epoch, loss } = world.member('db-1');
    expect({ epoch, lost: (loss?.seconds ?? 0) > 0 }).toEqual({ epoch: 2, lost: how === 'forced' });
    for (const { name } of three) world.observe(name, 'home');
    await world.until('fenced homes follow', () =>
      three.every(({ name }) => world.member(name).home.phase.startsWith('replica.')),
    );
    expect(await world.run('failback')).toMatchObject({ ok: true });
    expect(writers(world)).toEqual(['home', 'home', 'home']);
  },
);

it('takes no last point of any member while an old writer of another may still write', async () => {
  const world = await open(three);
  await world.run('failover');
  const { calls } = world.volumes;
  const last = (call: string) =>
    Math.max(...three.map(({ name }) => calls.lastIndexOf(`${name} ${call}`)));
  const first = (call: string) =>
    Math.min(...three.map(({ name }) => calls.indexOf(`${name} ${call}`)));
  expect(last('drain')).toBeLessThan(first('finalSync'));
  expect(last('materialize')).toBeLessThan(first('arm'));
});

it.each(['preflight', 'drain', 'finalSync', 'materialize'])(
  'calls all members off, and leaves no second writer, when one fails in %s',
  async (effect) => {
    const world = await open(three);
    world.volumes.refuses.add(`db-3 ${effect}`);
    const outcome = await world.run('failover');
    expect(outcome).toMatchObject({ ok: false, cause: 'a member gave up' });
    expect(outcome.failures.map(({ name }) => name)).toContain('db-3');
    expect(world.volumes.armed).toEqual([]);
    for (const { name } of three) {
      const { home, away, operation } = world.member(name);
      expect([operation, away.phase.split('.')[0]]).not.toContain('source');
      // Looked ahead only: nothing has been begun, and the writer goes on.
      if (effect === 'preflight') expect(home.phase).toBe('source.protected');
    }
  },
);

it('calls all off when the first to be armed fails, and only reports later ones', async () => {
  const first = await open(three);
  first.volumes.refuses.add('db-2 arm');
  expect(await first.run('failover')).toMatchObject({
    cause: 'the first member did not become the writer',
  });
  expect(writers(first)).toEqual(['', '', '']);
  const later = await open(three);
  later.volumes.refuses.add('db-3 arm');
  const outcome = await later.run('failover');
  expect({ ok: outcome.ok, names: outcome.failures.map(({ name }) => name) }).toEqual({
    ...{ ok: false, names: ['db-3'] },
  });
  expect(writers(later)).toEqual(['away', 'away', '']);
});

it('begins nothing when a member cannot be promoted, and says which and why', async () => {
  const world = await open([{ name: 'db-1' }, { name: 'db-2' }]);
  await world.ask('replication', 'db-2', 'test-start', { ttlSeconds: 3_600 });
  await world.until('tested', () => world.member('db-2').away.phase === 'replica.testing');
  const outcome = await world.run('failover');
  expect(outcome.failures).toEqual([
    { name: 'db-2', says: expect.stringContaining('test runs on away') as string },
  ]);
  expect(world.member('db-1').operation).toBeNull();
  expect(world.volumes.calls).not.toContain('db-1 preflight');
});

it('is given up by cancel before anybody is armed, and takes another order afterwards', async () => {
  const world = await open([{ name: 'db-1' }, { name: 'db-2' }]);
  await world.order('failover');
  await world.reaches('gatheringFenced');
  const { error } = await world.order('failback');
  expect(error?.status).toBe(409);
  await world.order('cancel');
  expect((await world.ended()).outcomes.at(-1)).toMatchObject({ ok: false, cause: 'cancelled' });
  expect(world.volumes.armed).toEqual([]);
  expect(await world.run('pause')).toMatchObject({ ok: true, number: 2 });
});

it('keeps those that wait waiting as long as one member is slow', async () => {
  const world = await open([{ name: 'db-1' }, { name: 'db-2' }]);
  world.volumes.stalls.add('db-2 finalSync');
  await world.order('failover');
  await world.until('held', () => world.member('db-1').operation?.group?.at === 'made');
  // Longer than a member waits for a group that is silent.
  await world.until('long after', () => world.group().operation?.keeps === 4);
  world.volumes.stalls.delete('db-2 finalSync');
  expect((await world.ended()).outcomes.at(-1)).toMatchObject({ ok: true });
});

it('comes to the same as a single replication when it has one member', async () => {
  const lone = await open([{ name: 'db-1' }]);
  await lone.run('failover');
  const single = await open([{ name: 'db-1' }]);
  await single.ask('replication', 'db-1', 'failover', {});
  await single.until('away writes', () => single.member('db-1').away.phase.startsWith('source.'));
  const seen = (world: GroupWorld) => {
    const { home, away, writer, epoch, loss, history } = world.member('db-1');
    const moves = history.map(({ endpoint, from, to }) => `${endpoint} ${from} → ${to}`);
    return { home: home.phase, away: away.phase, writer, epoch, lost: loss?.seconds, moves };
  };
  expect(seen(lone)).toEqual(seen(single));
  expect(lone.volumes.calls.filter((call) => !/snapshot|copy|Point|prune/.test(call))).toEqual(
    single.volumes.calls.filter((call) => !/snapshot|copy|Point|prune/.test(call)),
  );
});

it('does nothing where all members write on that side already', async () => {
  const world = await open([{ name: 'db-1' }]);
  expect(await world.run('relocate')).toMatchObject({ ok: true });
  expect(await world.run('failover')).toMatchObject({ ok: true });
  expect(world.member('db-1').epoch).toBe(2);
});

it('hands pause and resume to every member, and leaves them when it is deleted', async () => {
  const world = await open([{ name: 'db-1' }, { name: 'db-2' }]);
  expect(await world.run('pause')).toMatchObject({ ok: true });
  expect(three.slice(0, 2).map(({ name }) => world.member(name).isPaused)).toEqual([true, true]);
  expect(await world.run('resume')).toMatchObject({ ok: true });
  await world.order('delete');
  expect(world.group().phase).toBe('deleted');
  await world.clock.advance(1_000);
  const told = world.bus.events.filter(({ kind }) => kind === 'replicationgroup');
  expect(told.map(({ event }) => event)).toContain('orderEnded');
  for (const { event } of told) expect(groupEvents).toContain(event);
  expect(world.member('db-1').lifecycle).toBe('active');
});

it.each([
  ...(['preflighting', 'ordering', 'gatheringReady', 'gatheringFenced'] as const),
  ...(['gatheringMade', 'arming', 'verifying'] as const),
])('goes on after its process died while %s', async (phase) => {
  const world = await open(three);
  world.diesWhen(phase);
  await world.order('failover');
  await world.until('dead', () => world.deaths === 1);
  expect((await world.ended()).outcomes.at(-1)).toMatchObject({ ok: true });
  expect(world.volumes.armed).toEqual(['db-2', 'db-3', 'db-1']);
  expect(three.map(({ name }) => world.member(name).epoch)).toEqual([2, 2, 2]);
});

it('ends what it called off though its process died over it', async () => {
  const world = await open(three);
  world.volumes.refuses.add('db-1 materialize');
  world.diesWhen('aborting');
  await world.order('failover');
  await world.until('dead', () => world.deaths === 1);
  expect((await world.ended()).outcomes.at(-1)).toMatchObject({ ok: false });
  expect(world.volumes.armed).toEqual([]);
});
