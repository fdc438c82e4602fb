/** takeover-order: a host dies by SIGKILL under load; the other goes on behind its last command, in order, nothing twice. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './run/fleet.ts';
import { twoHosts } from './two-hosts.ts';
import type { HostProcess } from './run/world.ts';
import type { Pair } from './two-hosts.ts';

/** In which it has to go on; how long it takes on a quiet machine is told by `npm run chaos -- --only kill`. */
const resumeMaxMs = 30_000;

let pair: Pair;

beforeAll(async () => {
  pair = await twoHosts(31);
});
afterAll(() => pair.close());

it('keeps every accepted command of an actor, once and in order, when its host is killed', async () => {
  const { world, ledger, owner, load, judge } = pair;
  const endLoad = load();
  const decided = (of: ReadonlySet<string>): number =>
    [...ledger.records.lives.values()]
      .filter(({ actor }) => of.has(actor))
      .reduce((sum, life) => sum + life.decided.length, 0);
  const moves = async (of: readonly string[], by: number): Promise<boolean> => {
    const actors = new Set(of);
    const before = decided(actors);
    return until(() => Promise.resolve(decided(actors) >= before + by), resumeMaxMs);
  };
  const ownedBy = ({ id }: HostProcess) => ledger.recovery.actorsOf([id()]);
  // Under way on both.
  const begun = world.hosts.map((each) => moves(ownedBy(each), ownedBy(each).length));
  expect(await Promise.all(begun)).toEqual([true, true]);
  const host = owner();
  const actors = ledger.recovery.actorsOf([host.id()]);
  const killedMs = performance.now();
  await host.child.kill('SIGKILL');
  ledger.recovery.ask('kill', actors, killedMs);
  const table = () => ledger.recovery.table(new Set());
  await until(() => Promise.resolve((table()['kill']?.count ?? 0) >= 1), resumeMaxMs);
  // The backlog goes on behind.
  expect(await moves(actors, 2 * actors.length)).toBe(true);
  await endLoad();
  const tally = await judge();
  expect(ledger.complaints.examples).toEqual([]);
  expect(tally.decided + tally.deadLettered).toBe(tally.accepted);
  expect(tally.accepted).toBeGreaterThan(200);
  const { count, max, missing } = table()['kill'] ?? { count: 0, max: 0, missing: 0 };
  expect({ count: count > 0, missing }).toEqual({ count: true, missing: 0 });
  console.log(`gone on ${max} ms after the kill; a lease is ${world.leaseTtlMs} ms`);
});
