/** Breakers, limits and figures through the CLI, against a real service whose EC2 answers 503 for a while. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import type { BreakerEntry, Entry } from '../../../src/cli/surveys.ts';
import { sidePath } from '../../../src/stack/side-path.ts';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { fakeTerminal } from '../../unit/cli/fake-terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-breakers-'));
const mutate = 'main/eu-central-1/ec2:mutate';
const read = 'main/eu-central-1/ec2:read';
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, '.fairlead'), scale: 100, seed: 11 });
  const made = await fairlead('cluster create dev --region eu-central-1 --wait');
  expect(made.exit, made.stderr).toBe(0);
});
afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Words in double quotes stay together. */
async function fairlead(line: string) {
  const terminal = { ...fakeTerminal({ cwd: folder, env: { USER: 'pat' } }), nowMs: Date.now };
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  const exit = await run(words, terminal, connectNats);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

async function items<T>(line: string): Promise<T[]> {
  const { stdout, stderr } = await fairlead(`${line} -o jsonl`);
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as T);
}

async function breaker(key: string): Promise<BreakerEntry> {
  const found = (await items<BreakerEntry>('breaker list')).find((each) => each.key === key);
  if (found === undefined) throw new Error(`no breaker ${key}`);
  return found;
}

async function until(what: string, holds: () => Promise<boolean>, boundMs = 30_000): Promise<void> {
  const deadlineMs = performance.now() + boundMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function faultsOfEc2(method: 'POST' | 'DELETE'): Promise<void> {
  const act = { kind: 'error', code: 'Unavailable', status: 503 };
  const body = method === 'POST' ? { service: 'ec2', act } : undefined;
  await sidePath(stack.simulator.ready, method, 'faults', { body });
}

describe('breakers by the CLI', () => {
  it('are listed by account, region, service and class, each closed with its counts [G-04] [D-02]', async () => {
    const { stdout, exit } = await fairlead('breaker list');
    expect(stdout).toMatch(
      /^BREAKER +STATE +FAILS +CALLS\/MIN +ERR% +SLOW% +OPEN UNTIL +WAITING +LAST TRIP/,
    );
    expect(stdout).toMatch(/^main\/eu-central-1\/ec2:mutate +closed +0\/3 +\d+ +0\.0 /m);
    expect(exit).toBe(0);
    const same = await fairlead('get breakers -o name');
    expect(same.stdout).toContain(`breaker/${read}\n`);
    expect(await breaker(mutate)).toMatchObject({
      ...{ state: 'closed', consecutive: 0, waiting: 0, isLive: true },
      policy: { failuresMax: 3, concurrentMax: 5, attemptTimeoutMs: 45_000 },
    });
  });

  it('are shown one by one with thresholds, times, places and rates, by key or short form [G-03] [U-13]', async () => {
    const [one, ...more] = await items<BreakerEntry>('breaker get ec2:mutate');
    expect(more).toEqual([]);
    // At the pace of the simulator, which is a hundred times that of a cloud.
    expect(one?.policy).toMatchObject({
      ...{ failuresMax: 3, openBaseMs: 300, concurrentMax: 5, successThreshold: 2, probesMax: 1 },
    });
    expect(one?.calls).toMatchObject({ failed: 0, rejected: 0 });
    expect((await items<BreakerEntry>('breaker get ec2')).length).toBeGreaterThanOrEqual(2);
    const told = await fairlead('breaker describe ec2:mutate');
    expect(told.stdout).toMatch(/^Policy +failures 3 · open 300ms · successes 2 · probes 1 /m);
    expect(told.stdout).toMatch(/^From +the row of ec2:mutate in the host's profile$/m);
  });

  it('refuses a key that no host knows and lists those that are, unless forced', async () => {
    const unknown = await fairlead('breaker isolate main/eu-central-1/ec3 --reason drill');
    expect(unknown.exit).toBe(3);
    expect(unknown.stderr).toContain('no host knows a breaker main/eu-central-1/ec3; did you mean');
    expect(unknown.stderr).toMatch(/^allowed: .*main\/eu-central-1\/ec2:mutate/m);
    const forced = await fairlead('breaker set main/mars-1/ec2 --failures 9 --force');
    expect([forced.exit, forced.stderr]).toEqual([0, '']);
    const bad = await fairlead('breaker set ec2:mutate --failures 0');
    expect(bad.exit).toBe(2);
    expect(bad.stderr).toMatch(/policy\.failuresMax/);
  });

  it('open under 503s, tell the trip, and close by a reset once the cloud is back [G-55] [V-27] [D-42] [G-50]', async () => {
    await faultsOfEc2('POST');
    expect((await fairlead('cluster create two --region eu-central-1')).exit).toBe(0);
    await until('open', async () => (await breaker(read)).state === 'open');
    await until('two waits', async () => ((await breaker(read)).waiting ?? 0) > 0);
    const { stdout: list } = await fairlead('breaker list');
    expect(list).toMatch(/^main\/eu-central-1\/ec2:read +(open|halfOpen) [^\n]* Unavailable /m);
    const { stdout: told } = await fairlead('breaker describe ec2:read');
    expect(told).toMatch(/^Last trip +\S+Z +Unavailable +request \S+ +\d+ in a row, \d+ failed /m);
    expect(told).toMatch(/^Calls +.*failed \d+/m);
    expect(told).toContain('breakerChanged');
    await faultsOfEc2('DELETE');
    const reset = await fairlead('breaker reset main/eu-central-1/ec2:read --reason "EC2 is back"');
    expect(reset.stdout).toMatch(
      /^breaker\/main\/eu-central-1\/ec2:read reset {3}command \w{26}\n$/,
    );
    await until('two runs', async () => (await stateOf('two')) === 'running.steady');
    expect((await breaker(read)).state).toBe('closed');
    const { stdout: events } = await fairlead('events breakers --since 10m');
    expect(events).toMatch(/guard\/system\/fleet +ordered +.*verb=reset .*reason=EC2 is back/);
    expect(events).toMatch(/breakerChanged +key=main\/eu-central-1\/ec2:read from=closed to=open/);
  });

  it('are isolated by whom, why and until when; what needs them waits until the release [V-27] [U-13]', async () => {
    const ordered = await fairlead(
      'breaker isolate ec2 --for 30m --allow-teardown --reason "region drill" --by ana',
    );
    expect(ordered.stdout).toContain('breaker/main/eu-central-1/ec2 isolated for 30m');
    await until('isolated', async () => (await breaker(mutate)).state === 'isolated');
    expect((await fairlead('cluster create three --region eu-central-1')).exit).toBe(0);
    await until('three waits', async () => ((await breaker(read)).waiting ?? 0) > 0);
    const { stdout: told } = await fairlead('breaker describe ec2:read');
    expect(told).toMatch(
      /^Isolation +by ana +"region drill" +since \S+Z +until \S+Z \((30m|29m)\)/m,
    );
    expect(told).toMatch(/^Order +isolate main\/eu-central-1\/ec2 +by ana +"region drill"/m);
    expect((await fairlead('breaker list')).stdout).toMatch(
      /ec2:read +isolated .*Z \(\d+m\) by ana/,
    );
    expect((await fairlead('breaker release ec2 --reason over')).exit).toBe(0);
    const events = await items<{ data: Record<string, unknown> }>('events breakers --since 10m');
    const data = events.map((event) => event.data);
    expect(data).toContainEqual(
      expect.objectContaining({ verb: 'isolate', by: 'ana', reason: 'region drill' }),
    );
    expect(data).toContainEqual(
      expect.objectContaining({ verb: 'release', by: expect.stringMatching(/^pat@/) }),
    );
  });

  it('take a policy by flags, field by field, and trip by it [G-44] [R-30]', async () => {
    expect((await fairlead('breaker set ec2 --failures 7 --open 45s')).exit).toBe(0);
    expect((await fairlead('breaker set ec2 --concurrent 8')).exit).toBe(0);
    await until('set', async () => (await breaker(read)).policy?.['concurrentMax'] === 8);
    expect((await breaker(read)).policy).toMatchObject({
      ...{ failuresMax: 7, openBaseMs: 450, concurrentMax: 8, successThreshold: 2, probesMax: 1 },
    });
    const { stdout: told } = await fairlead('breaker describe ec2:read');
    expect(told).toMatch(/^From +set by order: failures, open, concurrent; the rest from the row/m);
    await faultsOfEc2('POST');
    await until('open', async () => (await breaker(read)).state === 'open');
    const events = await items<{ data: Record<string, unknown> }>('events breaker ec2:read');
    const trip = events.findLast(({ data }) => data['from'] === 'closed' && data['to'] === 'open');
    const { consecutive } = trip?.data['lastTrip'] as { consecutive: number };
    expect(consecutive).toBeGreaterThanOrEqual(7);
  });

  it('let every call through while observed, and count what they would have done [G-02]', async () => {
    expect((await fairlead('breaker observe ec2 --reason "trust it"')).exit).toBe(0);
    await until('observed', async () => (await breaker(read)).state === 'metricsOnly');
    const { calls: before } = await breaker(read);
    await until('called', async () => {
      const { calls, wouldHaveTripped = 0 } = await breaker(read);
      return (calls?.['failed'] ?? 0) > (before?.['failed'] ?? 0) && wouldHaveTripped >= 0;
    });
    await faultsOfEc2('DELETE');
    expect((await fairlead('breaker reset ec2')).exit).toBe(0);
    await until('three runs', async () => (await stateOf('three')) === 'running.steady');
  });
});

async function stateOf(name: string): Promise<string> {
  const { stdout } = await fairlead(`get cluster ${name} -o json`);
  return (JSON.parse(stdout) as { status: { state: string } }).status.state;
}

describe('what the hosts remember', () => {
  it('shows places, rates and retries of every key, and what binds [G-05] [D-22] [V-22] [G-57] [P-34]', async () => {
    const { stdout } = await fairlead('limits');
    expect(stdout).toMatch(
      /^KEY +IN FLIGHT +QUEUED +RATE\/S +PROVIDER\/S +TOKENS +RETRIES +EFFECTIVE +BINDS$/m,
    );
    expect(stdout).toMatch(/^main\/eu-central-1\/ssm +\d+\/3 +0\/50 /m);
    expect(stdout).toMatch(/^batch .* 5 in one call /m);
    const own = await fairlead('get limits --cluster dev');
    expect(own.stdout).toMatch(/^cluster\/default\/dev .*\d+ \(/m);
    expect(own.stdout).not.toContain('nats/');
  });

  it('shows retry presets, effects and settings as they hold [G-17] [G-18] [G-19] [G-20] [V-16] [P-40]', async () => {
    const policies = await items<Entry>('get policies');
    const named = (name: string) => policies.find((each) => each.name === name);
    expect(named('default')).toMatchObject({ maxAttempts: 4, baseMs: 1_000, capMs: 30_000 });
    expect(named('aws')).toMatchObject({ maxAttempts: 6, baseMs: 500, capMs: 64_000 });
    expect(named('critical')).toMatchObject({ maxAttempts: 8, deadlineMs: 1_200_000 });
    const { stdout } = await fairlead('get policy aws');
    expect(stdout).toMatch(
      /^aws +retry +6 attempts · 500ms ×2 up to 1m4s · jitter full · within 5m/m,
    );
    const [launch] = await items<Entry>('get effect node.launch');
    expect(launch).toMatchObject({ repeat: 'token', compensation: 'node.terminate' });
    const config = await items<Entry>('get config');
    expect(config.find(({ value }) => value === 'development')).toMatchObject({
      variable: 'FAIRLEAD_PROFILE',
    });
    expect((await fairlead('get policy awz')).stderr).toContain('did you mean aws?');
  });

  it('shows budgets, and health as of the last look or of now [D-18] [D-24] [D-26] [U-29]', async () => {
    const budgets = await fairlead('budgets');
    expect(budgets.stdout).toMatch(/^operations +\d+\.\d% +99\.90% +1d /m);
    const health = await items<Entry>('health');
    expect(health.map(({ name }) => name)).toEqual(expect.arrayContaining(['cpu', 'nats']));
    const [now, ...more] = await items<Entry>('health nats --now');
    expect(more).toEqual([]);
    expect(now).toMatchObject({ name: 'nats', successRate: 1, error: '' });
    expect(Date.now() - Date.parse(String(now?.['lastOk']))).toBeLessThan(10_000);
  });
});

describe('figures', () => {
  interface Told {
    readonly cluster?: string;
    readonly uptimeSeconds: number;
    readonly kpis: readonly {
      name: string;
      value: number | null;
      target: number | null;
      verdict: string;
    }[];
  }
  const figure = ({ kpis }: Told, name: string) => kpis.find((each) => each.name === name);

  it('come live as JSON lines off a terminal, with targets and verdicts [P-37] [P-18] [P-19] [G-34]', async () => {
    const lines = await items<Told>(
      'metrics --live --cluster=dev --interval 500ms --timeout 2s --by ana',
    );
    expect(lines.length).toBeGreaterThanOrEqual(2);
    const last = lines.at(-1);
    if (last === undefined) throw new Error('no line');
    expect(last.cluster).toBe('cluster/default/dev');
    for (const name of ['creation time', 'installation', 'configuration', 'answer p95'])
      expect(figure(last, name)).toMatchObject({ verdict: 'met', value: expect.any(Number) });
    expect(figure(last, 'creation time')?.target).toBe(900);
    expect(figure(last, 'breakers not closed')).toMatchObject({ value: 0, verdict: 'met' });
    expect(figure(last, 'operations')?.value).toEqual(expect.any(Number));
    expect(lines[0] && figure(lines[0], 'operations')?.value).toBeNull();
  });

  it('are a table for people, with a sign for each target', async () => {
    const { stdout, exit } = await fairlead('metrics');
    expect(stdout).toMatch(/^KPI +NOW +TARGET +ALERT +OK +NOTE$/m);
    expect(stdout).toMatch(/^installation +\S+ s +< 08:00 +- +✓/m);
    expect(exit).toBe(0);
  });

  it('are exported as one report, as Prometheus text and as CSV [P-38] [G-39] [G-38] [G-54]', async () => {
    const json = await fairlead('metrics --export --format=json');
    const report = JSON.parse(json.stdout) as Told & Record<string, Record<string, unknown>>;
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        ...['generatedAt', 'uptimeSeconds', 'turns', 'phases', 'operations', 'breakers'],
        ...['idempotency', 'kpis'],
      ]),
    );
    expect(report.uptimeSeconds).toBeGreaterThan(0);
    expect(report['phases']?.['installing']).toMatchObject({ count: expect.any(Number) });
    expect(figure(report, 'retry rate')?.value).toEqual(expect.any(Number));
    const text = (await fairlead('metrics --export --format=prometheus')).stdout;
    expect(text).toMatch(/^# TYPE fairlead_turns_total counter$/m);
    expect(text).toMatch(
      /^fairlead_turn_seconds_bucket\{kind="cluster",host="\S+",le="\+Inf"\} \d+$/m,
    );
    expect(text).toMatch(/^process_resident_memory_bytes\{host="\S+"\} \d+$/m);
    const csv = (await fairlead('metrics --export --format=csv')).stdout;
    expect(csv).toMatch(/^\S+Z,,creation time,[\d.]+,,,900,1200,met$/m);
  });
});
