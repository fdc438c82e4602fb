/** Whatever lies in the store, its actor goes on by the chart or is held, and nobody else is troubled. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { recordKey } from '../../machines/ids.ts';
import type { ResourceKey } from '../../machines/ids.ts';
import { HostedFleet } from '../fakes/hosted-fleet.ts';
import { storedFixtures } from '../fixtures/fixture.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, secret, torn, written } from './odd.ts';
import { isCode } from './scenes.ts';

const fixtures = storedFixtures().filter((each): each is Fixture => 'then' in each);

let fleet: HostedFleet;
beforeAll(async () => {
  fleet = await new HostedFleet({ intake: { ratePerSecond: 1e6, burst: 1e6 } }).start();
  fleet.ends = () => 'never';
});
afterAll(() => fleet.stop());

const decoder = new TextDecoder();
/** A record of some situation with a few parts broken, and the command that its own host took. */
const stored = fc.constantFrom(...fixtures).chain((fixture) =>
  fc
    .oneof(
      { weight: 3, arbitrary: mangled([fixture.record], 3).map(written) },
      {
        weight: 1,
        arbitrary: mangled([fixture.record.snapshot], 2).map((snapshot) =>
          written({ ...fixture.record, snapshot }),
        ),
      },
      {
        weight: 2,
        arbitrary: torn([written(fixture.record)]).map((bytes) => decoder.decode(bytes)),
      },
    )
    .map((bytes) => ({ fixture, bytes })),
);

/** What may be told of a record that no chart has written. */
const told = (body: Readonly<Record<string, unknown>>): string =>
  typeof body['code'] === 'string' ? body['code'] : 'ok';

async function asked(key: ResourceKey, verb: string, args: object = {}) {
  const answered = fleet.world.bus.query({ ...key, verb, arguments: args });
  await fleet.world.clock.advance(0);
  return (await answered).body;
}

let sent = 0;
fuzz(
  'a record of any form awakens by the chart or is held',
  40,
  stored,
  async ({ fixture, bytes }) => {
    const { world } = fleet;
    // A name of its own, so that nothing of the former run is in memory.
    const key = { ...fixture.key, name: `n${(sent += 1)}` };
    const own = (text: string): string =>
      text.replaceAll(`"${fixture.record.key}"`, `"${key.kind}/${key.namespace}/${key.name}"`);
    world.store.plant(recordKey(key), own(bytes));
    const before = world.store.peek(recordKey(key))?.bytes;
    const lines = world.telemetry.lines.length;

    const id = fleet.order(key, fixture.then.verb, fixture.then.arguments, `f${sent}`);
    await world.clock.advance(0);
    const code = told(world.reply(id).body);
    expect(code === 'ok' || isCode(code), code).toBe(true);
    expect(world.bus.waiting()).toEqual([]);
    if (code === 'actor.quarantined') expect(world.store.peek(recordKey(key))?.bytes).toBe(before);

    for (const verb of ['get', 'inspect', 'commands']) {
      const answer = told(await asked(key, verb));
      expect(answer === 'ok' || isCode(answer), `${verb}: ${answer}`).toBe(true);
    }
    const list = await asked({ ...key, name: '_' }, 'list', { limit: 3 });
    expect(told(list), written(list).slice(0, 300)).toBe('ok');
    const said = JSON.stringify(world.telemetry.lines.slice(lines));
    expect(said.includes(secret), said.slice(0, 500)).toBe(false);
  },
);
