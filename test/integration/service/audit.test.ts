// The stream of events as audit: who ordered what, how each step ended, and that a fault is never hidden by a success.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { stranger } from '../../servers/stranger.ts';
import type { Answer, Stranger } from '../../servers/stranger.ts';

interface Event {
  readonly type: string;
  readonly correlationid: string;
  readonly causationid?: string;
  readonly by?: string;
  readonly traceparent?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
let world: StackWorld;
let outside: Stranger;
let created: Answer;

const subject = (what: string, name: string, verb: string) =>
  `fairlead.v1.${what}.test.cluster.${name}.${verb}`;
const apply = (name: string, servers: number, sent: Record<string, string>) =>
  outside.command(
    subject('cmd', name, 'apply'),
    JSON.stringify({ manifest: manifest(name, servers) }),
    sent,
  );
async function history(name: string, event: string): Promise<Event[]> {
  const { body } = await outside.query(subject('qry', name, 'history'), '{"limit":500}');
  return (body['items'] as Event[]).filter(({ type }) => type === `fairlead.cluster.${event}.v1`);
}
async function metric(line: string): Promise<number> {
  const { httpPort } = world.stack.host.ready;
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return Number(found?.split(' ').at(-1) ?? 0);
}

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 28 });
  outside = await stranger(world.stack);
  created = await apply('one', 1, {
    ...{ 'Nats-Msg-Id': 'apply-1', 'Fairlead-By': 'ann@ops', traceparent: trace },
    'Fairlead-Correlation-Id': 'order-28',
  });
  await world.until('one runs', async () => (await world.state('one')) === 'running.steady');
});
afterAll(async () => {
  await outside.close();
  await world.close();
});

describe('an order', () => {
  it('is on record with who gave it: in its answer, its event and the outcome asked for later [G-14] [G-16]', async () => {
    expect(created.body).toMatchObject({ accepted: true, by: 'ann@ops' });
    const [accepted] = await history('one', 'accepted');
    expect(accepted).toMatchObject({
      ...{ by: 'ann@ops', causationid: 'apply-1', correlationid: 'order-28', traceparent: trace },
      data: { command: 'cluster.apply' },
    });
    const outcome = await outside.query(
      subject('qry', 'one', 'outcome'),
      '{"commandId":"apply-1"}',
    );
    expect(outcome.body).toMatchObject({ by: 'ann@ops' });
  });

  it('by nobody named is by "unknown"', async () => {
    await outside.command(subject('cmd', 'one', 'pause'), '{}');
    await outside.command(subject('cmd', 'one', 'resume'), '{}');
    const paused = async () => (await history('one', 'paused'))[0]?.by;
    await world.until('the event is out', async () => (await paused()) === 'unknown');
  });
});

describe('a step', () => {
  it('that may have changed something has one entry with its outcome; looking has none [G-16]', async () => {
    const steps = await history('one', 'stepEnded');
    expect(steps.map(({ data }) => data['effect'])).toEqual(
      expect.arrayContaining(['network.ensure', 'secrets.ensure', 'node.launch', 'node.script']),
    );
    expect(steps.map(({ data }) => data['effect'])).not.toContain('cluster.plan');
    const launch = steps.find(({ data }) => data['effect'] === 'node.launch');
    expect(launch).toMatchObject({
      correlationid: 'order-28',
      data: {
        ...{ at: 's0', outcome: 'succeeded', attempts: 1, policy: expect.any(String) },
        opId: expect.stringMatching(/^fl-.*-s0-i1-o0$/),
        host: expect.any(String),
      },
    });
    // A script that takes long is asked many times and told once.
    const opIds = steps.flatMap(({ data }) => (data['opId'] === undefined ? [] : [data['opId']]));
    expect(new Set(opIds).size).toBe(opIds.length);
  });

  it('that launches puts the id of its machine into the status of its node, once that is committed [V-17]', async () => {
    const view = await world.client.query({
      ...{ namespace: 'test', kind: 'cluster', name: 'one', verb: 'get' },
    });
    const { nodes } = view['status'] as { nodes: Readonly<Record<string, unknown>>[] };
    const { instances } = await world.truth();
    const [machine] = instances.filter(({ slot }) => slot === 's0');
    expect(nodes).toMatchObject([{ slot: 's0', incarnation: 1, instanceId: machine?.instanceId }]);
    const [told] = (await history('one', 'nodeChanged')).filter(
      ({ data }) => data['instanceId'] === machine?.instanceId,
    );
    expect(told).toMatchObject({ correlationid: 'order-28', data: { slot: 's0' } });
  });

  it('that fails ends the way forward, although others succeed after it, and is counted as what it was [R-28] [R-29]', async () => {
    await world.simulator('POST', 'faults', {
      ...{ service: 'ec2', op: 'RunInstances', match: { ClientToken: '*-s1-*' }, times: 1 },
      act: { kind: 'error', code: 'InvalidParameterValue', status: 400 },
    });
    const launches = 'fairlead_effects_total{effect="node.launch",outcome';
    const before = await metric(`${launches}="ok"}`);
    await apply('three', 3, {});
    await world.until('three has failed', async () =>
      (await world.state('three')).startsWith('failed'),
    );
    expect(await metric(`${launches}="ok"}`)).toBe(before + 2);
    expect(await metric(`${launches}="InvalidSpec"}`)).toBe(1);
    const ended = async () =>
      (await history('three', 'stepEnded'))
        .filter(({ data }) => data['effect'] === 'node.launch')
        .map(({ data }) => `${String(data['at'])} ${String(data['outcome'])}`)
        .sort();
    await world.until('its steps are out', async () => (await ended()).length === 3);
    expect(await ended()).toEqual(['s0 succeeded', 's1 exhausted', 's2 succeeded']);
    const scripts = (await world.simulator('GET', 'log?op=SendCommand')) as {
      calls: readonly { parameters?: Readonly<Record<string, unknown>> }[];
    };
    expect(JSON.stringify(scripts.calls)).not.toMatch(/-s[0-2]-i1-join-server-/);
    expect(await world.state('three')).toMatch(/^failed/);
  });
});

describe('effects', () => {
  it('are listed by name with policy, breakers, time-out, compensation and points of no return [G-20] [G-52] [V-19] [G-53]', async () => {
    const { body } = await outside.query('fairlead.v1.qry.test.effect._.list');
    const items = body['items'] as readonly Readonly<Record<string, unknown>>[];
    expect(items.find(({ name }) => name === 'node.launch')).toMatchObject({
      ...{ policy: expect.any(String), keyClasses: ['ec2:mutate', 'ec2:read'], repeat: 'token' },
      ...{ attemptTimeoutMs: 45_000, compensation: 'node.terminate', stored: true },
    });
    expect(items.find(({ name }) => name === 'node.terminate')).toMatchObject({
      pointOfNoReturn: true,
    });
  });
});
