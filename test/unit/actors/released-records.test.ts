/** Records of every release there was, awakened by the charts of today. Written by `npm run fixtures`. */
import { expect, it } from 'vitest';
import { recordKey } from '../../../machines/ids.ts';
import { HostedFleet } from '../../fakes/hosted-fleet.ts';
import { isReleased, newestOf, storedFixtures } from '../../fixtures/fixture.ts';
import type { Fixture, GuardFixture } from '../../fixtures/fixture.ts';
import { GuardProcess } from '../../fixtures/guard-process.ts';
import { situations } from '../../fixtures/situations.ts';

const found = storedFixtures();
const fixtures = found.filter((each): each is Fixture => 'then' in each);
const breakers = found.filter((each): each is GuardFixture => 'openUntilMs' in each);

/** Right after the host of the fixture went. No call is answered, so that nothing moves by itself. */
async function awaken({ key, takenAtMs, record }: Fixture): Promise<HostedFleet> {
  const fleet = new HostedFleet({ hostId: 'successor' });
  fleet.ends = () => 'never';
  const { clock, store } = fleet.world;
  clock.stepWall(takenAtMs + 1 - clock.nowMs());
  let ids = 0;
  fleet.world.random.ulid = () => `01LATER${String((ids += 1)).padStart(19, '0')}`;
  store.plant(recordKey(key), JSON.stringify(record));
  await fleet.start();
  return fleet;
}

/** Refused whatever its state, so that the actor is in memory and as it was. */
const touch = async (fleet: HostedFleet, { key, then }: Fixture): Promise<unknown> => {
  fleet.world.bus.publishCommand({
    ...{ ...key, verb: then.verb, arguments: then.arguments },
    headers: {
      ...{ 'Nats-Msg-Id': 'touch', 'Fairlead-Reply-To': '_INBOX.t.touch' },
      'Fairlead-If-Revision': '999999999',
    },
  });
  await fleet.world.clock.advance(0);
  return fleet.world.reply('touch').body['code'];
};

const again =
  'records of an earlier chart are not awakened: raise its version in machines/kinds.ts and add a migration, or, ' +
  'while this version is not released, write its fixtures anew (npm run fixtures)';

it.each(fixtures.map((each) => [each.release, each.name, each] as const))(
  'of %s: %s is awakened in its state, with its timers, calls, answers and events, and goes on',
  async (_release, _name, fixture) => {
    const { key, record, state, calls, then, takenAtMs } = fixture;
    const fleet = await awaken(fixture);
    const { world } = fleet;
    const code = await touch(fleet, fixture);
    expect(code, again).not.toBe('actor.quarantined');
    expect(world.host.status().quarantined, again).toEqual([]);
    expect(fleet.stateOf(key)).toBe(state);
    const now = fleet.recordOf(key);
    expect(now.uid).toBe(record.uid);
    const deadlines = (of: typeof record) =>
      of.timers.map(({ from, to, id, atMs }) => `${id} ${from} ${to} ${atMs}`).sort();
    expect(deadlines(now)).toEqual(deadlines(record));
    for (const { atMs } of now.timers) expect(atMs).toBeGreaterThan(takenAtMs);
    const ids = now.seen.map(({ id }) => id);
    expect(ids.slice(0, record.seen.length)).toEqual(record.seen.map(({ id }) => id));
    const named = ({ effect, token }: (typeof calls)[number]) => `${effect} ${token}`;
    expect(fleet.underway(key).map(named).sort()).toEqual(calls.map(named).sort());
    const told = world.bus.events.map(({ id }) => id);
    expect(told).toEqual(expect.arrayContaining(record.outbox.map(({ id }) => id)));

    const { body } = await fleet.ask(key, then.verb, then.arguments, 'then');
    expect(body['code'] ?? 'ok').toBe(then.code);
    if (state === 'deleted') expect(fleet.recordOf(key).uid).not.toBe(record.uid);
    await fleet.stop();
  },
);

it.each(breakers.map((each) => [each.release, each] as const))(
  'of %s: an open circuit stays open until its time',
  async (_release, { record, takenAtMs, openUntilMs }) => {
    const process = new GuardProcess();
    process.clock.stepWall(takenAtMs + 1_000 - process.clock.nowMs());
    process.store.plant(process.recordKey, JSON.stringify(record));
    await process.start();
    expect(process.breaker(), again).toMatchObject({ state: 'open', openUntilMs });
    await process.stop();
  },
);

it('has a fixture of every situation, and none of another name', () => {
  const release = newestOf(fixtures.map((each) => each.release));
  const names = fixtures.filter((each) => each.release === release).map(({ name }) => name);
  expect(names.sort()).toEqual(situations.map(({ name }) => name).sort());
});

it('knows the newest release by its numbers', () => {
  expect(newestOf(['0.9.0', '0.10.0', '0.1.0'])).toBe('0.10.0');
});

it('calls released what has a section of its own in the changelog', () => {
  const changelog =
    '# Changelog\n\n## Unreleased\n\n- of 0.2.0\n\n## [0.1.0] - 2026-12-01\n\n## 0.0.9\n';
  const released = ['0.1.0', '0.0.9', '0.2.0', '0.1'].filter((each) => isReleased(each, changelog));
  expect(released).toEqual(['0.1.0', '0.0.9']);
});
