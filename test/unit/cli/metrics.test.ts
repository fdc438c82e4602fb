import { describe, expect, it } from 'vitest';
import { timesOf } from '../../../src/cli/metrics/cluster-times.ts';
import { serviceKpis } from '../../../src/kpi/kpis.ts';
import { spreadOf, total } from '../../../src/kpi/samples.ts';
import type { Sample } from '../../../src/kpi/samples.ts';
import { fakeService } from './fake-service.ts';
import { fakeTerminal, nowMs } from './fake-terminal.ts';
import { fairlead, finished } from './running.ts';

const value = (metric: string, labels: Sample['labels'], number: number, host = 'h1'): Sample => ({
  ...{ name: `${metric}${JSON.stringify(labels)}`, host, metric, type: 'counter', labels },
  value: number,
});
/** Counts by bound, cumulative. */
const histogram = (
  metric: string,
  labels: Sample['labels'],
  sum: number,
  buckets: readonly (readonly [string, number])[],
): Sample => ({
  ...{ name: `${metric}${JSON.stringify(labels)}`, host: 'h1', metric, type: 'histogram', labels },
  ...{ sum, buckets, count: buckets.at(-1)?.[1] ?? 0 },
});

const breakerState = 'fairlead_breaker_state';
const samples: readonly Sample[] = [
  value('fairlead_phase_outcomes_total', { phase: 'installing', outcome: 'done' }, 97),
  value('fairlead_phase_outcomes_total', { phase: 'installing', outcome: 'failed' }, 3),
  value('fairlead_retry_attempts_total', { policy: 'aws', n: '1' }, 80),
  value('fairlead_retry_attempts_total', { policy: 'aws', n: '1' }, 20, 'h2'),
  value('fairlead_retry_attempts_total', { policy: 'aws', n: '2' }, 12),
  value('fairlead_idempotency_duplicates_total', { result: 'folded' }, 47),
  value('fairlead_idempotency_duplicates_total', { result: 'run' }, 3),
  value(breakerState, { breaker: 'main/a/ec2:read' }, 2),
  value(breakerState, { breaker: 'main/a/ssm' }, 0),
  value('process_start_time_seconds', {}, nowMs / 1_000 - 7_200),
  histogram('fairlead_turn_seconds', { kind: 'cluster' }, 20, [
    ['0.1', 50],
    ['0.5', 90],
    ['1', 100],
    ['+Inf', 100],
  ]),
  ...['provisioning', 'installing', 'configuring'].map((phase) =>
    histogram('fairlead_phase_seconds', { kind: 'cluster', phase, size: '5' }, 900, [
      ['300', 2],
      ['900', 3],
      ['+Inf', 3],
    ]),
  ),
];

function service() {
  const fake = fakeService();
  fake.answers.set('metric', [{ host: 'h1', items: [...samples] }]);
  return fake;
}

describe('arithmetic over samples', () => {
  it('sums over hosts and labels, and knows nothing where nobody has told', () => {
    expect(total(samples, 'fairlead_retry_attempts_total', { n: '1' })).toBe(100);
    expect(total(samples, 'fairlead_unknown_total')).toBeUndefined();
  });

  it('takes mean and percentile of histograms as Prometheus does [R-15]', () => {
    expect(spreadOf(samples, 'fairlead_turn_seconds')).toEqual({
      count: 100,
      mean: 0.2,
      p95: 0.75,
    });
    const far = [
      histogram('x', {}, 90, [
        ['1', 1],
        ['+Inf', 10],
      ]),
    ];
    expect(spreadOf(far, 'x')).toMatchObject({ p95: 1 });
    expect(spreadOf([histogram('x', {}, 0, [['+Inf', 0]])], 'x')).toBeUndefined();
  });
});

describe('figures against their targets', () => {
  it('are met, missed or alert by the bounds of each [P-18] [P-19] [P-41]', () => {
    const verdicts = serviceKpis(samples, 54).map(({ name, value: now, verdict }) => [
      ...[name, now, verdict],
    ]);
    expect(verdicts).toEqual([
      ['success rate', 0.97, 'missed'],
      ['parallel efficiency', undefined, 'unknown'],
      ['breakers not closed', 1, 'alert'],
      ['retry rate', 0.12, 'alert'],
      ['idempotency hits', 0.94, 'met'],
      ['answer p95', 0.75, 'met'],
      ['operations', 54, 'met'],
    ]);
  });

  it('of one cluster are taken from its own events, until it first ran', () => {
    const at = (seconds: number, to: string) => ({ atMs: nowMs + seconds * 1_000, to });
    const changes = [
      ...[at(0, 'pending'), at(10, 'provisioning'), at(200, 'installing'), at(500, 'configuring')],
      ...[at(610, 'running'), at(900, 'configuring'), at(990, 'running')],
    ];
    expect(timesOf(changes, nowMs)).toEqual({ creation: 610, installing: 300, configuring: 110 });
    expect(timesOf(changes.slice(0, 3), nowMs)).toEqual({});
  });
});

describe('fairlead metrics', () => {
  it('prints a table with now, target, alert and a sign [P-18]', async () => {
    const { stdout } = await fairlead('metrics', service());
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['KPI', 'NOW', 'TARGET', 'ALERT', 'OK', 'NOTE']);
    expect(rows).toContainEqual(['creation time', '15:00', '< 15:00', '> 20:00', '✓', '-']);
    expect(rows).toContainEqual(['configuration', '05:00', '< 03:00', '-', '✗', '-']);
    expect(rows).toContainEqual(['retry rate', '12.0%', '< 5.0%', '> 10.0%', '✗ alert', '-']);
    expect(rows).toContainEqual([
      'breakers not closed',
      '1',
      '0',
      '0',
      '✗ alert',
      'main/a/ec2:read',
    ]);
  });

  it('draws live on a terminal, in place, until Ctrl-C', async () => {
    const terminal = fakeTerminal({ isTty: true, env: { LANG: 'C.UTF-8', NO_COLOR: '1' } });
    const ran = finished('metrics --live --interval 1s', service(), terminal);
    while (!terminal.stdout().includes('KPI'))
      await new Promise((resolve) => setImmediate(resolve));
    terminal.interrupt();
    expect((await ran).exit).toBe(130);
    const [clear, head] = terminal.stdout().split('● ');
    expect(clear).toBe('\u001b[H\u001b[2J');
    expect(head).toMatch(/^live {3}all clusters {3}up 2h /);
  });

  it('writes one report that can be read without the service [P-38]', async () => {
    const { stdout } = await fairlead('metrics --export', service());
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      ...{ kind: 'Metrics', generatedAt: '2026-01-02T12:00:00.000Z', uptimeSeconds: 7_200 },
      turns: { count: 100, meanSeconds: 0.2, p95Seconds: 0.75 },
      phases: { installing: { count: 3, meanSeconds: 300, outcomes: { done: 97, failed: 3 } } },
      operations: { retry: { attempts: { '1': 100, '2': 12 } } },
      idempotency: { hitRate: 0.94 },
    });
    expect(report['breakers']).toContainEqual({
      ...{ breaker: 'main/a/ec2:read', host: 'h1', state: 'open', calls: {} },
    });
  });

  it('writes Prometheus text with one series per host, and CSV that a spreadsheet takes', async () => {
    const text = (await fairlead('metrics --export --format=prometheus', service())).stdout;
    expect(text).toContain('fairlead_retry_attempts_total{policy="aws",n="1",host="h2"} 20\n');
    expect(text).toContain('fairlead_turn_seconds_bucket{kind="cluster",host="h1",le="0.5"} 90\n');
    expect(text.match(/^# TYPE fairlead_retry_attempts_total counter$/gm)).toHaveLength(1);
    const csv = (await fairlead('metrics --export --format=csv', service())).stdout;
    expect(csv.split('\n')[0]).toBe('time,host,name,value,count,sum,target,alert,verdict');
    expect(csv).toContain('2026-01-02T12:00:00.000Z,,retry rate,0.12,,,0.05,0.1,alert\n');
  });

  it.each([
    ['metrics --live --export', 'metrics takes either --live or --export'],
    ['metrics --format=csv', '--format goes with --export'],
    ['metrics --interval 5s', '--interval goes with --live'],
    ['metrics --export --format=xml', 'Allowed choices are json, prometheus, csv'],
  ])('%s is refused: %s', async (line, told) => {
    const ran = await fairlead(line, service());
    expect([ran.exit, ran.stderr.includes(told)]).toEqual([2, true]);
  });
});

describe('fairlead plan capacity', () => {
  it('prints memory, CPUs and width for 1, 10, 50 and 100 nodes, beside what was measured [P-42] [G-54] [R-32]', async () => {
    const { stdout } = await fairlead('plan capacity');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      ['NODES', 'MEMORY', 'CPUS', 'CONCURRENCY'],
      ['1', '562 MB', '1', '1'],
      ['10', '1012 MB', '1', '5'],
      ['50', '3012 MB', '5', '10'],
      ['100', '5512 MB', '10', '10'],
    ]);
    expect(rows[4]?.[4]).toMatch(/^\d+ MB$/);
  });

  it('takes sizes, and refuses what is no size of a cluster', async () => {
    const { stdout } = await fairlead('plan capacity --nodes 15 -o json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'Capacity',
      nodes: 15,
      cpus: 2,
      concurrency: 7,
    });
    for (const bad of ['0', '500', 'many'])
      expect((await fairlead(`plan capacity --nodes ${bad}`)).exit).toBe(2);
    expect((await fairlead('plan weather')).stderr).toContain('allowed: capacity');
  });
});
