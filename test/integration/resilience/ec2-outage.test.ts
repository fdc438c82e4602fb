import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BreakerView } from '../../../actors/policies/guard-views.ts';
import { doubledSlots, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

const names = ['one', 'two', 'three', 'four', 'five', 'six'];
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

  it('operations wait at an open circuit, few calls probe it, and all run with nothing doubled', async () => {
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

  it('an order isolates a service over the death of the host, and a reset lets everything go on', async () => {
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
    await world.restartHost();
    await world.until('isolated again', async () => (await isolated()).length >= before.length);
    await world.apply('seven', 1);
    await world.until('seven waits', async () =>
      (await ofEc2()).some(({ waiting }) => waiting > 0),
    );
    const view = await world.client.query({
      ...{ namespace: 'test', kind: 'cluster', name: 'seven', verb: 'get' },
    });
    expect((view['status'] as { operation: object }).operation).toMatchObject({
      ...{ effect: 'cluster.plan', attempt: 1, waitingFor: 'circuit' },
      because: expect.stringContaining('main/eu-central-1/ec2'),
    });
    expect(await order('reset')).toMatchObject({ ok: true });
    await world.until('seven runs', async () => (await world.state('seven')) === 'running.steady');
    expect(doubledSlots(await world.truth())).toEqual([]);
  });
});
