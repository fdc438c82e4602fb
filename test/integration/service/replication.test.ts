/** A replication on EBS through the running service: declared on NATS, seen on its query side and on the host's metrics page. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clients } from '../../contract/aws/target.ts';
import type { Target } from '../../contract/aws/target.ts';
import { launched, subnets } from '../../contract/aws/scene.ts';
import { attached, volume } from '../../contract/aws/volume-scene.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { hostReadings } from './host-readings.ts';

const key = { namespace: 'test', kind: 'replication', name: 'db-1' } as const;
const named = { namespace: 'test', name: 'db-1' };
const region = 'eu-central-1';
const metric = (name: string): string => `unified_replication_${name}`;

let world: StackWorld;
const { valueOf, lines, scrape } = hostReadings(() => world);

const place = (zone: string) => ({ cluster: `eu-${zone}`, region, zone: `${region}${zone}` });
const send = (verb: string, given: object = {}) =>
  world.client.command({ ...key, verb, arguments: given }, { timeoutMs: 30_000 });
const ask = (verb: string, given: object = {}) =>
  world.client.query({ ...key, verb, arguments: given });
const refusal = async (question: Promise<unknown>): Promise<unknown> => {
  try {
    return await question;
  } catch (error) {
    return (error as { problem?: unknown }).problem;
  }
};

beforeAll(async () => {
  world = await stackWorld({ scale: 100, seed: 41, logLevel: 'debug' });
  const { endpoint, accessKeyFile } = world.stack.simulator.ready;
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const target: Target = {
    ...{ name: 'sim', region, abilities: new Set(), instanceProfile: undefined },
    ...{ ...clients(endpoint, { accessKeyId, secretAccessKey }, region), patienceMs: 30_000 },
  };
  const [home, away] = await subnets(target);
  const [homeId, awayId, volumeId] = await Promise.all([
    launched(target, { SubnetId: home.SubnetId ?? '' }),
    launched(target, { SubnetId: away.SubnetId ?? '' }),
    volume(target),
  ]);
  await attached(target, volumeId, homeId);
  target.ec2.destroy();
  target.ssm.destroy();
  const manifest = {
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', metadata: named },
    spec: {
      endpoints: { home: place('a'), away: place('b') },
      volumes: [
        {
          name: 'data',
          home: { volumeId, instanceId: homeId, device: '/dev/sdf' },
          away: { instanceId: awayId, device: '/dev/sdf' },
        },
      ],
      schedule: { every: '30s', rpo: '5m' },
      backend: 'ebs',
    },
  };
  const outcome = await send('apply', { manifest });
  expect(outcome.ok, JSON.stringify(outcome)).toBe(true);
  await world.until('its first point is committed', async () => {
    const { points } = (await ask('get'))['status'] as { points: readonly unknown[] };
    return points.length > 0;
  });
}, 90_000);
afterAll(async () => {
  await world.close();
});

it('is what was observed: away a replica, home the only writer [U-34]', async () => {
  await world.until('both sides were looked at', async () => {
    const { endpoints } = (await ask('get'))['status'] as {
      endpoints: Record<'home' | 'away', { writable: string }>;
    };
    return endpoints.home.writable === 'yes' && endpoints.away.writable === 'no';
  });
  expect((await ask('get'))['status']).toMatchObject({
    ...{ state: 'replica', writer: 'home', backend: 'ebs' },
    endpoints: { home: { state: 'source', writable: 'yes' }, away: { writable: 'no' } },
  });
});

it('shows its states, moves, calls and turns on the metrics page [U-16] [U-17] [U-18] [U-19] [U-20] [U-24] [U-01]', async () => {
  expect(await valueOf(metric('state'), { ...named, state: 'replica' })).toBe(1);
  expect(await valueOf(metric('state'), { ...named, state: 'source' })).toBe(0);
  expect(await valueOf(metric('mode'), { ...named, mode: 'asynchronous' })).toBe(1);
  expect(await valueOf(metric('active_total'))).toBe(1);
  const move = { from_state: 'absent', to_state: 'source', backend: 'ebs' };
  expect(await valueOf(metric('state_transitions_total'), move)).toBe(1);
  const call = { backend: 'ebs', operation: 'commitPoint', result: 'success' };
  expect(await valueOf(metric('backend_operations_total'), call)).toBeGreaterThan(0);
  const turns = { ...named, result: 'success' };
  expect(await valueOf(metric('reconcile_total'), turns)).toBeGreaterThan(3);
  expect(await valueOf(metric('circuit_breaker_state'), { operation: 'ec2:read' })).toBe(0);
  const looks = { backend: 'ebs', outcome: 'ok' };
  expect(await valueOf('fairlead_replication_looks_total', looks)).toBeGreaterThan(0);
});

it('answers what may be promoted, what a command would come to, and its history [U-05] [U-06]', async () => {
  const { items } = (await ask('points')) as { items: readonly object[] };
  expect(items[0]).toMatchObject({ seq: expect.any(Number), final: false, promotableAt: 'away' });
  const refused = await refusal(ask('dry-run', { verb: 'demote', arguments: {} }));
  expect(refused).toMatchObject({
    code: 'transition.notAllowed',
    allowedNext: ['promoting', 'syncing'],
  });
  const { items: events } = (await ask('history')) as { items: readonly { type: string }[] };
  const types = events.map(({ type }) => type);
  expect(types).toContain('fairlead.replication.pointCommitted.v1');
});

it('counts a refused move as one, and logs it under the id it was sent with [U-30] [U-33] [U-48] [U-54]', async () => {
  expect(await send('demote')).toMatchObject({
    ok: false,
    problem: { code: 'transition.notAllowed' },
  });
  const error = { ...named, error_type: 'invalid_state_transition' };
  expect(await valueOf(metric('reconcile_errors_total'), error)).toBe(1);
  const told = lines().filter(({ msg }) => msg === 'Reconciling replication');
  expect(told.find((line) => line['code'] === 'transition.notAllowed')).toMatchObject({
    ...{ ...named, state: 'replica', mode: 'asynchronous' },
    correlationID: expect.stringMatching(/.+/) as string,
  });
});

it('takes its series along when it is deleted [U-16]', async () => {
  expect((await send('delete', { force: true })).ok).toBe(true);
  await world.until('it is gone', async () => (await valueOf(metric('active_total'))) === 0);
  const left = (await scrape()).filter(({ labels }) => labels['name'] === 'db-1');
  expect(left).toEqual([]);
});
