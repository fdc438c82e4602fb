/** Budgets, probes, level, phases and lines of one real host, through a creation, an outage of the provider, and a restart. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../../../actors/metric-names.ts';
import { liveCount, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { hostReadings } from './host-readings.ts';

let world: StackWorld;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 81 });
  await world.simulator('POST', 'faults', {
    ...{ service: 'ec2', op: 'RunInstances', times: 1 },
    act: { kind: 'error', code: 'InternalError', status: 500 },
  });
  await world.apply('cluster-1', 1, 2);
  await world.until('it runs', async () => {
    await scrape();
    return (await world.state('cluster-1')) === 'running.steady';
  });
}, 90_000);
afterAll(() => world.close());

const { logText, lines, lineLike, get, health, moved, scrape, valueOf, registry, look } =
  hostReadings(() => world);

const provider = 'main/eu-central-1';

describe('a creation', () => {
  it('is measured from committed states, with targets and marks [G-35] [G-37] [P-18] [P-20] [P-03] [G-26] [G-57]', async () => {
    const done = lineLike(
      /^\[METRICS\] Reconciliation completed: cluster-1, duration=\S+, phase=Running$/,
    );
    expect(done).toMatchObject({ tag: 'METRICS', operation: 'create', cluster: 'cluster-1' });
    expect(done?.['durationMs']).toBeGreaterThan(0);
    const created = lineLike(/^\[METRICS\] Cluster-1 creation: \S+ \(target: <15m\) ✓$/);
    expect(created).toMatchObject({
      met: true,
      targetMs: 900_000,
      actor: 'cluster/test/cluster-1',
    });
    expect(lineLike(/^\[METRICS\] Cluster-1 configuring: \S+ \(target: <3m\) ✓$/)).toBeDefined();
    expect(
      lineLike(/^\[PARALLEL\] K3s installation: 3 nodes in \S+ \(efficiency: \d+%\) [✓✗]$/),
    ).toMatchObject({
      ...{ tag: 'PARALLEL', total: 3, failed: 0 },
    });
    const of = { kind: 'cluster', phase: 'configuring' };
    expect(await valueOf('fairlead_phase_outcomes_total', { ...of, outcome: 'done' })).toBe(1);
    expect(await valueOf('fairlead_phase_seconds_count', { ...of, size: '5' })).toBe(1);
  });

  it('shows in turns and in the clusters by state [G-34]', async () => {
    expect(await valueOf('fairlead_clusters', { state: 'running' })).toBe(1);
    const turns = { kind: 'cluster', result: 'success' };
    expect(await valueOf('fairlead_turns_total', turns)).toBeGreaterThan(0);
    expect(await valueOf('fairlead_turn_seconds_count', { kind: 'cluster' })).toBeGreaterThan(0);
  });

  it('says what runs, and for how long [G-38]', async () => {
    expect(await valueOf('process_uptime_seconds')).toBeGreaterThan(0);
    const build = (await scrape()).find(({ name }) => name === 'fairlead_build_info');
    expect(build?.labels).toMatchObject({ node_version: process.version, component: 'host' });
  });
});

describe('health', () => {
  it('answers with the four keys of old, ready, level and checks on every path [U-40] [U-47]', async () => {
    for (const path of ['/livez', '/readyz', '/healthz']) {
      const told = await health(path);
      expect(told, path).toMatchObject({
        ...{ status: 200, healthy: true, message: 'All systems operational', ready: true },
        level: 'normal',
        last_reconcile: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
        error_rate: expect.any(Number) as number,
      });
    }
    expect((await get('/metrics')).status).toBe(200);
  });

  it('is ready by boot sequence, adapters, store and ownership; alive by its own progress [U-27] [U-28] [U-36] [U-39]', async () => {
    const names = async (path: string) => (await health(path)).checks.map(({ name }) => name);
    expect(await names('/livez')).toEqual(['eventLoop', 'progress', 'turns']);
    const ready = ['marked', 'adapters', 'nats', 'store', 'ownership', 'loaded', 'draining'];
    expect(await names('/readyz')).toEqual(ready);
  });

  it('probes the store, EC2 and SSM of what is in use, and the process itself [D-16] [D-17] [D-18] [U-29]', async () => {
    const entries = await look();
    const status = Object.fromEntries(entries.map((each) => [each.name, each['status']]));
    expect(status).toMatchObject({
      ...{ nats: 'healthy', [`ec2/${provider}`]: 'healthy', [`ssm/${provider}`]: 'healthy' },
      ...{ memory: 'healthy', mailboxes: 'healthy', providers: 'healthy' },
    });
    const [cpu] = await registry('health', { names: ['cpu'] });
    expect(cpu).toMatchObject({ name: 'cpu', kind: 'threshold' });
    expect(entries.find(({ name }) => name === 'nats')).toMatchObject({ successRate: 1 });
    const { checks } = await health('/healthz?verbose');
    expect(checks.find(({ name }) => name === 'probe:nats')).toMatchObject({
      ...{ ok: true, successRate: 1, failures: 0 },
    });
  });

  it('is counted and timed by check [D-19] [D-33]', async () => {
    const check = { check: `ec2/${provider}` };
    expect(await valueOf('fairlead_health_status', check)).toBe(1);
    expect(await valueOf('fairlead_health_check_seconds_count', check)).toBeGreaterThan(0);
    const passed = { ...check, result: 'passed' };
    expect(await valueOf('fairlead_health_checks_total', passed)).toBeGreaterThan(0);
  });

  it('gives providers their conditions [V-24]', async () => {
    const entries = await registry('health');
    const of = (name: string) => entries.find((each) => each.name === name)?.['condition'];
    expect(of(`ec2/${provider}`)).toMatchObject({
      ...{ type: 'ProviderAvailable', status: 'True', reason: 'HealthCheckPassed' },
    });
    expect(of('providers')).toMatchObject({
      ...{ type: 'ProviderRuntimeReady', status: 'True', reason: 'DeploymentReady' },
    });
  });
});

describe('budgets', () => {
  it('exist for commands, operations, latency and the calls of each region [D-24] [D-26] [D-36]', async () => {
    const entries = await registry('budget');
    const targets = Object.fromEntries(entries.map((each) => [each.name, each['target']]));
    expect(targets).toMatchObject({
      ...{ control: 0.9999, operations: 0.999, latency: 0.95, [`calls/${provider}`]: 0.99 },
    });
    const operations = entries.find(({ name }) => name === 'operations');
    expect(operations).toMatchObject({
      ...{ windowMs: 86_400_000, samples: 1, failed: 0, remaining: 1, consumed: 0 },
      ...{ alert: 'none', exhaustedInMs: null, allowed: expect.any(Number) as number },
    });
  });

  it('are gauges by objective, with burn rates by window [D-27] [D-41] [D-47] [G-62]', async () => {
    for (const slo of ['control', 'operations'])
      expect(await valueOf('fairlead_slo_budget_remaining', { slo }), slo).toBe(1);
    const calls = { slo: `calls/${provider}` };
    expect(await valueOf('fairlead_slo_budget_remaining', calls)).toBeGreaterThan(0.5);
    const burn = { slo: 'control', window: '6h' };
    expect(await valueOf('fairlead_slo_burn_rate', burn)).toBe(0);
    expect(
      await valueOf('fairlead_slo_budget_consumed', { slo: 'calls/main/eu-central-1' }),
    ).toBeLessThan(1);
    expect(await valueOf('fairlead_degradation_level')).toBe(0);
  });
});

describe('an outage of the provider', () => {
  it('leaves liveness alone, turns the probes, and runs the budget of its calls out [R-24] [D-25]', async () => {
    await world.simulator('POST', 'faults', {
      id: 'outage',
      act: { kind: 'error', code: 'Unavailable', status: 503 },
    });
    const severe = async () => {
      await look();
      return /severe|emergency/.test((await health('/healthz')).level);
    };
    const exhausted = async () => {
      await look();
      return (await valueOf('fairlead_slo_budget_exhausted_total')) === 1;
    };
    await world.until('the budget ran out', exhausted);
    await world.until('it burns too fast', severe);
    await world.until('the probe is down', async () => {
      await look();
      return (await valueOf('fairlead_health_status', { check: `ec2/${provider}` })) === 0;
    });
    expect(await health('/livez')).toMatchObject({ status: 200, healthy: true });
    expect(await health('/readyz')).toMatchObject({ status: 200, healthy: true });
    const told = await health('/healthz');
    expect(told.status).toBe(503);
    expect(told.level).toMatch(/severe|emergency/);
    expect(told.checks).toContainEqual(
      expect.objectContaining({ name: `probe:ec2/${provider}`, ok: false }),
    );
    expect(
      lineLike(/^\[BUDGET\] calls\/main\/eu-central-1: 0% left, burn \S+ over 5m$/),
    ).toMatchObject({
      ...{ tag: 'BUDGET', title: 'Error budget exhausted' },
    });
    expect(lineLike(/^\[HEALTH\] ec2\/main\/eu-central-1 unhealthy: /)).toMatchObject({
      tag: 'HEALTH',
    });
    const condition = (await registry('health')).find(({ name }) => name === `ec2/${provider}`);
    expect(condition?.['condition']).toMatchObject({
      status: 'False',
      reason: 'HealthCheckFailed',
    });
  });

  it('is published as an event of the budget [D-25]', async () => {
    const address = { namespace: 'system', kind: 'budget', name: 'calls-main-eu-central-1' };
    const found = new Promise<unknown>((resolve) => {
      void (async () => {
        for await (const event of world.client.events(address, { since: 'all' })) resolve(event);
      })();
    });
    expect(await found).toMatchObject({
      ...{ type: 'fairlead.budget.exhausted.v1', data: { slo: `calls/${provider}`, remaining: 0 } },
    });
  });

  it('holds repair back with the time to come again, and never a deletion [D-25]', async () => {
    const address = { namespace: 'test', kind: 'cluster', name: 'cluster-1' };
    const retried = await world.client.command({ ...address, verb: 'retry', arguments: {} });
    expect(retried).toMatchObject({
      ok: false,
      problem: { code: 'service.degraded', status: 429, retryable: true, retryAfterMs: 30_000 },
    });
    expect(await world.remove('cluster-1')).toMatchObject({ ok: true });
    await world.simulator('DELETE', 'faults');
    await world.until('all is gone', async () => {
      await look();
      return (await world.state('cluster-1')) === 'resource.deleted';
    });
    expect(liveCount(await world.truth())).toBe(0);
  });

  it('series of a cluster and of a region end with their last use [R-21] [R-22] [D-44]', async () => {
    expect(await valueOf('fairlead_clusters')).toBeUndefined();
    expect(await valueOf('fairlead_health_status', { check: `ec2/${provider}` })).toBeUndefined();
  });

  it('shows each breaker in exactly one state, before and after [R-22]', async () => {
    const states = (await scrape()).filter(({ name }) => name === 'fairlead_breaker_in_state');
    const keys = new Set(states.map(({ labels }) => labels['breaker']));
    for (const key of keys) {
      const on = states.filter(({ labels, value }) => labels['breaker'] === key && value === 1);
      expect(on, key).toHaveLength(1);
    }
    const classes = (await scrape()).filter(({ name }) => name === 'fairlead_breakers');
    expect(classes.reduce((sum, { value }) => sum + value, 0)).toBe(keys.size);
  });
});

describe('the registry of metrics', () => {
  /** What one run with an outage cannot move, and why. */
  const unmoved: Readonly<Record<string, RegExp>> = {
    'needs a bug or a second writer': /_(poison|stale|turn_errors|publish_failures)_?/,
    'needs a host that dies between call and commit, or a store that is away':
      /_idempotency_(duplicates|unreachable)/,
    'needs a full limit': /_(ratelimit|bulkhead)_(rejected|wait)/,
    'needs an operation at the end of its tries, or parked': /_(retry_exhausted|parked)/,
    'nothing waits at the moment of a scrape':
      /_(quarantined|pending|waiting|queued|depth|in_?flight|oldest_seconds)$/,
    'needs work that is refused before it reaches an actor': /_intake_/,
    'needs a lease that is lost, or an actor that nobody asks for minutes':
      /_(leases_lost|actor_rests|actor_wakes)_total$/,
    'needs a replication': /^(fairlead|unified)_replication_/,
    'needs somebody who looks at the inspector': /^fairlead_inspector_/,
    'needs steps that cannot be told': /^fairlead_steps_dropped_/,
  };

  it('has none that a run does not move, but for those with a reason [R-20] [G-01]', async () => {
    await scrape();
    const still = Object.keys(metrics).filter(
      (name) => !['', '_count'].some((suffix) => moved.has(name + suffix)),
    );
    const excused = Object.values(unmoved);
    expect(still.filter((name) => !excused.some((each) => each.test(name)))).toEqual([]);
  });
});

describe('the recorded run', () => {
  it('survives a restart in what was spent, and ends with the three status lines [G-21] [G-40] [G-36]', async () => {
    await world.stack.host.stop();
    const said = lines().map(({ msg }) => msg);
    expect(said).toContainEqual(
      expect.stringMatching(/^\[METRICS\] Turns: \d+ total, \S+% successful/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^\[RETRY\] \d+ first tries, \d+ retries \(/),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^\[CIRCUIT\] All services healthy \(.*\) ✓$/),
    );
    await world.stack.host.start();
    const budget = (await registry('budget')).find(({ name }) => name === `calls/${provider}`);
    expect(budget).toMatchObject({ exhausted: true, remaining: 0 });
    expect(await valueOf('fairlead_slo_budget_exhausted_total')).toBeUndefined();
  });

  // The greps of the guides that operators of earlier systems know by heart.
  it.each([
    ...[/\[CIRCUIT\]/, /\[RETRY\]/, /\[PARALLEL\]/, /\[METRICS\]/],
    ...[/\[METRICS\]|\[PARALLEL\]|\[BATCH\]/, /Circuit breaker opened/],
    ...[/\[PARALLEL\].*efficiency/, /IdempotencyStore.*miss/, /\[BATCH\].*duration/],
  ])('is found by grep %s [R-38] [G-48]', (pattern) => {
    expect(
      logText()
        .split('\n')
        .some((line) => pattern.test(line)),
    ).toBe(true);
  });

  it('names actor, kind, event, state and correlation of every command', () => {
    const committed = lines().find(({ msg }) => msg === 'command committed');
    expect(committed).toMatchObject({
      ...{ actor: 'cluster/test/cluster-1', kind: 'cluster', event: 'cluster.apply' },
      ...{ state: expect.any(String) as string, correlationId: expect.any(String) as string },
    });
  });
});
