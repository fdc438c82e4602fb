/** A host that dies between a call and its commit: the call's result outlives it, and the call is not made again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kvm } from '@nats-io/kv';
import { connectNats } from '../../src/nats/connection.ts';
import type { Connection } from '../../src/nats/connection.ts';
import { liveCount, stackWorld } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';

const state = 'KV_FAIRLEAD_STATE';
let world: StackWorld;
let nats: Connection;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 25 });
  const { url } = world.stack.nats.ready;
  nats = await connectNats({ url, nkeySeedFile: world.stack.keys.hostSeedFile, name: 'test' });
});
afterAll(async () => {
  await nats.close();
  await world.close();
});

interface Entry {
  readonly state: string;
  readonly operation: string;
}

async function entries(): Promise<Entry[]> {
  const bucket = await new Kvm(nats.js).open('FAIRLEAD_IDEM');
  const found: Entry[] = [];
  for await (const key of await bucket.keys()) {
    const entry = await bucket.get(key);
    if (entry?.operation === 'PUT') found.push(entry.json<Entry>());
  }
  return found;
}
const launches = async (state: string): Promise<number> =>
  (await entries()).filter((each) => each.operation === 'node.launch' && each.state === state)
    .length;

const launchCalls = async (): Promise<number> =>
  ((await world.simulator('GET', 'log?op=RunInstances')) as { calls: { dryRun?: boolean }[] }).calls
    .length;

const isMet = async (): Promise<boolean> =>
  ((await world.simulator('GET', 'faults')) as { faults: { met: number }[] }).faults.some(
    ({ met }) => met > 0,
  );

/** The call to launch the one server of `name`, held or answered late. */
const launchRule = (act: object): object => ({
  ...{ id: 'launch', service: 'ec2', op: 'RunInstances', match: { ClientToken: '*-s0-*' } },
  ...{ times: 1, act },
});

async function metric(name: string, result: string): Promise<number> {
  const { httpPort } = world.stack.host.ready;
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name}{result="${result}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

const hostLog = (): string => readFileSync(join(world.stack.dataDir, 'logs', 'host.log'), 'utf8');

it('folds a launch whose result was stored and not committed when its host was killed [R-25] [G-10] [G-12]', async () => {
  await world.simulator('POST', 'faults', launchRule({ kind: 'delay', ms: 2_000 }));
  await world.apply('one', 1);
  await world.until('the launch is done and not answered', isMet);
  // From here on no record can be committed, but results of calls can be kept.
  const { config } = await nats.jsm.streams.info(state);
  await nats.jsm.streams.update(state, { ...config, max_msg_size: 16 });
  await world.until('its result is kept', async () => (await launches('completed')) === 1);
  await world.stack.host.kill('SIGKILL');
  await nats.jsm.streams.update(state, config);
  const before = await launchCalls();
  await world.stack.host.start();
  await world.until('it runs', async () => (await world.state('one')) === 'running.steady');
  expect(await launchCalls()).toBe(before);
  expect(liveCount(await world.truth())).toBe(1);
  expect(await metric('fairlead_idempotency_lookups_total', 'hit')).toBe(1);
  expect(await metric('fairlead_idempotency_duplicates_total', 'folded')).toBe(1);
  expect(hostLog()).toMatch(/\[IDEMPOTENCY\] Cached result returned for key [0-9a-f]{12}/);
  expect(hostLog()).toMatch(/IdempotencyStore miss.*\(operation: node\.launch\)/);
});

it('takes over the claim of a host killed in the middle of a launch, and still launches once [G-09] [G-12]', async () => {
  await world.simulator('POST', 'faults', launchRule({ kind: 'delay', ms: 600_000 }));
  await world.apply('two', 1);
  await world.until('the launch is done and not answered', isMet);
  expect(await launches('pending')).toBe(1);
  await world.stack.host.kill('SIGKILL');
  await world.simulator('DELETE', 'faults');
  await world.stack.host.start();
  await world.until('it runs', async () => (await world.state('two')) === 'running.steady');
  expect(await metric('fairlead_idempotency_lookups_total', 'pending')).toBe(1);
  expect(await metric('fairlead_idempotency_duplicates_total', 'run')).toBe(1);
  expect(liveCount(await world.truth())).toBe(2);
});
