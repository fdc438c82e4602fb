// Results of calls in JetStream KV: compare-and-set over the wire, two hosts at one key, and an age that deletes.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Idempotency } from '../../../actors/policies/idempotency.ts';
import type { Intent } from '../../../actors/policies/idempotency.ts';
import type { IdempotencyStore } from '../../../actors/ports.ts';
import { systemClock } from '../../../src/clock.ts';
import { createIdempotencyStore } from '../../../src/nats/idempotency.ts';
import { setUpStreams } from '../../../src/nats/setup.ts';
import { startRig, until } from '../../contract/ports/nats-rig.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';
import { FakeTelemetry } from '../../unit/actors/world.ts';

let rig: NatsRig;
let store: IdempotencyStore;
beforeAll(async () => {
  rig = await startRig();
  store = await createIdempotencyStore(rig.connection);
});
afterAll(() => rig.stop());

const key = (name: string): string => createHash('sha256').update(name).digest('hex');
const host = async (hostId: string): Promise<Idempotency> =>
  new Idempotency({
    ...{ hostId, processId: hostId, clock: systemClock, telemetry: new FakeTelemetry() },
    store: await createIdempotencyStore(await rig.connect()),
    digest: key,
  });
const intent = (name: string): Intent => ({
  ...{ key: key(name), operation: 'node.launch', fence: 1, mayFold: true, leaseMs: 60_000 },
  ...{ signal: new AbortController().signal, fields: {}, isFinal: () => true },
});

it('is written by compare-and-set, read back and scanned', async () => {
  const first = await store.write(key('a'), '{"n":1}', 0);
  expect(first).toMatchObject({ kind: 'written' });
  const revision = first.kind === 'written' ? first.revision : 0;
  expect(await store.write(key('a'), '{"n":2}', 0)).toEqual({ kind: 'stale' });
  expect(await store.write(key('a'), '{"n":2}', revision)).toMatchObject({ kind: 'written' });
  expect((await store.load(key('a')))?.bytes).toBe('{"n":2}');
  expect(await store.load(key('never'))).toBeUndefined();
  const found = [];
  for await (const each of store.scan()) found.push(each.key);
  expect(found).toEqual([key('a')]);
});

it('lets one of several hosts make a call, and gives its result to the others [G-11]', async () => {
  const hosts = await Promise.all(['h1', 'h2', 'h3'].map(host));
  let made = 0;
  const make = async (): Promise<string> => {
    made += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return `i-${made}`;
  };
  const results = await Promise.all(hosts.map((each) => each.run(intent('race'), make)));
  expect(results).toEqual(['i-1', 'i-1', 'i-1']);
  expect(made).toBe(1);
});

it('drops results by age, as short as a host is told to keep them [G-11] [P-26] [C-28]', async () => {
  const options = { holder: 'contract', binding: { mode: 'simulator', installation: 'contract' } };
  const ageS = async () =>
    (await rig.connection.jsm.streams.info('KV_FAIRLEAD_IDEM')).config.max_age / 1e9;
  expect(await ageS()).toBe(2 * 3_600);
  await setUpStreams(rig.connection, { ...options, idempotencyTtlMs: 30 * 60_000 });
  expect(await ageS()).toBe(30 * 60);
  await store.write(key('old'), '{}', 0);
  await setUpStreams(rig.connection, { ...options, idempotencyTtlMs: 1_000 });
  await until(async () => (await store.load(key('old'))) === undefined, 'the entry is gone');
  expect(await store.write(key('old'), '{}', 0)).toMatchObject({ kind: 'written' });
});

it('that is away holds a call up for no longer than half a second', async () => {
  const policy = await host('h4');
  await rig.server.kill('SIGKILL');
  const startMs = performance.now();
  expect(await policy.run(intent('away'), () => Promise.resolve('made'))).toBe('made');
  // One bounded write before the call; the rest is this machine.
  expect(performance.now() - startMs).toBeLessThan(3_000);
  await rig.server.restart();
});
