/** One order or question for many nodes: `exec` through the CLI, and the deletion of a cluster in few calls. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fairlead } from '../../servers/cli-process.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

let world: StackWorld;

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 31, logLevel: 'debug' });
  await world.apply('many', 1, 3);
  await world.until('many runs', async () => (await world.state('many')) === 'running.steady');
});
afterAll(() => world.close());

const exec = (...words: string[]) =>
  fairlead(world.stack, ['exec', 'cluster', 'many', '-n', 'test', ...words]);

interface Report {
  readonly ok: number;
  readonly failed: number;
  readonly total: number;
  readonly durationMs: number;
  readonly concurrency: number;
  readonly results: Readonly<Record<string, { ok: boolean; facts?: Record<string, unknown> }>>;
}

it('exec asks every ready node at once, with an answer of each and the numbers of all [G-25]', async () => {
  const ran = await exec('--verb', 'check', '-o', 'json');
  expect([ran.exit, ran.stderr]).toEqual([0, expect.stringContaining('4 of 4 nodes answered')]);
  const report = JSON.parse(ran.stdout) as Report;
  expect(report).toMatchObject({ verb: 'check', ok: 4, failed: 0, total: 4 });
  expect(report.durationMs).toBeGreaterThan(0);
  expect(Object.keys(report.results).sort()).toEqual([
    'many-server-0-1',
    ...['many-web-0-1', 'many-web-1-1', 'many-web-2-1'],
  ]);
  for (const { facts } of Object.values(report.results))
    expect(facts).toMatchObject({ active: 'active', bootId: expect.any(String) as string });
});

it('exec takes nodes by name, and how many at once; a table tells what each said [G-23] [G-25]', async () => {
  const ran = await exec('--nodes', 'many-web-1-1,many-server-0-1', '--concurrency', '1');
  expect(ran.exit).toBe(0);
  expect(ran.stdout.split('\n')[0]).toMatch(/^NODE +OK +CODE +ANSWER/);
  expect(ran.stdout).toMatch(/many-web-1-1 +yes +ok .*active=active/);
  expect(ran.stdout).not.toContain('many-web-0-1');
});

it('a node that cannot be asked is refused by its place in the list, and nobody is asked [G-25]', async () => {
  const commands = async () =>
    ((await world.simulator('GET', 'log?op=SendCommand')) as { calls: unknown[] }).calls.length;
  const before = await commands();
  const unknown = await exec('--nodes', 'many-server-0-1,nobody', '-o', 'json');
  expect([unknown.exit, unknown.stderr]).toEqual([2, expect.stringMatching(/nodes\[1\].*nobody/s)]);
  const agent = await exec('--nodes', 'many-web-0-1', '--verb', 'observe');
  expect([agent.exit, agent.stderr]).toEqual([2, expect.stringContaining('observe asks servers')]);
  const shell = await exec('--verb', 'reboot');
  expect([shell.exit, shell.stderr]).toEqual([2, expect.stringContaining('check')]);
  expect(await commands()).toBe(before);
});

it('fan-out and batch are among the limits a host tells [G-23] [P-13] [P-28] [G-53] [P-44]', async () => {
  const ran = await fairlead(world.stack, ['get', 'limits', '-o', 'json']);
  const { items } = JSON.parse(ran.stdout) as { items: Record<string, unknown>[] };
  const named = (name: string) => items.find((item) => item['name'] === name);
  expect(named('fanOut')).toMatchObject({
    binds: expect.stringMatching(/^(cpu|setting)$/) as string,
    cpuShare: expect.any(Number) as number,
  });
  expect(named('batch')).toMatchObject({ sizeMax: 5, timeoutMs: 300_000 });
});

it('a deletion ends four machines in one call and three secrets in one, and counts them [G-29] [G-32] [G-33]', async () => {
  const calls = async (op: string) =>
    ((await world.simulator('GET', `log?op=${op}`)) as { calls: unknown[] }).calls.length;
  await world.remove('many');
  const gone = async () => (await world.state('many')) === 'resource.deleted';
  await world.until('many is gone', gone);
  expect([await calls('TerminateInstances'), await calls('DeleteParameters')]).toEqual([1, 1]);
  const { httpPort } = world.stack.host.ready;
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  expect(text).toContain('fairlead_batch_items_total{op="TerminateInstances",outcome="ok"} 4');
  expect(text).toMatch(/fairlead_batch_seconds_count\{op="TerminateInstances"\} 1/);
  expect(text).toMatch(/fairlead_fanout_seconds_count\{kind="exec"\} 2/);
});
