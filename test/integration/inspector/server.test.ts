/** The inspector of the stack's own host: what it shows, what it sends, and what is left while nats-server is dead. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Why } from '../../../actors/explain/shape.ts';
import { exitOfStatus } from '../../../src/cli/exit-codes.ts';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import type {
  AuditPage,
  KpiPage,
  RowsPage,
  SessionInfo,
  StepsPage,
} from '../../../src/inspector/api.ts';
import {
  HOSTS,
  PROBES,
  hostsOf,
  probesOf,
} from '../../../src/inspector/page/views/health/facts.ts';
import type { Survey } from '../../../src/inspector/page/views/health/facts.ts';
import { linkOf } from '../../../src/inspector/link.ts';
import { packageVersion } from '../../../src/version.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';

let world: StackWorld;
let origin = '';
let token = '';

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 31 });
  const { inspectorPort = 0, tokenFile = '' } = world.stack.host.ready;
  origin = `http://127.0.0.1:${inspectorPort}`;
  token = readFileSync(tokenFile, 'utf8').trim().split(' ')[2] ?? '';
  await world.apply('one', 1);
  await world.until('one runs', async () => (await world.state('one')) === 'running.steady');
});
afterAll(() => world.close());

async function ask(path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const reply = await fetch(`${origin}${path}`, { headers, ...post });
  return { status: reply.status, body: await reply.json() };
}
const read = async <T>(path: string): Promise<T> => (await ask(path)).body as T;
const command = (verb: string, commandId: string, more: object = {}) =>
  ask('/api/commands', {
    ...{ kind: 'cluster', namespace: 'test', name: 'one', verb, commandId, arguments: {} },
    ...more,
  });

it('its token lies in a file of its owner alone; endpoint.json and the log name the file, never the token', () => {
  const { tokenFile = '', inspectorPort = 0 } = world.stack.host.ready;
  expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
  const { dataDir } = world.stack;
  const endpoint = readFileSync(join(dataDir, 'endpoint.json'), 'utf8');
  expect(JSON.parse(endpoint)).toMatchObject({ inspectorPort, inspectorTokenFile: tokenFile });
  const texts = [endpoint, readFileSync(join(dataDir, 'logs', 'host.log'), 'utf8')];
  expect(token.length).toBeGreaterThan(40);
  for (const text of texts) expect(text).not.toContain(token);
  expect(linkOf(inspectorPort, readFileSync(tokenFile, 'utf8'))).toBe(`${origin}/#t=${token}`);
});

it('shows who asks, the fleet, one actor with its steps and picture, and what may be sent', async () => {
  expect(await read<SessionInfo>('/api/session')).toMatchObject({
    ...{ role: 'admin', user: 'local', readOnlyBecause: '' },
    hostId: world.stack.host.ready.hostId,
  });
  await world.until('the index has one', async () => {
    const { rows } = await read<RowsPage>('/api/actors?q=kind:cluster');
    return rows.some(
      ({ actor, state }) => actor === 'cluster/test/one' && state === 'running.steady',
    );
  });
  const detail = await ask('/api/actors/cluster/test/one');
  expect(detail).toMatchObject({
    status: 200,
    body: { row: { severity: 'healthy' }, image: { src: 'cluster' }, view: { kind: 'Cluster' } },
  });
  expect((detail.body as { allowed: string[] }).allowed).toContain('pause');
  const page = await read<StepsPage>('/api/actors/cluster/test/one/steps?limit=5');
  expect(page.steps.map(({ actor }) => actor)).toContain('cluster/test/one');
  const at = await ask(`/api/actors/cluster/test/one/at/${page.last}`);
  expect(at).toMatchObject({ status: 200, body: { step: { seq: page.last } } });
  const effects = await ask('/api/read/effect/system/_/list');
  expect([effects.status, effects.body]).toMatchObject([200, { items: expect.any(Array) }]);
  expect((await ask('/api/read/cluster/test/one/exec')).status).toBe(404);
  expect((await ask('/api/health')).body).toMatchObject({ ready: true });
});

it('says of a refused command the same as the query and `fairlead why`, word for word', async () => {
  const query = { namespace: 'test', kind: 'cluster', name: 'one' };
  const asked = { verb: 'retry', arguments: {} };
  const { asOf: _atQuery, ...told } = await world.client.query({
    ...{ ...query, verb: 'why', arguments: asked },
  });
  expect(told).toMatchObject({
    ...{ command: 'retry', actor: 'cluster/test/one', allowed: 'no' },
    because: [{ is: 'no' }, { guard: 'notDeleting', is: 'yes' }],
  });
  const page = await ask('/api/actors/cluster/test/one/why?verb=retry');
  const { asOf: _atPage, ...shown } = page.body as Record<string, unknown>;
  expect([page.status, shown]).toEqual([200, told]);
  const preview = await ask('/api/actors/cluster/test/one/dry-run', asked);
  expect(preview).toEqual({ status: 200, body: { why: told } });
  const { nats, keys } = world.stack;
  const terminal = fakeTerminal();
  const line = 'why retry cluster one -n test -o json'.split(' ');
  const flags = ['--nats', nats.ready.url, '--nkey', keys.cliSeedFile];
  const exit = await run([...line, ...flags], terminal, connectNats);
  const { asOf: _atTerminal, ...printed } = JSON.parse(terminal.stdout()) as Record<
    string,
    unknown
  >;
  expect(printed).toEqual({ apiVersion: 'fairlead.dev/v1', kind: 'Admission', ...told });
  const { code, message, status } = told as Pick<Why, 'code' | 'message' | 'status'>;
  expect(exit).toBe(exitOfStatus(status));
  const sent = await command('retry', 'inspector-retry-1');
  expect(sent).toMatchObject({ status, body: { code, message } });
});

it('tells how its host fares and the figures it is judged by', async () => {
  const { hostId } = world.stack.host.ready;
  const [host] = hostsOf(await read<Survey>(HOSTS));
  expect(host).toMatchObject({ host: hostId, partitions: 64, version: packageVersion() });
  const { outbox, waiting, oldestMs, quarantined, feedLag, startedMs = 0 } = host ?? {};
  expect([outbox, waiting, oldestMs, quarantined, feedLag]).not.toContain(undefined);
  expect(startedMs).toBeGreaterThan(Date.now() - 3_600_000);
  const probes = probesOf(await read<Survey>(PROBES));
  expect(probes.map(({ name }) => name)).toContain('nats');
  const { kpis, hosts } = await read<KpiPage>('/api/kpi');
  expect(hosts).toEqual([hostId]);
  expect(kpis.find(({ name }) => name === 'creation time')?.value).toBeGreaterThan(0);
  expect(kpis.find(({ name }) => name === 'success rate')?.verdict).toBe('met');
});

it('sends a command in the name of its login, once for one id, and tells its way in the audit', async () => {
  const sent = await command('pause', 'inspector-pause-1', { reason: 'look at it' });
  expect(sent).toMatchObject({ status: 200, body: { ok: true, by: 'local' } });
  expect((await command('pause', 'inspector-pause-1')).body).toMatchObject({ repeated: true });
  const refused = await command('delete', 'inspector-delete-1', { confirm: 'two' });
  expect(refused).toMatchObject({ status: 400, body: { needs: ['confirm'] } });
  const stale = await command('resume', 'inspector-resume-1', { ifRevision: 1 });
  expect(stale).toMatchObject({ status: 409, body: { code: 'revision.conflict' } });
  expect((await command('resume', 'inspector-resume-2')).status).toBe(200);
  const ghost = await command('pause', 'inspector-ghost-1', { name: 'ghost' });
  expect(ghost).toMatchObject({ status: 404, body: { code: 'resource.notFound' } });
  const told = async () => (await read<AuditPage>('/api/audit?kind=cluster&limit=500')).entries;
  await world.until('the audit has it', async () =>
    (await told()).some(
      ({ what, name, by }) => what === 'command' && name === 'pause' && by === 'local',
    ),
  );
  const entries = await told();
  expect(new Set(entries.map(({ what }) => what))).toEqual(
    new Set(['command', 'step', 'call', 'event', 'deadLetter']),
  );
  const times = entries.map(({ atMs }) => atMs);
  expect(times).toEqual(times.toSorted((left, right) => right - left));
});

it('answers from memory and refuses commands with the reason while nats-server is dead, and is back by itself', async () => {
  await ask('/api/actors/cluster/test/one/steps');
  await world.stack.nats.kill('SIGKILL');
  const because = async () => (await read<SessionInfo>('/api/session')).readOnlyBecause;
  await world.until('it says so', async () => (await because()) !== '', 5_000);
  expect(await because()).toMatch(/NATS is unreachable since \d{4}-.*nats-server/);
  const { rows } = await read<RowsPage>('/api/actors');
  expect(rows.map(({ actor }) => actor)).toContain('cluster/test/one');
  const refused = await command('pause', 'inspector-pause-2');
  expect(refused).toMatchObject({
    status: 503,
    body: { code: 'inspector.unavailable', message: expect.stringContaining('NATS') },
  });
  await world.stack.nats.start();
  await world.until('it can send again', async () => (await because()) === '', 20_000);
  await world.until(
    'a command passes',
    async () => (await command('pause', 'inspector-pause-3')).status === 200,
    20_000,
  );
});
