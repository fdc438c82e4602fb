// What dashboards read of replications: nineteen names of an earlier tool and ours, fed by turns, commits, calls and looks.
import { beforeAll, describe, expect, it } from 'vitest';
import { publicStates } from '../../../machines/replication-table.ts';
import { metrics } from '../../../actors/metric-names.ts';
import type { Metric } from '../../../actors/metric-shape.ts';
import { ReplicationWorld } from './replication-world.ts';

const seed = 'unified_replication_';
const named = { namespace: 'prod', name: 'db-1' };

describe('one replication from its declaration to a failover', () => {
  const world = new ReplicationWorld();
  const value = (metric: string, labels: Readonly<Record<string, string>> = {}) =>
    world.value(metric, labels);

  beforeAll(async () => {
    world.circuits = [
      { key: 'main/eu-west-1/ec2:mutate', state: 'closed' },
      { key: 'main/eu-central-1/ec2:mutate', state: 'open' },
      { key: 'main/eu-west-1/ec2:read', state: 'halfOpen' },
    ];
    await world.start();
    await world.protect();
    await world.clock.advance(75_000);
  });

  it('has one of seven states, its mode and its health [U-20] [U-21]', async () => {
    for (const state of publicStates)
      expect(await value(`${seed}state`, { ...named, state })).toBe(state === 'replica' ? 1 : 0);
    expect(await value(`${seed}mode`, { ...named, mode: 'asynchronous' })).toBe(1);
    expect(await value(`${seed}mode`, { ...named, mode: 'synchronous' })).toBe(0);
    expect(await value(`${seed}health`, named)).toBe(1);
    const health = 'fairlead_replication_health_state';
    expect(await value(health, { ...named, health: 'healthy' })).toBe(1);
    expect(await value(health, { ...named, health: 'unknown' })).toBe(0);
  });

  it('counts among those that are there, by back end [U-24]', async () => {
    expect(await value(`${seed}active_total`)).toBe(1);
    expect(await value(`${seed}by_backend`, { backend: 'ebs' })).toBe(1);
    expect(await value(`${seed}by_backend`, { backend: 'trident' })).toBe(0);
  });

  it('tells its age against its interval', async () => {
    const ratio = await value('fairlead_replication_lag_ratio', named);
    const seconds = await value('fairlead_replication_rpo_seconds', named);
    expect(ratio).toBeGreaterThan(0);
    expect(ratio).toBeCloseTo((seconds ?? 0) / 60, 5);
    const pit = await value('fairlead_replication_last_sync_timestamp_seconds', named);
    expect(pit).toBeCloseTo(world.clock.nowMs() / 1_000 - (seconds ?? 0), 3);
  });

  it('counts turns by result and length [U-17] [U-32]', async () => {
    const ok = await value(`${seed}reconcile_total`, { ...named, result: 'success' });
    const errors = await value(`${seed}reconcile_total`, { ...named, result: 'error' });
    expect(ok).toBeGreaterThan(5);
    expect(errors).toBe(0);
    expect(await value(`${seed}reconcile_duration_seconds_count`, named)).toBe(ok);
    const bounds = (await world.samples())
      .filter(({ name }) => name === `${seed}reconcile_duration_seconds_bucket`)
      .map(({ labels }) => labels['le']);
    expect(bounds).toEqual(
      [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, '+Inf'].map(String),
    );
  });

  it('counts calls of its back end with their length [U-19] [U-26]', async () => {
    const labels = { backend: 'ebs', operation: 'commitPoint' };
    const done = await value(`${seed}backend_operations_total`, { ...labels, result: 'success' });
    expect(done).toBeGreaterThan(0);
    expect(await value(`${seed}backend_operation_duration_seconds_count`, labels)).toBe(done);
    expect(await value('fairlead_replication_point_bytes_total', { backend: 'ebs' })).toBe(
      1_024 * (done ?? 0),
    );
    const top = { ...labels, le: '14400' };
    expect(await value(`${seed}backend_operation_duration_seconds_bucket`, top)).toBe(done);
  });

  it('shows the worst breaker of a class [U-22]', async () => {
    const state = (operation: string) => value(`${seed}circuit_breaker_state`, { operation });
    expect([await state('ec2:mutate'), await state('ec2:read')]).toEqual([2, 1]);
  });

  it('counts a refused move as what it is, and writes the line people search for [U-33] [U-48] [U-30]', async () => {
    const { error } = await world.ask('demote', {}, 'db-1', { 'Fairlead-Correlation-Id': 'k-1' });
    expect(error?.status).toBe(409);
    const error_type = 'invalid_state_transition';
    expect(await value(`${seed}reconcile_errors_total`, { ...named, error_type })).toBe(1);
    expect(await value(`${seed}reconcile_total`, { ...named, result: 'error' })).toBe(1);
    const line = world.lines.findLast(({ text }) => text === 'Reconciling replication');
    expect(line?.fields).toMatchObject({
      ...{ ...named, correlationID: 'k-1', state: 'replica', mode: 'asynchronous' },
      code: 'transition.notAllowed',
    });
    const observed = world.lines.find(
      ({ text, fields }) => text === 'Reconciling replication' && fields['by'] === 'observation',
    );
    expect(observed?.fields['correlationID']).toMatch(/^prod-db-1-\d{13}$/);
  });

  it('counts repeated tries [U-22]', async () => {
    const throttled = { type: 'RateLimit', code: 'RequestLimitExceeded', message: 'slow down' };
    world.backend.failing.set('replication.snapshot', throttled);
    const failed = { backend: 'ebs', operation: 'snapshot', result: 'error' };
    await world.until(
      async () => ((await value(`${seed}backend_operations_total`, failed)) ?? 0) > 1,
    );
    expect(await value(`${seed}retry_attempts_total`, named)).toBeGreaterThan(0);
    world.backend.failing.clear();
  });

  it('counts each public move with the time spent before it [U-18]', async () => {
    const reply = await world.ask('failover', { how: 'forced' });
    expect(reply.error).toBeUndefined();
    await world.until(
      async () => (await value(`${seed}state`, { ...named, state: 'source' })) === 1,
    );
    const move = { from_state: 'replica', to_state: 'promoting' };
    const moves = `${seed}state_transitions_total`;
    expect(await value(moves, { ...move, backend: 'ebs' })).toBe(1);
    expect(
      await value(moves, { from_state: 'promoting', to_state: 'source', backend: 'ebs' }),
    ).toBe(1);
    const spent = `${seed}state_transition_duration_seconds`;
    const promoting = { from_state: 'promoting', to_state: 'source' };
    // The quiet window alone takes 45 s, and the proof after it 10 s more with a real back end.
    expect(await value(`${spent}_sum`, promoting)).toBeGreaterThanOrEqual(45);
    expect(
      await value('fairlead_replication_phase_seconds_count', { phase: 'promoting.quietWindow' }),
    ).toBe(1);
    expect(
      await value('fairlead_replication_fence_seconds_count', { backend: 'ebs', rung: 'detach' }),
    ).toBeGreaterThan(0);
    expect(await value('fairlead_replication_epoch', named)).toBeGreaterThan(0);
  });

  it('has no label value besides the closed lists of the registry [U-25]', async () => {
    const registered: Readonly<Record<string, Metric>> = metrics;
    const samples = await world.samples();
    const strange = samples.flatMap(({ name, labels }) => {
      const { values = {} } = registered[name.replace(/_(bucket|sum|count)$/, '')] ?? {};
      return Object.entries(labels)
        .filter(([label, is]) => values[label]?.includes(is) === false)
        .map(([label, is]) => `${name} ${label}=${is}`);
    });
    expect(strange).toEqual([]);
    expect(samples.length).toBeGreaterThan(100);
  });
});

it('keeps series for the live only: gone with the resource, shared beyond the bound [U-16]', async () => {
  const world = await new ReplicationWorld({ resourcesMax: 1 }).start();
  await world.protect('db-1');
  await world.apply('db-2');
  await world.apply('db-3');
  const names = async () =>
    new Set((await world.samples()).flatMap(({ labels }) => labels['name'] ?? []));
  expect(await names()).toEqual(new Set(['db-1', '_other']));
  const others = { namespace: '_other', name: '_other' };
  const shared = async () => {
    const counts = await Promise.all(
      publicStates.map((state) => world.value(`${seed}state`, { ...others, state })),
    );
    return counts.reduce<number>((sum, each) => sum + (each ?? 0), 0);
  };
  expect(await shared()).toBe(2);
  await world.ask('delete', { force: true }, 'db-1');
  await world.until(async () => (await world.value(`${seed}active_total`)) === 2);
  expect(await names()).toEqual(new Set(['_other']));
});

it('measures moves from a second and calls from 50 ms, both up to four hours [U-26]', () => {
  const ends = (name: keyof typeof metrics) => {
    const { buckets = [] }: Metric = metrics[name];
    return [buckets[0], buckets.at(-1)];
  };
  expect(ends(`${seed}state_transition_duration_seconds`)).toEqual([1, 14_400]);
  expect(ends(`${seed}backend_operation_duration_seconds`)).toEqual([0.05, 14_400]);
});

it('knows the nineteen names: 8 counters, 5 histograms, 6 gauges [U-16]', () => {
  const types = Object.entries(metrics)
    .filter(([name]) => name.startsWith(seed))
    .map(([, { type }]) => type);
  const count = (type: string) => types.filter((each) => each === type).length;
  expect([count('counter'), count('histogram'), count('gauge')]).toEqual([8, 5, 6]);
});
