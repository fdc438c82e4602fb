import { describe, expect, it } from 'vitest';
import { fakeService } from './fake-service.ts';
import { nowMs } from './fake-terminal.ts';
import { fairlead } from './running.ts';
import { clusterView } from './views.ts';

const limit = (name: string, more: object = {}) => ({
  ...{ name, key: name, inFlight: 2, concurrentMax: 5, queued: 0, queueMax: 50 },
  ...{ ratePerSecond: 5, rateMaxPerSecond: 10, tokens: 20, burst: 25 },
  ...{ retryTokens: 98.6, retryTokensMax: 100, binds: null },
  provider: name.startsWith('main/')
    ? { key: 'main', ratePerSecond: 20, tokens: 9, burst: 50 }
    : null,
  ...more,
});

function service(kind: string, ...hosts: readonly [string, readonly object[]][]) {
  const fake = fakeService(clusterView({ name: 'web' }));
  const answers = hosts.map(([host, items]) => ({
    host,
    items: items.map((item) => ({ host, ...item })),
  }));
  fake.answers.set(kind, answers);
  return fake;
}

const cells = (text: string): string[][] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));

describe('fairlead limits', () => {
  const limits = [
    limit('main/eu-central-1/ssm', { concurrentMax: 3, inFlight: 3, binds: 'bulkhead' }),
    limit('main/eu-west-1/ssm'),
    limit('nats/store', { concurrentMax: 100 }),
  ];

  it('shows what runs against what may, the effective limit, and what holds calls up now', async () => {
    const { stdout } = await fairlead('limits', service('limit', ['h1', limits]));
    expect(cells(stdout)).toEqual([
      [
        ...['KEY', 'IN FLIGHT', 'QUEUED', 'RATE/S', 'PROVIDER/S', 'TOKENS', 'RETRIES'],
        ...['EFFECTIVE', 'BINDS'],
      ],
      [
        ...['main/eu-central-1/ssm', '3/3', '0/50', '5/10', '20', '20/25', '98.6/100'],
        ...['3 (bulkhead)', 'bulkhead'],
      ],
      [
        ...[
          'main/eu-west-1/ssm',
          '2/5',
          '0/50',
          '5/10',
          '20',
          '20/25',
          '98.6/100',
          '5 (bulkhead)',
          '-',
        ],
      ],
      [
        ...['nats/store', '2/100', '0/50', '5/10', '-', '20/25', '98.6/100'],
        ...['100 (bulkhead)', '-'],
      ],
    ]);
  });

  it('of a cluster are those its calls pass, each against how many nodes are worked on at once [P-07] [P-08]', async () => {
    const fake = service('limit', ['h1', limits]);
    const { stdout } = await fairlead('get limits --cluster web', fake);
    expect(cells(stdout).map((row) => [row[0], row[7]])).toEqual([
      ['KEY', 'EFFECTIVE'],
      ['cluster/default/web', '1 (capacity of 2 nodes)'],
      ['main/eu-central-1/ssm', '1 (fan-out)'],
    ]);
    const json = await fairlead('get limits --cluster web -o jsonl', fake);
    expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({
      ...{ kind: 'Limit', name: 'cluster/default/web', concurrentMax: 1, nodes: 2 },
    });
  });

  it('of fan-outs and batches tell how many at once, and that a busy host narrows them [P-28] [P-13]', async () => {
    const host = [
      { name: 'fanOut', atOnceMax: 1, binds: 'cpu', cpuShare: 0.95, timeoutMs: 600_000, knees: {} },
      { name: 'batch', sizeMax: 10, timeoutMs: 300_000 },
    ];
    const { stdout } = await fairlead('limits --no-headers', service('limit', ['h1', host]));
    expect(cells(stdout).map((row) => [row[0], row[7], row[8]])).toEqual([
      ['batch', '10 in one call', '-'],
      ['fanOut', '1 (cpu)', 'cpu'],
    ]);
    const view = clusterView({ name: 'big' });
    const many = Array.from({ length: 20 }, () => view.status?.nodes?.[0] ?? { name: 'n' });
    const fake = fakeService({
      ...view,
      spec: { ...view.spec, profile: 'production' },
      status: { ...view.status, nodes: many },
    });
    fake.answers.set('limit', [
      { host: 'h1', items: host.map((item) => ({ host: 'h1', ...item })) },
    ]);
    const busy = await fairlead('get limits --cluster big --no-headers', fake);
    expect(busy.stdout).toContain('1 (cpu of the host)');
  });

  it('name their hosts when several have told', async () => {
    const fake = service('limit', ['h1', [limit('nats/store')]], ['h2', [limit('nats/store')]]);
    const { stdout } = await fairlead('get limits --no-headers', fake);
    expect(cells(stdout).map((row) => [row[0], row[9]])).toEqual([
      ['nats/store', 'h1'],
      ['nats/store', 'h2'],
    ]);
  });
});

describe('other registries', () => {
  it('health tells status, share of passes, ages and errors; one by name', async () => {
    const since = new Date(nowMs - 90_000).toISOString();
    const fake = service('health', [
      'h1',
      [
        {
          ...{ name: 'cpu', kind: 'threshold', status: 'healthy', error: '', since, checks: 9 },
          ...{ successRate: 1, lastOk: since, lastFailure: null, durationMs: 0 },
        },
        {
          ...{ name: 'main/eu-central-1/ec2', status: 'unhealthy', error: 'no answer in 5 s' },
          ...{ since, successRate: 0.25, lastOk: null, lastFailure: since, durationMs: 5_000 },
        },
      ],
    ]);
    const { stdout } = await fairlead('health', fake);
    expect(cells(stdout)).toEqual([
      ['NAME', 'STATUS', 'SUCCESS', 'TOOK', 'SINCE', 'LAST OK', 'ERROR'],
      ['cpu', 'healthy', '100.0%', '0s', '1m30s ago', '1m30s ago', '-'],
      ['main/eu-central-1/ec2', 'unhealthy', '25.0%', '5s', '1m30s ago', '-', 'no answer in 5 s'],
    ]);
    const one = await fairlead('health cpu -o json', fake);
    expect(JSON.parse(one.stdout)).toMatchObject({
      ...{ kind: 'Health', type: 'threshold', name: 'cpu', host: 'h1' },
    });
    expect((await fairlead('get health main/eu-central-1/ec2 -o name', fake)).stdout).toBe(
      'health/main/eu-central-1/ec2\n',
    );
  });

  it('budgets tell what is left, how fast it goes and whom it concerns [D-26]', async () => {
    const burn = [
      { rule: 'page', long: { windowMs: 1, burn: 6.24 }, short: { windowMs: 1, burn: 9 } },
    ];
    const fake = service('budget', [
      'h1',
      [
        {
          ...{ name: 'control', target: 0.9999, windowMs: 2_592_000_000, samples: 200, failed: 3 },
          ...{
            allowed: 0.02,
            remaining: 0.08,
            consumed: 0.92,
            alert: 'page',
            burn,
            level: 'severe',
          },
        },
      ],
    ]);
    const { stdout } = await fairlead('budgets --no-headers', fake);
    expect(cells(stdout)).toEqual([
      ['control', '8.0%', '99.99%', '30d', '3/0.02', '200', '6.24x', 'page', 'severe'],
    ]);
  });

  it('policies tell retry presets and what calls are allowed, in one line each [D-11] [D-35]', async () => {
    const fake = service('policy', [
      'h1',
      [
        {
          ...{ name: 'network', type: 'retry', usedBy: ['a', 'b'], maxAttempts: 4, baseMs: 100 },
          ...{ capMs: 10_000, multiplier: 2, jitter: 'full', deadlineMs: 60_000 },
        },
        {
          ...{
            name: 'ssm',
            type: 'calls',
            failuresMax: 3,
            openBaseMs: 45_000,
            successThreshold: 2,
          },
          ...{ concurrentMax: 3, attemptTimeoutMs: 60_000, ratePerSecond: 20, burst: 50 },
        },
      ],
    ]);
    const { stdout } = await fairlead('get policies --no-headers', fake);
    expect(cells(stdout)).toEqual([
      ['network', 'retry', '4 attempts · 100ms ×2 up to 10s · jitter full · within 1m0s', 'a,b'],
      [
        ...['ssm', 'calls'],
        'opens after 3 failures for 45s · closes after 2 · 3 at once, 1m0s each · 20/s, burst 50',
        '-',
      ],
    ]);
  });

  it('backends tell which cluster has what, what each can do and why not [U-61]', async () => {
    const can = { pause: false, syncNow: true, groups: false, testFailover: false };
    const fake = service('backend', [
      'h1',
      [
        {
          ...{ name: 'prod/eu-a/trident', status: 'partial', why: 'no sign of a controller' },
          ...{ ...can, crossRegion: true, modes: ['synchronous', 'asynchronous'] },
          ...{ fenceProof: 'weak', minIntervalMs: 60_000, asked: '' },
        },
      ],
    ]);
    const { stdout } = await fairlead('get backends', fake);
    expect(cells(stdout)).toEqual([
      ['NAME', 'STATUS', 'MODES', 'CAN', 'FENCE PROOF', 'EVERY AT LEAST', 'WHY'],
      [
        ...['prod/eu-a/trident', 'partial', 'synchronous,asynchronous', 'syncNow,crossRegion'],
        ...['weak', '1m0s', 'no sign of a controller'],
      ],
    ]);
  });

  it.each([
    ['get polices', 2, 'did you mean policies?'],
    ['get policy awz', 3, 'there is no policy awz'],
    ['get policies --now', 2, '--now is for health and backends, not for policies'],
    ['get health --cluster web', 2, '--cluster is for limits'],
    ['get clusters --now', 2, '--now is not for clusters'],
  ])('%s ends with %i: %s', async (line, exit, told) => {
    const ran = await fairlead(line, service('policy', ['h1', [{ name: 'aws' }]]));
    expect(ran.stderr).toContain(told);
    expect(ran.exit).toBe(exit);
  });

  it('read all pages, though hosts end theirs at different names', async () => {
    const fake = fakeService();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const page = (host: string, after: string, size: number) => {
      const left = names.filter((name) => name > after);
      const items = left.slice(0, size).map((name) => ({ host, name, value: 1 }));
      const cursor = left.length > size ? { cursor: items.at(-1)?.name } : {};
      return { host, items, ...cursor };
    };
    const session = {
      ...fake.session,
      survey: async ({ arguments: asked }: { arguments?: unknown }) => {
        const { after } = asked as { after: string };
        return [page('h1', after, 2), page('h2', after, 3)];
      },
    };
    const { stdout } = await fairlead('get config -o name', { ...fake, session });
    expect(stdout.split('\n').slice(0, -1)).toEqual(
      names.flatMap((name) => [`config/${name}`, `config/${name}`]),
    );
  });
});

describe('rows of clusters', () => {
  const older = clusterView({ name: 'web-10', status: { createdAtMs: nowMs - 9_000_000 } });
  const younger = clusterView({ name: 'web-9', status: { createdAtMs: nowMs - 60_000 } });
  const labelled = { ...younger, metadata: { ...younger.metadata, labels: { team: 'ops' } } };

  it('come in the order of a column or a field, numbers by their size', async () => {
    const names = async (by: string) =>
      (await fairlead(`get clusters -o name --sort-by ${by}`, fakeService(older, younger))).stdout
        .trim()
        .split('\n')
        .map((name) => name.split('/')[2]);
    expect(await names('name')).toEqual(['web-9', 'web-10']);
    expect(await names('age')).toEqual(['web-9', 'web-10']);
    expect(await names('status.createdAtMs')).toEqual(['web-10', 'web-9']);
    const bad = await fairlead('get clusters --sort-by colour', fakeService(older));
    expect([bad.exit, bad.stderr.includes('allowed: name, state')]).toEqual([2, true]);
  });

  it('are picked by label', async () => {
    const fake = fakeService(older, labelled);
    const picked = async (selector: string) =>
      (await fairlead(`get clusters -o name -l ${selector}`, fake)).stdout.trim();
    expect(await picked('team=ops')).toBe('cluster/default/web-9');
    expect(await picked('team')).toContain('web-10');
    expect(await picked('team=ops,zone')).toBe('');
    expect((await fairlead('get clusters -l =x', fake)).exit).toBe(2);
  });
});
