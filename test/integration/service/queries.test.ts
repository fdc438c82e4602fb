/** Everything a stranger can ask over core NATS, and what the micro protocol tells of the service. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest, stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { stranger } from '../../servers/stranger.ts';
import type { Stranger } from '../../servers/stranger.ts';

let world: StackWorld;
let outside: Stranger;

const names = ['a', 'b', 'c', 'd', 'e'];

/** Planning refuses its type, so that it costs no machines. */
function blocked(name: string, namespace = 'test'): string {
  const { spec, ...top } = manifest(name);
  const servers = { ...spec.servers, instanceTypes: ['t3.mega'] };
  return JSON.stringify({
    manifest: { ...top, metadata: { namespace, name }, spec: { ...spec, servers } },
  });
}
const cmd = (name: string, verb: string) => `fairlead.v1.cmd.test.cluster.${name}.${verb}`;
const ask = (name: string, verb: string, args: object = {}) =>
  outside.query(`fairlead.v1.qry.test.cluster.${name}.${verb}`, JSON.stringify(args));

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 23 });
  outside = await stranger(world.stack);
  await Promise.all(names.map((name) => outside.command(cmd(name, 'apply'), blocked(name))));
  await outside.command('fairlead.v1.cmd.other.cluster.z.apply', blocked('z', 'other'));
  for (const name of names)
    await world.until(name, async () => (await world.state(name)) === 'pending.blocked');
});
afterAll(async () => {
  await outside.close();
  await world.close();
});

it('a plain request on the command subject gets the PubAck of the stream', async () => {
  const { ack, body } = await outside.command(cmd('a', 'pause'), '');
  expect(ack).toEqual({ stream: 'FAIRLEAD_CMD', seq: expect.any(Number) as number });
  expect(body).toMatchObject({ accepted: true, commandId: `cmd-${String(ack.seq)}` });
  expect((await outside.publish(cmd('a', 'resume'), '')).seq).toBe((ack.seq ?? 0) + 1);
});

describe('get', () => {
  it('shows spec, status, revision and time', async () => {
    const { body } = await ask('b', 'get');
    expect(body).toMatchObject({
      ...{ kind: 'Cluster', metadata: { namespace: 'test', name: 'b' } },
      ...{ spec: { region: 'eu-central-1' }, status: { state: 'pending.blocked' } },
    });
    expect(body['revision']).toBeGreaterThan(0);
    expect(Date.parse(body['asOf'] as string)).not.toBeNaN();
  });

  it('tells what blocks a cluster, by field', async () => {
    const text = JSON.stringify((await ask('b', 'get')).body);
    expect(text).toContain('spec.servers.instanceTypes');
    expect(text).toContain('manifest.typeNotOffered');
  });

  it('shows at least the revision a writer was told', async () => {
    const { body: told } = await outside.command(cmd('c', 'pause'), '{}');
    const { body } = await ask('c', 'get', { minRevision: told['revision'] });
    expect(body['revision']).toBeGreaterThanOrEqual(told['revision'] as number);
    expect(body['status']).toMatchObject({ paused: true });
  });

  it('answers 503 when that revision does not come within its wait', async () => {
    const { status, body } = await ask('d', 'get', { minRevision: 1_000_000 });
    expect([status, body['code'], body['retryable']]).toEqual([503, 'service.unavailable', true]);
  });
});

describe('list', () => {
  const itemNames = (body: Readonly<Record<string, unknown>>) =>
    (body['items'] as { metadata: { namespace: string; name: string } }[]).map(
      ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
    );

  it('walks all pages by cursor, each resource once and in order', async () => {
    const seen: string[] = [];
    const pages: number[] = [];
    let cursor: unknown = '';
    do {
      const { body } = await ask('_', 'list', { limit: 2, cursor });
      seen.push(...itemNames(body));
      pages.push(itemNames(body).length);
      cursor = body['cursor'];
    } while (cursor !== undefined);
    expect(pages).toEqual([2, 2, 1]);
    expect(seen).toEqual(names.map((name) => `test/${name}`));
  });

  it('crosses namespaces when asked', async () => {
    const { body } = await ask('_', 'list', { allNamespaces: true });
    expect(itemNames(body)).toEqual(['other/z', ...names.map((name) => `test/${name}`)]);
  });
});

describe('history', () => {
  it('tells the events of one resource as CloudEvents, oldest first, the newest within the limit [R-35]', async () => {
    const { body } = await ask('b', 'history');
    const items = body['items'] as Readonly<Record<string, unknown>>[];
    expect(items[0]).toMatchObject({
      ...{ specversion: '1.0', type: 'fairlead.cluster.accepted.v1', tenant: 'test' },
      source: expect.stringMatching(/^\/fairlead\/.+\/cluster\/test\/b$/) as string,
    });
    expect(items.at(-1)?.['type']).toBe('fairlead.cluster.failed.v1');
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
    expect(new Set(items.map(({ source }) => source)).size).toBe(1);
    const last = await ask('b', 'history', { limit: 1 });
    expect(last.body['items']).toEqual(items.slice(-1));
  });
});

describe('outcome', () => {
  it('repeats the answer of a command', async () => {
    const { body } = await outside.command(cmd('e', 'pause'), '{}', { 'Nats-Msg-Id': 'e-1' });
    expect((await ask('e', 'outcome', { commandId: 'e-1' })).body).toEqual(body);
  });

  it('says when nothing is known', async () => {
    const { status, body } = await ask('e', 'outcome', { commandId: 'never' });
    expect([status, body['code']]).toEqual([404, 'command.notFound']);
  });
});

describe('dry-run', () => {
  const dryRun = (name: string, verb: string, args: string) =>
    ask(name, 'dry-run', { verb, arguments: JSON.parse(args) as object });

  it('tells what a command would be answered, and does nothing', async () => {
    expect((await dryRun('new', 'create', blocked('new'))).body).toMatchObject({
      ...{ dryRun: true, accepted: true, revision: 0 },
    });
    expect((await dryRun('b', 'delete', '{}')).body).toMatchObject({
      ...{ dryRun: true, accepted: true, state: 'pending.blocked' },
    });
    expect(await world.state('new')).toBe('resource.notFound');
    expect(await world.state('b')).toBe('pending.blocked');
  });

  it('refuses with the very problem the command would get', async () => {
    const bad = blocked('new').replace('"count":1', '"count":4');
    const dry = await dryRun('new', 'create', bad);
    const real = await outside.command(cmd('new', 'create'), bad);
    const { correlationId: _dry, ...told } = dry.body;
    const { correlationId: _real, ...answered } = real.body;
    expect([dry.status, told]).toEqual([real.status, answered]);
    expect(told['problems']).toMatchObject([
      { path: 'spec.servers.count', code: 'manifest.serverCountEven' },
    ]);
  });
});

describe('a query that cannot be answered', () => {
  it.each([
    ['an unknown verb', 'b', 'gte', {}, 404, 'command.unknownVerb', /did you mean get/],
    ['an unknown resource', 'nobody', 'get', {}, 404, 'resource.notFound', /check namespace/],
    [
      'an argument out of range',
      '_',
      'list',
      { limit: 900 },
      400,
      'command.malformed',
      /limit is 900/,
    ],
    [
      'an unknown argument',
      '_',
      'list',
      { limt: 9 },
      400,
      'command.malformed',
      /did you mean limit/,
    ],
  ])('because of %s says so', async (_what, name, verb, args, status, code, says) => {
    const answer = await ask(name, verb, args);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).toMatch(says);
  });
});

describe('the micro service', () => {
  const service = async (subject: string) => (await outside.query(subject)).body;

  it('answers PING to everybody, by name and by id', async () => {
    const pong = await service('$SRV.PING');
    expect(pong).toMatchObject({ name: 'fairlead', type: 'io.nats.micro.v1.ping_response' });
    expect(pong['version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(await service('$SRV.PING.fairlead')).toEqual(pong);
    expect(await service(`$SRV.PING.fairlead.${String(pong['id'])}`)).toEqual(pong);
  });

  it('describes its endpoint and counts requests and errors', async () => {
    expect(await service('$SRV.INFO.fairlead')).toMatchObject({
      type: 'io.nats.micro.v1.info_response',
      endpoints: [{ subject: 'fairlead.v1.qry.*.*.*.*', queue_group: 'q' }],
    });
    const figures = async () => {
      const { endpoints } = await service('$SRV.STATS.fairlead');
      return (endpoints as { num_requests: number; num_errors: number; last_error: string }[])[0];
    };
    const before = await figures();
    await ask('b', 'get');
    await ask('nobody', 'get');
    const after = await figures();
    expect(after?.num_requests).toBe((before?.num_requests ?? 0) + 2);
    expect(after?.num_errors).toBe((before?.num_errors ?? 0) + 1);
    expect(after?.last_error).toMatch(/^404:/);
  });
});

it('with every host away a query fails at once and says what to start', async () => {
  await world.stack.host.kill('SIGKILL');
  const atMs = performance.now();
  const asked = world.client.query({
    ...{ namespace: 'test', kind: 'cluster', name: 'b', verb: 'get' },
  });
  await expect(asked).rejects.toMatchObject({
    problem: {
      status: 503,
      code: 'service.unavailable',
      message: expect.stringContaining('npm start') as string,
    },
  });
  expect(performance.now() - atMs).toBeLessThan(2_000);
});
