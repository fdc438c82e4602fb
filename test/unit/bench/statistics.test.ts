/** Order statistics as the benchmarks report them. */
import { expect, it } from 'vitest';
import { lineOf } from '../../bench/figure.ts';
import { keepInFlight } from '../../bench/in-flight.ts';
import { median, percentile } from '../../bench/statistics.ts';

it('takes percentiles from measured values only, whatever their order', () => {
  const values = [5, 1, 4, 2, 3];
  expect(median(values)).toBe(3);
  expect(percentile(values, 0.99)).toBe(5);
  expect(percentile(values, 0)).toBe(1);
  expect(median([10, 9, 100, 1])).toBe(9);
});

it('refuses to report a figure of nothing', () => {
  expect(() => median([])).toThrow('nothing was measured');
});

it('prints one JSON line with its time and the ratio to what it is compared with [P-46]', () => {
  const figure = {
    ...{ name: 'command.p50.1', unit: 'ms', value: 1.23456 },
    against: { name: 'jetstream.cycle.p50.1', value: 0.5 },
  };
  const line = lineOf(figure, new Date(Date.UTC(2026, 0, 2)));
  expect(JSON.parse(line)).toEqual({
    name: 'command.p50.1',
    value: 1.235,
    unit: 'ms',
    against: 'jetstream.cycle.p50.1',
    ratio: 2.469,
    againstValue: 0.5,
    at: '2026-01-02T00:00:00.000Z',
  });
});

it('keeps as many calls in flight as told and stops at the count', async () => {
  let inFlight = 0;
  let most = 0;
  const call = async (): Promise<void> => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
  };
  const { latenciesMs } = await keepInFlight({ inFlight: 4, countMax: 10, limitMs: 10_000 }, call);
  expect(latenciesMs).toHaveLength(10);
  expect(most).toBe(4);
});
