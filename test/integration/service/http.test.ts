/** Health and metrics of the stack's own host, also while nats-server is dead. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { metrics } from '../../../actors/metric-names.ts';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

let world: StackWorld;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 26 });
});
afterAll(() => world.close());

const get = async (path: string): Promise<{ status: number; type: string; text: string }> => {
  const reply = await fetch(`http://127.0.0.1:${world.stack.host.ready.httpPort}${path}`);
  const type = reply.headers.get('content-type') ?? '';
  return { status: reply.status, type, text: await reply.text() };
};

interface Health {
  readonly healthy: boolean;
  readonly message: string;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}
const health = async (path: string): Promise<Health & { status: number }> => {
  const { status, text } = await get(path);
  return { status, ...(JSON.parse(text) as Health) };
};

describe('health', () => {
  it('is good on all three paths while everything serves', async () => {
    for (const path of ['/livez', '/readyz', '/healthz'])
      expect(await health(path), path).toMatchObject({ status: 200, healthy: true });
    const { checks } = await health('/healthz');
    const names = ['eventLoop', 'progress', 'nats', 'ownership', 'loaded', 'draining'];
    expect(checks.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  });

  it('is not ready within 5 s of the death of nats-server, alive all the time, ready again after [D-28]', async () => {
    const { hostId } = world.stack.host.ready;
    const pid = world.stack.host.pid;
    await world.stack.nats.kill('SIGKILL');
    const isDown = async () => (await health('/readyz')).status === 503;
    await world.until('the host says that it is not ready', isDown, 5_000);
    const { healthy, message, checks } = await health('/readyz');
    expect([healthy, message]).toEqual([false, expect.stringContaining('nats')]);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'nats', ok: false }));
    expect(await health('/livez')).toMatchObject({ status: 200, healthy: true });
    expect((await health('/healthz')).status).toBe(503);
    await world.stack.nats.start();
    await world.until(
      'it is ready again',
      async () => (await health('/readyz')).status === 200,
      20_000,
    );
    expect(world.stack.host.ready.hostId).toBe(hostId);
    expect(world.stack.host.pid).toBe(pid);
  });
});

describe('metrics', () => {
  interface Sample {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }

  /** Prometheus text, strictly: a line that is neither comment nor sample is an error. */
  function parse(text: string): { types: Map<string, string>; samples: Sample[] } {
    const types = new Map<string, string>();
    const samples: Sample[] = [];
    for (const line of text.split('\n').filter((each) => each !== '')) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line);
      if (type) types.set(type[1] ?? '', type[2] ?? '');
      if (line.startsWith('#')) continue;
      const [, name = '', labels = '', value = ''] =
        // The library spells a mean of nothing `Nan`; Prometheus reads it in any case.
        /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+.\deE]+|N[aA][nN]|[-+]Inf)$/.exec(line) ?? [];
      if (name === '') throw new Error(`not a sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
      const named = Object.fromEntries(pairs.map(([, key = '', of = '']) => [key, of]));
      samples.push({ name, labels: named, value: Number(value.replace('Inf', 'Infinity')) });
    }
    return { types, samples };
  }

  const scrape = async () => parse((await get('/metrics')).text);

  it('are Prometheus text in which every registered metric has its type', async () => {
    expect((await get('/metrics')).type).toMatch(/^text\/plain; version=0\.0\.4/);
    const { types } = await scrape();
    for (const [name, { type }] of Object.entries(metrics))
      expect(types.get(name), name).toBe(type);
    const ours = [...types.keys()].filter((name) => /^(fairlead|unified_replication)_/.test(name));
    expect(ours.sort()).toEqual(Object.keys(metrics).sort());
  });

  it('count what commands, effects, events and dead letters did', async () => {
    const { spec, ...top } = manifest('counted');
    const servers = { ...spec.servers, instanceTypes: ['t3.mega'] };
    const address = { namespace: 'test', kind: 'cluster', name: 'counted' };
    const whole = { ...top, spec: { ...spec, servers } };
    await world.client.command({ ...address, verb: 'apply', arguments: { manifest: whole } });
    await world.client.command({ ...address, name: 'ghost', verb: 'pause' });
    const blocked = async () => (await world.state('counted')) === 'pending.blocked';
    await world.until('it is blocked', blocked);
    const { samples } = await scrape();
    const value = (name: string, labels: object = {}) =>
      samples.find(
        (sample) =>
          sample.name === name &&
          Object.entries(labels).every(([key, of]) => sample.labels[key] === of),
      )?.value;
    const verb = { kind: 'cluster', verb: 'apply' };
    expect(value('fairlead_commands_total', { ...verb, code: 'ok' })).toBe(1);
    expect(value('fairlead_commands_total', { code: 'resource.notFound' })).toBe(1);
    expect(value('fairlead_dead_letters_total', { code: 'resource.notFound' })).toBe(1);
    const plan = { effect: 'cluster.plan', outcome: 'InvalidSpec' };
    expect(value('fairlead_effects_total', plan)).toBe(1);
    expect(value('fairlead_effect_seconds_count', { effect: 'cluster.plan' })).toBe(1);
    expect(value('fairlead_turn_seconds_count')).toBeGreaterThan(0);
    expect(value('fairlead_events_published_total', { event: 'accepted' })).toBe(1);
    expect(value('fairlead_record_bytes_count')).toBeGreaterThan(0);
    expect(value('fairlead_store_writes_total', { outcome: 'written' })).toBeGreaterThan(0);
    expect(value('fairlead_residents', { kind: 'cluster' })).toBe(1);
    expect(value('fairlead_lease_held')).toBe(1);
  });
});

it('other paths, methods and host names are told what to use', async () => {
  expect(await get('/metric')).toMatchObject({
    status: 404,
    text: expect.stringContaining('/metrics') as string,
  });
  const port = world.stack.host.ready.httpPort;
  const posted = await fetch(`http://127.0.0.1:${port}/livez`, { method: 'POST' });
  expect([posted.status, await posted.text()]).toEqual([405, expect.stringContaining('NATS')]);
});
