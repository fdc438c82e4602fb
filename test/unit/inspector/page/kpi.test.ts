import { describe, expect, it } from 'vitest';
import { metrics as registered } from '../../../../actors/metric-names.ts';
import {
  fleetTimes,
  kpiMetrics,
  phaseKpis,
  serviceKpis,
  turnsPerMinute,
} from '../../../../src/kpi/kpis.ts';
import type { Kpi } from '../../../../src/kpi/kpis.ts';
import type { Sample } from '../../../../src/kpi/samples.ts';
import {
  boundsText,
  scaleOf,
  valueText,
  verdictOf,
} from '../../../../src/inspector/page/views/kpi/words.ts';
import { fakeParts, startInspector, tokens } from '../../../fakes/inspector-server.ts';

const kpi = (more: Partial<Kpi>): Kpi => ({
  ...{ name: 'retry rate', unit: 'share', value: 0.02, target: 0.05, alert: 0.1, below: true },
  ...{ verdict: 'met', note: '' },
  ...more,
});

const counter = (
  host: string,
  metric: string,
  labels: Sample['labels'],
  value: number,
): Sample => ({
  ...{ name: `${metric}${JSON.stringify(labels)}`, host, metric, type: 'counter', labels, value },
});

describe('figures as words', () => {
  it.each([
    ['seconds', 0.314, '0.31 s'],
    ['seconds', 588, '09:48'],
    ['seconds', 3_723, '1:02:03'],
    ['share', 0.996, '99.6 %'],
    ['count', 3, '3'],
    ['perMinute', 12, '12.0/min'],
    ['share', undefined, 'unknown'],
  ] as const)('%s of %s is %s', (unit, value, text) => {
    expect(valueText(unit, value)).toBe(text);
  });

  it('says on which side of a bound the good is', () => {
    expect(boundsText(kpi({}))).toBe('target < 5 %, alert > 10 %');
    expect(boundsText(kpi({ target: 0.99, alert: 0.95, below: false }))).toBe(
      'target > 99 %, alert < 95 %',
    );
    expect(boundsText(kpi({ unit: 'count', target: 0, alert: undefined }))).toBe('target 0');
    expect(boundsText(kpi({ target: undefined, alert: undefined }))).toBe('');
  });

  it('has a word and a sign for every verdict, and judges nothing that is only watched', () => {
    const words = (more: Partial<Kpi>) => verdictOf(kpi(more))[2];
    expect(words({})).toBe('met');
    expect(words({ verdict: 'missed' })).toBe('missed');
    expect(words({ verdict: 'alert' })).toBe('alert');
    expect(words({ verdict: 'unknown', value: undefined })).toBe('not measured yet');
    expect(words({ target: undefined })).toBe('watched');
  });

  it('draws so that all that was seen and the bounds fit', () => {
    expect(scaleOf(kpi({}), [0.02, 0.3])).toBeCloseTo(0.33);
    expect(scaleOf(kpi({}), [0.02])).toBeCloseTo(0.11);
    expect(scaleOf(kpi({ target: 0, alert: undefined }), [0])).toBe(1);
  });
});

describe('GET /api/kpi', () => {
  const bearer = { authorization: `Bearer ${tokens.viewer}` };
  const samples: readonly Sample[] = [
    counter('h1', 'fairlead_retry_attempts_total', { n: '1' }, 100),
    counter('h2', 'fairlead_retry_attempts_total', { n: '2' }, 12),
    counter('h1', 'fairlead_phase_outcomes_total', { outcome: 'done' }, 97),
    counter('h2', 'fairlead_phase_outcomes_total', { outcome: 'failed' }, 3),
  ];
  const turned = (count: number) => counter('h1', 'fairlead_turns_total', {}, count);

  it('answers the figures of all hosts as the command line computes them, and turns between two looks', async () => {
    const clock = { nowMs: 1_000_000 };
    const turns = { now: 100 };
    const asked: unknown[] = [];
    const { service } = fakeParts();
    const server = await startInspector(
      fakeParts({
        nowMs: () => clock.nowMs,
        service: {
          ...service,
          askAll: (question) => {
            asked.push(question);
            const { after } = question.arguments as { readonly after: string };
            const items = [...samples, turned(turns.now)];
            // Two pages: what is behind the cursor comes with the second question.
            return Promise.resolve([
              after === ''
                ? { host: 'h1', items: items.slice(0, 2), cursor: 'one' }
                : { host: 'h1', items: items.slice(2) },
            ]);
          },
        },
      }),
    );
    try {
      const first = (await server.ask('/api/kpi', { headers: bearer })).body;
      const known = JSON.parse(
        JSON.stringify([...phaseKpis({}), ...serviceKpis([...samples, turned(100)], undefined)]),
      ) as unknown;
      expect(first).toEqual({ atMs: 1_000_000, hosts: ['h1', 'h2'], kpis: known });
      expect(asked).toHaveLength(2);
      expect(asked[0]).toMatchObject({
        ...{ kind: 'metric', namespace: 'system', verb: 'survey' },
        arguments: { names: kpiMetrics, after: '' },
      });

      await server.ask('/api/kpi', { headers: bearer });
      expect(asked, 'a look within a moment is shared').toHaveLength(2);

      clock.nowMs += 30_000;
      turns.now = 110;
      const later = (await server.ask('/api/kpi', { headers: bearer })).body as {
        kpis: readonly Kpi[];
      };
      expect(later.kpis.find(({ unit }) => unit === 'perMinute')?.value).toBe(20);
    } finally {
      await server.close();
    }
  });

  it('asks for every metric that a figure is made of, and for no other', () => {
    const all = Object.keys(registered).map((metric, place): Sample => ({
      ...counter('h1', metric, { n: '1', outcome: 'done', result: 'folded' }, place + 1),
      ...{
        count: 3,
        sum: 9 + place,
        buckets: [
          ['1', 1],
          ['+Inf', 3],
        ],
      },
    }));
    const phases = ['provisioning', 'installing', 'configuring'].map((phase) => ({
      ...counter('h1', 'fairlead_phase_seconds', { kind: 'cluster', phase }, 0),
      ...{ count: 2, sum: 60 },
    }));
    const failed = counter('h1', 'fairlead_phase_outcomes_total', { outcome: 'failed' }, 5);
    const second = counter('h1', 'fairlead_retry_attempts_total', { n: '2' }, 5);
    const run = counter('h1', 'fairlead_idempotency_duplicates_total', { result: 'run' }, 5);
    const measured = [...all, ...phases, failed, second, run];
    const figures = (names: readonly string[]) => {
      const told = measured.filter(({ metric }) => names.includes(metric));
      const perMinute = turnsPerMinute({ atMs: 60_000, samples: told }, { atMs: 0, samples: [] });
      return [...phaseKpis(fleetTimes(told)), ...serviceKpis(told, perMinute)];
    };
    expect(figures(kpiMetrics)).toEqual(figures(Object.keys(registered)));
    for (const metric of kpiMetrics)
      expect(figures(kpiMetrics.filter((each) => each !== metric)), metric).not.toEqual(
        figures(kpiMetrics),
      );
  });
});
