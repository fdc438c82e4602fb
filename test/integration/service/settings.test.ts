import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/package-root.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

/** Starts a host that never gets further than its settings; what it says on stderr, and how it ends. */
async function refusal(
  environment: Record<string, string>,
  ...flags: string[]
): Promise<{ code: number | null; text: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-settings-'));
  const file = join(folder, 'host.yaml');
  await writeFile(
    file,
    'dataDir: d\nnats: {url: "nats://127.0.0.1:1"}\naws: {mode: real}\nsettings: {batchSize: many}\n',
  );
  const main = join(packageRoot(), 'dist/src/main.js');
  const child = spawn(process.execPath, [main, '--config', file, ...flags], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  let text = '';
  child.stderr.on('data', (part: Buffer) => (text += part.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  await rm(folder, { recursive: true });
  return { code, text };
}

describe('a host with settings that cannot be used', () => {
  it('refuses to start and tells every problem at once, with what is expected [P-40] [R-33]', async () => {
    const { code, text } = await refusal(
      {
        FAIRLEAD_PROFILE: 'prodution',
        FAIRLEAD_CB_RESET_SECONDS: 'soon',
        FAIRLEAD_CIRCUIT_BREAKER_FAILURE_THRESHOLD: '3',
        FAIRLEAD_BREAKER_FAILURE_THRESHOLD: '5',
        FAIRLEAD_RETRY_MAX_ATEMPTS: '3',
        FAIRLEAD_METRICS_RESOURCES_MAX: '10',
        FAIRLEAD_CONTEXT: 'of the CLI, not of the host',
      },
      ...['--set', 'parallelTimeout=-1'],
    );
    expect(code).toBe(1);
    for (const expected of [
      'FAIRLEAD_PROFILE is "prodution"; expected one of development, staging, production, high-volume',
      'FAIRLEAD_CB_RESET_SECONDS is "soon"; expected a time from 1s to 1h, as 45s or 4m; a plain number is seconds',
      'FAIRLEAD_BREAKER_FAILURE_THRESHOLD and FAIRLEAD_CIRCUIT_BREAKER_FAILURE_THRESHOLD are two spellings of one setting and disagree',
      'FAIRLEAD_RETRY_MAX_ATEMPTS is no setting of Fairlead; did you mean FAIRLEAD_RETRY_MAX_ATTEMPTS?',
      'FAIRLEAD_METRICS_RESOURCES_MAX is no setting',
      '--set parallelTimeout is "-1"; expected a time',
      'settings.batchSize is "many"; expected a whole number from 1 to 100',
    ])
      expect(text).toContain(expected);
    expect(text).not.toContain('FAIRLEAD_CONTEXT');
  });
});

describe('a host with settings', () => {
  let world: StackWorld;

  beforeAll(async () => {
    world = await stackWorld({
      ...{ scale: 100, seed: 9 },
      hostEnvironment: {
        FAIRLEAD_PROFILE: 'production',
        FAIRLEAD_BREAKER_FAILURE_THRESHOLD: '40',
        FAIRLEAD_CB_RESET_SECONDS: '50',
        FAIRLEAD_RETRY_MAX_RETRIES: '1',
        FAIRLEAD_RETRY_BASE_DELAY: '20ms',
      },
    });
  });
  afterAll(() => world.close());

  const registry = async (kind: string): Promise<Record<string, Record<string, unknown>>> => {
    const address = { namespace: 'system', kind, name: 'all', verb: 'list' };
    const { items } = await world.client.query({ ...address, arguments: {} });
    const entries = items as { name: string }[];
    return Object.fromEntries(entries.map((entry) => [entry.name, { ...entry }]));
  };
  const breakers = async () => {
    const guard = { namespace: 'system', kind: 'guard', name: 'fleet', verb: 'list' };
    const { items } = await world.client.query({ ...guard, arguments: {} });
    return items as { key: string; policy: Record<string, number> }[];
  };
  const ec2 = async () => (await breakers()).find(({ key }) => key.includes('/ec2'))?.policy ?? {};
  /** As the host's operator does: the file is changed, the process is told. */
  const reload = async (change: Record<string, unknown>): Promise<void> => {
    const file = join(world.stack.dataDir, 'host.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...config, ...change }));
    const endpoint = await readFile(join(world.stack.dataDir, 'endpoint.json'), 'utf8');
    process.kill((JSON.parse(endpoint) as { pid: number }).pid, 'SIGHUP');
  };

  it('shows each with its value, source and variable [P-40] [G-41] [G-42]', async () => {
    const config = await registry('config');
    expect(config['profile']).toMatchObject({
      ...{ value: 'production', source: 'environment', variable: 'FAIRLEAD_PROFILE' },
    });
    expect(config['breakerOpenTime']).toMatchObject({ value: '50s', source: 'environment' });
    expect(config['retryMaxAttempts']).toMatchObject({ value: 2, source: 'environment' });
    expect(config['rpcTimeoutMutating']).toMatchObject({ value: '4m', source: 'profile' });
    expect(config['rpcTimeoutDescribe']).toMatchObject({ value: '30s', source: 'built-in' });
    expect(config['batchSize']).toMatchObject({ value: 15, source: 'profile' });
  });

  it('gives operations the tries that were set, and keeps their last fault [R-26] [R-10] [G-42]', async () => {
    await world.simulator('POST', 'faults', {
      service: 'ec2',
      act: { kind: 'error', code: 'InternalError', status: 500 },
    });
    await world.apply('twice', 1);
    const exhausted = async () => {
      const address = { namespace: 'test', kind: 'cluster', name: 'twice', verb: 'history' };
      const { items } = await world.client.query({ ...address, arguments: {} });
      const events = items as { type: string; data: Record<string, unknown> }[];
      return events.find(({ type }) => type === 'fairlead.cluster.operationExhausted.v1')?.data;
    };
    await world.until('tries are used up', async () => (await exhausted()) !== undefined);
    await world.simulator('DELETE', 'faults');
    expect(await exhausted()).toMatchObject({ attempt: 2, maxAttempts: 2, code: 'InternalError' });
    expect(await ec2()).toMatchObject({ failuresMax: 40, openBaseMs: 500 });
  });

  it('takes a changed file without a restart, and what runs obeys it [G-44] [V-32] [D-12] [D-43]', async () => {
    await reload({
      settings: { breakerEc2FailureThreshold: 7, retryPolicy: 'mine' },
      retryPolicies: { mine: { base: '500ms', retryOn: ['Unavailable'] } },
    });
    await world.until('the live breaker has the new number', async () => {
      return (await ec2())['failuresMax'] === 7;
    });
    const config = await registry('config');
    expect(config['breakerEc2FailureThreshold']).toMatchObject({ value: 7, source: 'file' });
    const policies = await registry('policy');
    // Variables of the process stay stronger than its file.
    expect(policies['mine']).toMatchObject({
      ...{ maxAttempts: 2, baseMs: 20, retryOn: ['Unavailable'] },
      usedBy: expect.arrayContaining(['node.launch', 'cluster.plan']) as unknown,
    });
  });

  it('changes nothing when the file is refused, and says why', async () => {
    const log = join(world.stack.dataDir, 'logs', 'host.log');
    await reload({ settings: { breakerEc2FailureThreshold: 'few' } });
    await world.until('the refusal is logged', async () => {
      const text = await readFile(log, 'utf8');
      return text.includes('settings.breakerEc2FailureThreshold is \\"few\\"');
    });
    expect(await ec2()).toMatchObject({ failuresMax: 7 });
  });

  it('counts operations as they end [V-33]', async () => {
    const { httpPort } = world.stack.host.ready;
    const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
    expect(text).toMatch(
      /fairlead_retry_outcomes_total\{policy="production",outcome="exhausted",type="Retryable"\} [1-9]/,
    );
    expect(text).toMatch(
      /fairlead_operation_seconds_count\{effect="cluster.plan",outcome="exhausted"\} [1-9]/,
    );
    expect(text).toMatch(/fairlead_effects_in_flight \d/);
  });
});
