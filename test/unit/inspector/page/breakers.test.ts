/** The wall of breakers: what the answers of several hosts mean together, and the line of failure ratios. */
import { describe, expect, it } from 'vitest';
import { nowText } from '../../../../src/inspector/page/views/breakers/words.ts';
import { remember, sparkPath } from '../../../../src/inspector/page/views/breakers/sparkline.ts';
import {
  asOfMs,
  breakersOf,
  failureRatio,
  orderBehind,
  standingOf,
  worst,
} from '../../../../src/inspector/page/views/breakers/survey.ts';

const entry = (key: string, host: string, state = 'closed', more: object = {}) => ({
  ...{ key, host, state },
  ...more,
});

describe('survey', () => {
  it('takes the live entry of a host, and what is stored only of hosts that did not answer', () => {
    const answer = {
      answers: [
        { host: 'h1', items: [entry('a/b', 'h1'), entry('a/b', 'h2', 'open'), entry('a/b', 'h3')] },
        { host: 'h2', items: [entry('a/b', 'h2', 'closed'), entry('a/a', 'h2')] },
      ],
    };
    const [first, second] = breakersOf(answer);
    expect(first?.key).toBe('a/a');
    expect(second?.entries.map(({ host, state, isLive }) => [host, state, isLive])).toEqual([
      ['h1', 'closed', true],
      ['h2', 'closed', true],
      ['h3', 'closed', false],
    ]);
  });

  it('knows nothing, and no time, when no host answered', () => {
    expect(breakersOf({ answers: [] })).toEqual([]);
    expect(asOfMs({ answers: [] })).toBeUndefined();
    expect(standingOf({ answers: [{ host: 'h1' }] })).toEqual([]);
  });

  it('puts an open circuit before an isolated one, and that before a probing one', () => {
    const states = ['closed', 'halfOpen', 'isolated', 'metricsOnly', 'open'];
    const entries = states.map((state) => ({ ...entry('k', state, state), isLive: true }));
    expect(worst(entries).state).toBe('open');
    expect(worst(entries.slice(0, 4)).state).toBe('isolated');
    expect(worst(entries.slice(0, 2)).state).toBe('halfOpen');
  });

  it('finds the newest order for a key, also when it names the whole service', () => {
    const order = (verb: string, key: string, reason: string) => ({
      ...{ verb, key, reason, atMs: 1, untilMs: 2 },
    });
    const standing = [
      ...[order('isolate', 'main/eu/ec2', 'drill'), order('set', 'main/eu/ec2:read', 'tuned')],
      order('isolate', 'main/eu/ec', 'another service'),
    ];
    expect(orderBehind('main/eu/ec2:read', standing)?.reason).toBe('drill');
    expect(orderBehind('main/us/ec2:read', standing)).toBeUndefined();
  });

  it('has no failure ratio without calls', () => {
    const ratio = (calls: number, failed: number) =>
      failureRatio({
        ...entry('k', 'h', 'closed'),
        isLive: true,
        window: { calls, failed, slow: 0 },
      });
    expect(ratio(0, 0)).toBeNull();
    expect(ratio(8, 2)).toBe(0.25);
    expect(failureRatio({ ...entry('k', 'h'), isLive: false })).toBeNull();
  });
});

describe('what a breaker does now', () => {
  const nowMs = Date.UTC(2026, 0, 5, 12, 0, 0);
  const now = (state: string, more: object = {}) =>
    nowText({ ...entry('k', 'h', state), isLive: true, ...more }, nowMs);

  it('says when an open circuit probes', () => {
    expect(now('open', { openUntilMs: nowMs + 12_000 })).toMatch(
      /^open until .*, probes in 12\u00a0s$/,
    );
    expect(now('open', { openUntilMs: nowMs - 1 })).toBe('probes with the next call');
    expect(now('open')).toMatch(/unknown/);
  });

  it('says when an isolation ends, or that nobody ends it', () => {
    const isolated = (untilMs: number) =>
      now('isolated', { isolation: { reason: 'drill', sinceMs: 0, untilMs } });
    expect(isolated(nowMs + 30 * 60_000)).toMatch(/30\u00a0m left$/);
    expect(isolated(nowMs + 400 * 86_400_000)).toMatch(/until it is released$/);
    expect(now('closed')).toBe('');
  });
});

describe('sparkline', () => {
  const size = { width: 100, height: 22 };
  const spans = { spanMs: 100_000, gapMs: 6_000 };
  const samples = (...ratios: (number | null)[]) =>
    ratios.map((ratio, at) => ({ atMs: 1_000_000 + at * 5_000, ratio }));

  it('ends at the right edge, with 0 % at the bottom and 100 % at the top', () => {
    expect(sparkPath(samples(0, 1), size, spans)).toBe('M94.5 21H95L100 1');
  });

  it('breaks where there were no calls, and where nobody looked', () => {
    expect(sparkPath(samples(0, null, 0), size, spans)).toBe('M89.5 21H90M99.5 21H100');
    const late = [...samples(0), { atMs: 1_000_000 + 50_000, ratio: 0 }];
    expect(sparkPath(late, size, spans)).toBe('M49.5 21H50M99.5 21H100');
  });

  it('leaves out what is older than its span, and draws nothing of nothing', () => {
    const old = [{ atMs: 0, ratio: 1 }, ...samples(0)];
    expect(sparkPath(old, size, spans)).toBe('M99.5 21H100');
    expect(sparkPath([], size, spans)).toBe('');
  });

  it('remembers one sample for each look, and only so many', () => {
    const key = 'breaker of this test';
    remember(key, { atMs: 1, ratio: 0 });
    expect(remember(key, { atMs: 1, ratio: 1 })).toEqual([{ atMs: 1, ratio: 0 }]);
    for (let at = 2; at < 300; at += 1) remember(key, { atMs: at, ratio: 0 });
    const kept = remember(key, { atMs: 300, ratio: 1 });
    expect(kept).toHaveLength(120);
    expect(kept.at(-1)).toEqual({ atMs: 300, ratio: 1 });
  });
});
