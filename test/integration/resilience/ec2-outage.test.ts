import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BreakerView, LimitView } from '../../../actors/policies/guard-views.ts';
import { doubledSlots, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

const names = Array.from({ length: 10 }, (_, index) => `c${index + 1}`);
const scale = 100;

interface LoggedCall {
  readonly service: string;
  readonly op: string;
  readonly fault?: string;
}

describe('EC2 answers 503 under creations', () => {
  let world: StackWorld;

  beforeAll(async () => {
    world = await stackWorld({ scale, seed: 5 });
  });
  afterAll(() => world.close());

  const breakers = async (): Promise<(BreakerView & { host: string })[]> => {
    const guard = { namespace: 'system', kind: 'guard', name: 'fleet' };
    const answer = await world.client.query({ ...guard, verb: 'list', arguments: {} });
    return answer['items'] as (BreakerView & { host: string })[];
  };
  const ofEc2 = async () => (await breakers()).filter(({ key }) => key.includes('/ec2'));
  const history = async (name: string): Promise<string[]> => {
    const address = { namespace: 'test', kind: 'cluster', name };
    const answer = await world.client.query({ ...address, verb: 'history', arguments: {} });
    return (answer['items'] as { type: string }[]).map(({ type }) => type);
  };

  it('operations of ten creations wait at an open circuit, few calls probe it, and all run with nothing doubled [G-02] [G-06] [D-03] [D-05] [G-50] [P-43]', async () => {
    await world.simulator('POST', 'faults', {
      service: 'ec2',
      act: { kind: 'error', code: 'Unavailable', status: 503 },
    });
    for (const name of names) await world.apply(name, 1);
    let mostWaiting = 0;
    // Long enough for the open time to have grown: some probes were made, and failed.
    await world.until('probes have failed', async () => {
      const seen = await ofEc2();
      for (const each of seen) mostWaiting = Math.max(mostWaiting, each.waiting);
      return seen.some(({ tripsInRow }) => tripsInRow >= 4);
    });
    const { calls } = (await world.simulator('GET', 'log')) as { calls: LoggedCall[] };
    const refused = calls.filter(({ service, fault }) => service === 'ec2' && fault !== undefined);
    const circuits = await ofEc2();
    const trips = circuits.reduce((sum, { tripsInRow }) => sum + tripsInRow, 0);
    await world.simulator('DELETE', 'faults');

    expect(mostWaiting).toBeGreaterThanOrEqual(names.length - 1);
    // Each circuit lets through what was in flight when it opened, then one probe per open time.
    const inFlightMax = 5;
    expect(refused.length).toBeLessThanOrEqual(circuits.length * (3 + inFlightMax) + trips);

    for (const name of names)
      await world.until(`${name} runs`, async () => (await world.state(name)) === 'running.steady');
    const truth = await world.truth();
    expect(doubledSlots(truth)).toEqual([]);
    expect(Object.values(truth.launchedByUid)).toEqual(names.map(() => 1));
    for (const name of names) {
      const types = await history(name);
      expect(types).not.toContain('fairlead.cluster.failed.v1');
      expect(types).not.toContain('fairlead.cluster.operationExhausted.v1');
    }
    expect((await ofEc2()).map(({ state }) => state)).not.toContain('open');
  });

  it('the outage is in the metrics: states, calls by outcome, changes, times, limits [D-01] [D-04] [D-07] [D-08] [D-09] [D-10] [D-23] [V-09]', async () => {
    const { httpPort } = world.stack.host.ready;
    const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
    const value = (series: string): number => {
      const line = text.split('\n').find((each) => each.startsWith(`${series} `));
      return Number(line?.slice(series.length + 1) ?? Number.NaN);
    };
    const breaker = 'breaker="main/eu-central-1/ec2:read"';
    expect([0, 1]).toContain(value(`fairlead_breaker_state{${breaker}}`));
    const states = ['closed', 'halfOpen', 'open', 'isolated', 'metricsOnly'].map((state) =>
      value(`fairlead_breaker_in_state{${breaker},state="${state}"}`),
    );
    expect(states.reduce((sum, each) => sum + each, 0)).toBe(1);
    for (const outcome of ['ok', 'failed', 'rejected'])
      expect(
        value(`fairlead_breaker_calls_total{${breaker},outcome="${outcome}"}`),
      ).toBeGreaterThan(0);
    const changed = `fairlead_breaker_transitions_total{${breaker},from="closed",to="open"}`;
    expect(value(changed)).toBeGreaterThan(0);
    const calls = value(`fairlead_breaker_call_seconds_count{${breaker}}`);
    expect(calls).toBeGreaterThan(3);
    for (const le of ['0.005', '60', '+Inf'])
      expect(text).toContain(`fairlead_breaker_call_seconds_bucket{${breaker},le="${le}"}`);
    const key = 'key="main/eu-central-1/ec2:read"';
    expect(value(`fairlead_ratelimit_allowed_total{${key}}`)).toBeGreaterThanOrEqual(calls);
    expect(value(`fairlead_bulkhead_inflight{${key}}`)).toBeGreaterThanOrEqual(0);
    expect(value(`fairlead_bulkhead_queued{${key}}`)).toBeGreaterThanOrEqual(0);
    expect(text).toContain('# TYPE fairlead_bulkhead_rejected_total counter');
    expect(text).toContain('# TYPE fairlead_bulkhead_wait_seconds histogram');
  });

  it('limits are shown with the provider they share, and a policy set by hand holds at once [G-05] [G-44] [D-22] [V-01] [V-22]', async () => {
    const limits = async () => {
      const answer = await world.client.query({
        ...{ namespace: 'system', kind: 'limit', name: 'all', verb: 'list', arguments: {} },
      });
      return new Map((answer['items'] as LimitView[]).map((each) => [each.key, each]));
    };
    const key = 'main/eu-central-1/ec2:mutate';
    expect((await limits()).get(key)).toMatchObject({
      ...{ concurrentMax: 5, queueMax: 50, rateMode: 'wait' },
      provider: { key: 'main/eu-central-1', ratePerSecond: 10 * scale, burst: 20 },
    });
    expect((await limits()).get('nats/store')).toMatchObject({
      concurrentMax: 100,
      provider: null,
    });
    expect((await limits()).get('intake/queries')).toMatchObject({
      ratePerSecond: 1_000,
      burst: 100,
    });
    const policy = { failuresMax: 5, openBaseMs: 45_000, concurrentMax: 8 };
    const set = await world.client.command({
      ...{ namespace: 'system', kind: 'guard', name: 'fleet', verb: 'set' },
      arguments: { key, reason: 'a drill', policy },
    });
    expect(set).toMatchObject({ ok: true });
    await world.until('it holds', async () => (await limits()).get(key)?.concurrentMax === 8);
    const seen = (await breakers()).find((each) => each.key === key)?.policy;
    expect(seen).toMatchObject({ failuresMax: 5, openBaseMs: 45_000 / scale, successThreshold: 2 });
  });

  it('a flood of queries is told when to come again, and the next one is answered [D-20] [V-29]', async () => {
    const ask = () =>
      world.client.query({
        ...{ namespace: 'test', kind: 'cluster', name: 'c1', verb: 'get', arguments: {} },
      });
    interface Busy {
      readonly code: string;
      readonly retryAfterMs: number;
    }
    let busy: Busy[] = [];
    let answered = 0;
    await world.until('some are refused', async () => {
      const told = await Promise.allSettled(Array.from({ length: 400 }, ask));
      answered += told.filter(({ status }) => status === 'fulfilled').length;
      busy = told
        .filter((each) => each.status === 'rejected')
        .map(({ reason }) => (reason as { problem: Busy }).problem)
        .filter(({ code }) => code === 'service.busy');
      return busy.length > 0;
    });
    expect(busy[0]).toMatchObject({ status: 429, retryable: true });
    expect(busy[0]?.retryAfterMs).toBeGreaterThan(0);
    expect(answered).toBeGreaterThanOrEqual(100);
    await world.until('it answers again', async () => (await world.state('c1')) !== 'service.busy');
  });

  it('an order isolates a service over the death of the host, and a reset lets everything go on [V-07] [V-27] [G-02] [R-27]', async () => {
    const order = (verb: string) =>
      world.client.command({
        ...{ namespace: 'system', kind: 'guard', name: 'fleet', verb },
        arguments: { key: 'main/eu-central-1/ec2', reason: 'a drill' },
      });
    expect(await order('isolate')).toMatchObject({ ok: true });
    const isolated = async () =>
      (await ofEc2()).filter(({ state }) => state === 'isolated').map(({ key }) => key);
    await world.until('isolated', async () => (await isolated()).length >= 2);
    const before = await isolated();
    const waits = async () => (await ofEc2()).some(({ waiting }) => waiting > 0);
    await world.apply('seven', 1);
    await world.until('seven waits', waits);
    await world.restartHost();
    await world.until('isolated again', async () => (await isolated()).length >= before.length);
    await world.until('seven waits on', waits);
    const view = await world.client.query({
      ...{ namespace: 'test', kind: 'cluster', name: 'seven', verb: 'get' },
    });
    expect((view['status'] as { operation: object }).operation).toMatchObject({
      ...{ effect: 'cluster.plan', attempt: 1, waitingFor: 'circuit' },
      because: expect.stringContaining('main/eu-central-1/ec2'),
      nextAtMs: expect.any(Number),
    });
    expect(await order('reset')).toMatchObject({ ok: true });
    await world.until('seven runs', async () => (await world.state('seven')) === 'running.steady');
    expect(doubledSlots(await world.truth())).toEqual([]);
  });
});
