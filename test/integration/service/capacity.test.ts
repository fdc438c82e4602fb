/** A cloud that is short of machines, slow, or silent: every cluster still ends running, with one machine per place. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { duplicateInstances } from '../../../src/stack/ground-truth.ts';
import { doubledSlots, manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

let world: StackWorld;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 25 });
});
afterAll(() => world.close());

const address = (name: string) => ({ namespace: 'test', kind: 'cluster', name });

/** One server of these types, in order of preference. */
async function create(name: string, ...instanceTypes: readonly string[]): Promise<void> {
  const { spec, ...top } = manifest(name);
  const servers = { ...spec.servers, instanceTypes };
  const outcome = await world.client.command({
    ...{ ...address(name), verb: 'create' },
    arguments: { manifest: { ...top, spec: { ...spec, servers } } },
  });
  expect(outcome).toMatchObject({ ok: true });
}

const runs = (name: string) =>
  world.until(`${name} runs`, async () => (await world.state(name)) === 'running.steady');

interface Machine {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly state: string;
  readonly incarnation: string;
}

/** Every machine the cluster ever had. */
async function machinesOf(name: string): Promise<readonly Machine[]> {
  const { metadata } = (await world.client.query({ ...address(name), verb: 'get' })) as {
    metadata: { uid: string };
  };
  const { instances } = (await world.simulator('GET', 'state')) as {
    instances: (Machine & { uid: string })[];
  };
  return instances.filter(({ uid }) => uid === metadata.uid);
}

const zones = ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'];
const exhaust = (zone: string, instanceType: string, isLate = false) =>
  world.simulator('POST', 'capacity', { zone, instanceType, left: 0, isLate });

interface Call {
  readonly code?: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Calls that meant it. */
async function calls(op: string): Promise<readonly Call[]> {
  const { calls: found } = (await world.simulator('GET', `log?op=${op}`)) as { calls: Call[] };
  return found.filter(({ parameters }) => parameters['DryRun'] !== 'true');
}

it('a zone without capacity is left for the next zone, an exhausted type for the next type', async () => {
  await exhaust('eu-central-1a', 'm5.large');
  for (const zone of zones) await exhaust(zone, 'm6i.large');
  await Promise.all([create('zoned', 'm5.large'), create('typed', 'm6i.large', 'm6a.large')]);
  await Promise.all([runs('zoned'), runs('typed')]);
  const [zoned, ...others] = await machinesOf('zoned');
  expect(others).toEqual([]);
  expect(zoned).toMatchObject({
    instanceType: 'm5.large',
    zone: expect.stringMatching(/[bc]$/) as string,
  });
  expect(await machinesOf('typed')).toMatchObject([{ instanceType: 'm6a.large' }]);
  const refused = (await calls('RunInstances')).filter(
    ({ code }) => code === 'InsufficientInstanceCapacity',
  );
  expect(refused).toHaveLength(4);
});

it('a machine that dies while it boots is replaced by a second incarnation elsewhere', async () => {
  await exhaust('eu-central-1a', 't3.large', true);
  await create('reborn', 't3.large');
  await runs('reborn');
  const machines = await machinesOf('reborn');
  expect(machines.map(({ state, incarnation }) => [state, incarnation]).sort()).toEqual([
    ['running', '2'],
    ['terminated', '1'],
  ]);
});

it('a storm of RequestLimitExceeded only delays, and a launch whose reply is lost is not made twice [P-33] [G-12]', async () => {
  const error = { kind: 'error', code: 'RequestLimitExceeded', status: 503 };
  await world.simulator('POST', 'faults', {
    ...{ id: 'storm', service: 'ec2', op: '*', probability: 0.4, times: 15, act: error },
  });
  await world.simulator('POST', 'faults', {
    ...{ id: 'lost', service: 'ec2', op: 'RunInstances', match: { ClientToken: '*-s0-*' } },
    ...{ times: 1, act: { kind: 'hangupAfter' } },
  });
  await world.apply('stormy', 3);
  await runs('stormy');
  const { faults } = (await world.simulator('GET', 'faults')) as {
    faults: { id: string; met: number }[];
  };
  expect(faults.find(({ id }) => id === 'lost')?.met).toBe(1);
  expect(faults.find(({ id }) => id === 'storm')?.met).toBeGreaterThan(3);
  await world.simulator('DELETE', 'faults');
  expect(await machinesOf('stormy')).toHaveLength(3);
});

it('a pause during creation starts nothing new, and resume goes on from there', async () => {
  await world.simulator('POST', 'faults', {
    ...{ id: 'slow', service: 'ec2', op: 'CreateSecurityGroup', times: 1 },
    act: { kind: 'delay', ms: 1_500 },
  });
  const secretsBefore = (await calls('PutParameter')).length;
  await create('held', 't3.medium');
  await world.until('its first call is under way', async () => {
    const { faults } = (await world.simulator('GET', 'faults')) as { faults: { met: number }[] };
    return faults.some(({ met }) => met > 0);
  });
  await world.client.command({ ...address('held'), verb: 'pause', arguments: {} });
  await world.until(
    'that call has ended',
    async () => (await world.state('held')) === 'provisioning.secrets',
  );
  // The host looks at the cloud a few times more; nothing else may happen meanwhile.
  const looks = async () => (await calls('DescribeInstances')).length;
  const before = await looks();
  await world.until('the host is at work', async () => (await looks()) >= before + 5);
  expect((await calls('PutParameter')).length).toBe(secretsBefore);
  expect(await world.state('held')).toBe('provisioning.secrets');
  await world.client.command({ ...address('held'), verb: 'resume', arguments: {} });
  await runs('held');
  expect(await machinesOf('held')).toHaveLength(1);
});

it('in all of it no place had two machines', async () => {
  const truth = await world.truth();
  expect(duplicateInstances(truth)).toBe(0);
  expect(doubledSlots(truth)).toEqual([]);
});
