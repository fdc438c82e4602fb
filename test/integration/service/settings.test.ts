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
  it('refuses to start and tells every problem at once, with what is expected [P-40] [R-33] [V-16]', async () => {
    const { code, text } = await refusal(
      {
        FAIRLEAD_PROFILE: 'prodution',
        FAIRLEAD_CB_RESET_SECONDS: 'soon',
        FAIRLEAD_CIRCUIT_BREAKER_FAILURE_THRESHOLD: '3',
        FAIRLEAD_BREAKER_FAILURE_THRESHOLD: '5',
        FAIRLEAD_RETRY_MAX_ATEMPTS: '3',
        FAIRLEAD_METRICS_RESOURCES_MAX: 'few',
        FAIRLEAD_RETRY_POLICY: 'patience',
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
      'FAIRLEAD_METRICS_RESOURCES_MAX is "few"; expected a whole number from 0 to 100000',
      'FAIRLEAD_RETRY_POLICY is "patience"; expected one of default, aws, critical',
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
        FAIRLEAD_BREAKER_EC2_FAILURE_THRESHOLD: '40',
        FAIRLEAD_BREAKER_EC2_OPEN_TIME: '50',
        FAIRLEAD_CB_HALF_OPEN_MAX_CALLS: '2',
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
  const metrics = async () => {
    const { httpPort } = world.stack.host.ready;
    return (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  };
  /** As the host's operator does: the file is changed, the process is told. */
  const reload = async (change: Record<string, unknown>): Promise<void> => {
    const file = join(world.stack.dataDir, 'host.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeFile(file, JSON.stringify({ ...config, ...change }));
    const endpoint = await readFile(join(world.stack.dataDir, 'endpoint.json'), 'utf8');
    process.kill((JSON.parse(endpoint) as { pid: number }).pid, 'SIGHUP');
  };

  it('shows each with its value, source and variable; unset, the profile is development [P-40] [G-41] [V-18]', async () => {
    const config = await registry('config');
    expect(config['profile']).toMatchObject({
      ...{ value: 'development', source: 'built-in', variable: 'FAIRLEAD_PROFILE' },
    });
    expect(config['breakerEc2OpenTime']).toMatchObject({ value: '50s', source: 'environment' });
    expect(config['breakerProbesMax']).toMatchObject({ value: 2, source: 'environment' });
    expect(config['rpcTimeoutMutating']).toMatchObject({ value: '10m', source: 'profile' });
    expect(config['batchSize']).toMatchObject({ value: 5, source: 'profile' });
    const timeouts = ['rpcTimeoutDescribe', 'rpcTimeoutValidate', 'rpcTimeoutTaskStatus'];
    const told = timeouts.map((name) => config[name]?.['value']);
    expect(told).toEqual(['30s', '10s', '10s']);
  });

  it('lists every retry policy with its numbers [D-11] [G-17] [G-18] [G-19] [P-15] [P-16] [P-17] [D-35] [V-10] [V-11] [V-13] [V-14] [V-15]', async () => {
    const policies = await registry('policy');
    const numbers = (name: string) => {
      const { retries, baseMs, capMs, multiplier } = policies[name] ?? {};
      return [retries, baseMs, capMs, multiplier];
    };
    expect(numbers('default')).toEqual([3, 1_000, 30_000, 2]);
    expect(policies['default']).toMatchObject({ deadlineMs: 300_000 });
    expect(numbers('aws')).toEqual([5, 500, 64_000, 2]);
    expect(numbers('critical')).toEqual([7, 2_000, 120_000, 2]);
    expect(policies['critical']).toMatchObject({ deadlineMs: 1_200_000 });
    expect(numbers('highFrequency')).toEqual([2, 100, 2_000, 1.5]);
    expect(policies['highFrequency']).toMatchObject({ deadlineMs: 30_000 });
    expect(numbers('network')).toEqual([3, 100, 10_000, 2]);
    expect(numbers('store')).toEqual([5, 50, 5_000, 1.5]);
    expect(numbers('standard')).toEqual([4, 500, 30_000, 2]);
    expect(policies['standard']).toMatchObject({ jitter: 'proportional', jitterShare: 0.1 });
    expect(numbers('aggressive')).toEqual([9, 100, 10_000, 1.5]);
    expect(numbers('conservative')).toEqual([2, 1_000, 60_000, 3]);
    expect(numbers('none').slice(0, 1)).toEqual([0]);
  });

  /** Failures until open, open time and places. */
  const standardRows = { ssm: [3, 45_000, 3], backend: [5, 60_000, 10] };
  const heavyRows = { ssm: [2, 60_000, 20], backend: [15, 120_000, 20] };
  /** Mutating calls, and how long results are kept. */
  const patient = { mutating: '10m', kept: '2h' };
  const brisk = { mutating: '4m', kept: '2h' };
  const profiles = {
    staging: {
      ...{ concurrency: 3, batch: 10, other: [3, 30_000, 5], retry: 'aws', rate: [10, 20] },
      ...{ ...standardRows, ...brisk },
    },
    production: {
      ...{ concurrency: 5, batch: 15, other: [5, 60_000, 5], retry: 'critical', rate: [20, 50] },
      ...{ ...standardRows, ...brisk },
    },
    'high-volume': {
      ...{ concurrency: 10, batch: 25, other: [5, 60_000, 20], retry: 'aws', rate: [20, 50] },
      ...{ ...heavyRows, ...brisk, kept: '4h' },
    },
    development: {
      ...{ concurrency: 2, batch: 5, other: [3, 30_000, 5], retry: 'default', rate: [10, 20] },
      ...{ ...standardRows, ...patient },
    },
  };

  it('are those of the profile, which a changed file changes [P-22] [P-23] [P-24] [P-25] [D-34] [V-30] [V-31] [D-06]', async () => {
    for (const [profile, expected] of Object.entries(profiles)) {
      await reload({ settings: { profile } });
      await world.until(
        profile,
        async () => (await registry('config'))['profile']?.['value'] === profile,
      );
      const config = await registry('config');
      const policies = await registry('policy');
      const value = (name: string) => config[name]?.['value'];
      const row = (name: string) => {
        const { failuresMax, openBaseMs, concurrentMax } = policies[name] ?? {};
        return [failuresMax, openBaseMs, concurrentMax];
      };
      expect({
        ...{ concurrency: value('parallelMaxConcurrency'), batch: value('batchSize') },
        ...{ other: row('other'), ssm: row('ssm'), backend: row('backend') },
        retry: value('retryPolicy'),
        rate: [value('rateLimitQps'), value('rateLimitBurst')],
        ...{ mutating: value('rpcTimeoutMutating'), kept: value('idempotencyTtl') },
      }).toEqual(expected);
    }
  });

  it('gives operations the tries that were set, and keeps their last fault [R-26] [R-10] [R-34] [G-42] [D-14]', async () => {
    await reload({
      settings: { profile: 'production', retryMaxRetries: 1, retryBaseDelay: '20ms' },
    });
    await world.until('the file is read', async () => {
      return (await registry('config'))['retryMaxAttempts']?.['value'] === 2;
    });
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
    expect(await ec2()).toMatchObject({ failuresMax: 40, openBaseMs: 500, probesMax: 2 });
    const text = await metrics();
    expect(text).toMatch(/retry_attempts_total\{policy="production",n="1"\} [1-9]/);
    expect(text).toMatch(/retry_attempts_total\{policy="production",n="2"\} [1-9]/);
    expect(text).not.toMatch(/retry_attempts_total\{policy="production",n="3"\}/);
  });

  it('takes a changed file without a restart, and what runs obeys it [G-44] [V-32] [D-12] [D-43]', async () => {
    await reload({
      settings: { breakerSuccessThreshold: 7, breakerEc2FailureThreshold: 9, retryPolicy: 'mine' },
      retryPolicies: { mine: { maxAttempts: 3, base: '500ms', retryOn: ['Unavailable'] } },
    });
    await world.until('the live breaker has the new number', async () => {
      return (await ec2())['successThreshold'] === 7;
    });
    // A variable of the process is stronger than its file.
    expect(await ec2()).toMatchObject({ failuresMax: 40 });
    const config = await registry('config');
    expect(config['breakerSuccessThreshold']).toMatchObject({ value: 7, source: 'file' });
    const policies = await registry('policy');
    expect(policies['mine']).toMatchObject({
      ...{ maxAttempts: 3, baseMs: 500, retryOn: ['Unavailable'] },
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
    expect(await ec2()).toMatchObject({ successThreshold: 7 });
  });

  it('counts operations as they end [V-33] [G-21]', async () => {
    const text = await metrics();
    expect(text).toMatch(
      /fairlead_retry_outcomes_total\{policy="production",outcome="exhausted",type="Retryable"\} [1-9]/,
    );
    expect(text).toMatch(
      /fairlead_operation_seconds_count\{effect="cluster.plan",outcome="exhausted"\} [1-9]/,
    );
    expect(text).toMatch(/fairlead_effects_in_flight \d/);
  });
});
