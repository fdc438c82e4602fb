import { describe, expect, it } from 'vitest';
import { Budgets } from '../../../actors/policies/budgets.ts';
import { holdBackMs, standingOf } from '../../../actors/policies/degradation.ts';
import { SlidingBuckets } from '../../../actors/policies/sliding-buckets.ts';
import { ErrorBudget } from '../../../actors/policies/slo.ts';
import { budgets as bounds, objectives } from '../../../machines/limits.ts';
import type { Objective } from '../../../machines/limits.ts';
import { FakeShelf } from '../../fakes/fake-shelf.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

const minuteMs = 60_000;
const objective = (target: number): Objective => ({
  ...{ target, windowMs: 60 * minuteMs },
  page: { burn: 6, longMs: 5 * minuteMs, shortMs: minuteMs },
});
const fill = (budget: ErrorBudget, atMs: number, good: number, bad: number): void => {
  for (let count = 0; count < good; count += 1) budget.add(atMs, true);
  for (let count = 0; count < bad; count += 1) budget.add(atMs, false);
};

describe('sliding buckets', () => {
  it('forget a sixtieth of the window at a time, never all at once [R-15]', () => {
    const window = new SlidingBuckets(60 * minuteMs);
    for (let minute = 0; minute < 60; minute += 1) window.add(minute * minuteMs, false);
    expect(window.read(59 * minuteMs)).toEqual({ total: 60, bad: 60 });
    expect(window.read(60 * minuteMs)).toEqual({ total: 59, bad: 59 });
    expect(window.read(118 * minuteMs)).toEqual({ total: 1, bad: 1 });
    expect(window.read(119 * minuteMs)).toEqual({ total: 0, bad: 0 });
  });

  it('take what a clock that was set back says into the newest', () => {
    const window = new SlidingBuckets(60 * minuteMs);
    window.add(100 * minuteMs, true);
    window.add(10 * minuteMs, false);
    expect(window.read(100 * minuteMs)).toEqual({ total: 2, bad: 1 });
  });

  it('come back as they were stored', () => {
    const window = new SlidingBuckets(60 * minuteMs);
    window.add(5 * minuteMs, false);
    const again = new SlidingBuckets(60 * minuteMs, window.stored());
    expect(again.read(10 * minuteMs)).toEqual({ total: 1, bad: 1 });
  });
});

describe('an error budget', () => {
  it('is not judged by its first failures [R-15]', () => {
    const budget = new ErrorBudget('b', objective(0.99));
    fill(budget, 0, 0, 1);
    expect(budget.view(0)).toMatchObject({ remaining: 1, exhausted: false, alert: 'none' });
    fill(budget, 0, bounds.samplesMin, 0);
    expect(budget.view(0)).toMatchObject({ remaining: 0.8, exhausted: false, alert: 'none' });
  });

  it('is spent in proportion to what the target allows', () => {
    const budget = new ErrorBudget('b', objective(0.99));
    fill(budget, 0, 990, 0);
    fill(budget, 0, 5, 5);
    const view = budget.view(0);
    expect(view.allowed).toBeCloseTo(10);
    expect(view.consumed).toBeCloseTo(0.5);
    expect(view.remaining).toBeCloseTo(0.5);
    fill(budget, 0, 0, 20);
    expect(budget.view(0)).toMatchObject({ remaining: 0, exhausted: true, exhaustedInMs: 0 });
  });

  it('with a target of 1 divides by nothing: any failure spends it all [R-15]', () => {
    const budget = new ErrorBudget('b', objective(1));
    fill(budget, 0, 3, 0);
    expect(budget.view(0)).toMatchObject({ remaining: 1, consumed: 0, alert: 'none' });
    fill(budget, 0, 0, 1);
    expect(budget.view(0)).toMatchObject({ remaining: 0, consumed: 1, exhausted: true });
  });

  it('pages only while both windows burn, and tells when it will be spent [G-62]', () => {
    const budget = new ErrorBudget('b', objective(0.99));
    fill(budget, 0, 90, 10);
    const view = budget.view(0);
    expect(view.alert).toBe('page');
    expect(view.burn[0]?.long.burn).toBeCloseTo(10);
    expect(budget.view(2 * minuteMs)).toMatchObject({ alert: 'none' });
    const slow = new ErrorBudget('b', objective(0.9));
    fill(slow, 0, 190, 10);
    const { remaining, exhaustedInMs } = slow.view(0);
    expect(remaining).toBeCloseTo(0.5);
    expect(exhaustedInMs).toBeCloseTo(60 * minuteMs, -1);
  });

  it.each(Object.entries(objectives))('%s has its numbers [D-36]', (name, { target, windowMs }) => {
    const known: Record<string, [number, number]> = {
      control: [0.9999, 30 * 24 * 60],
      operations: [0.999, 24 * 60],
      calls: [0.99, 60],
      latency: [0.95, 24 * 60],
    };
    expect([target, windowMs / minuteMs]).toEqual(known[name]);
  });
});

describe('the budgets of a host', () => {
  async function opened(stored?: string) {
    const clock = new ManualClock();
    const telemetry = new FakeTelemetry();
    const announced: string[] = [];
    const shelf = new FakeShelf(stored);
    const budgets = await Budgets.open({
      ...{ clock, telemetry, shelf },
      announce: (event, { name }) => {
        announced.push(`${name} ${event}`);
        return Promise.resolve();
      },
    });
    const view = (name: string) => budgets.views().find((each) => each.name === name);
    return { clock, telemetry, announced, shelf, budgets, view };
  }

  it('do not burn for what the caller or the manifest is to blame for', async () => {
    const { budgets, view } = await opened();
    for (let count = 0; count < 60; count += 1) {
      budgets.answered({ status: 409, isShed: false, ms: 1 });
      budgets.answered({ status: 429, isShed: true, ms: 1 });
      for (const fault of ['InvalidSpec', 'Unauthorized', 'NotFound', 'Conflict'])
        budgets.operationEnded(true, fault);
      const type = 'InvalidSpec' as const;
      budgets.callEnded('main/r/ec2:read', { type, code: 'c', message: 'm' });
    }
    expect(view('control')).toMatchObject({ samples: 60, failed: 0 });
    expect(view('operations')).toMatchObject({ samples: 0 });
    expect(view('calls/main/r')).toMatchObject({ samples: 60, failed: 0 });
    expect(budgets.errorRate()).toBe(0);
  });

  it('tell once that one ran out and once that it is there again [D-27]', async () => {
    const { budgets, announced, telemetry, clock } = await opened();
    for (let count = 0; count < 60; count += 1)
      budgets.answered({ status: 503, isShed: false, ms: 1 });
    expect(announced).toEqual(['control exhausted']);
    expect(telemetry.counts.get('fairlead_slo_budget_exhausted_total control')).toBe(1);
    expect(telemetry.texts()).toContainEqual(
      expect.stringMatching(/^\[BUDGET\] control: 0% left, burn \S+ over 1h$/),
    );
    clock.freeze(31 * 24 * 60 * minuteMs);
    await clock.advance(bounds.lookMs);
    expect(announced).toEqual(['control exhausted', 'control recovered']);
  });

  it('are remembered over a restart, and said no second time', async () => {
    const first = await opened();
    for (let count = 0; count < 60; count += 1)
      first.budgets.answered({ status: 503, isShed: false, ms: 1 });
    await first.clock.advance(bounds.saveMs);
    const second = await opened(first.shelf.text);
    expect(second.view('control')).toMatchObject({ failed: 60, exhausted: true });
    await second.clock.advance(bounds.lookMs);
    expect(second.announced).toEqual([]);
  });

  it('begin full when what was stored cannot be read, and say so', async () => {
    const { view, telemetry } = await opened('{"control": 7}');
    expect(view('control')).toMatchObject({ samples: 0, remaining: 1 });
    expect(telemetry.texts()).toContainEqual(expect.stringContaining('begin full'));
  });

  it('keep a bounded number of accounts and regions apart', async () => {
    const { budgets } = await opened();
    for (let count = 0; count < 2 * bounds.scopesMax; count += 1)
      budgets.callEnded(`a${count}/r/ssm`, undefined);
    budgets.callEnded('nats/store', undefined);
    expect(budgets.views().length).toBeLessThanOrEqual(bounds.scopesMax + 1);
    await settle();
  });
});

describe('the level', () => {
  const closed = { key: 'main/r/ec2:read', state: 'closed' } as const;
  const open = { key: 'main/r/ec2:mutate', state: 'open' } as const;
  const budget = (name: string, good: number, bad: number) => {
    const made = new ErrorBudget(name, objectives.calls);
    fill(made, 0, good, bad);
    return made.view(0);
  };

  it('is the worst of circuits and budgets [D-47]', () => {
    expect(standingOf([closed], [budget('calls', 100, 0)]).level).toBe('normal');
    expect(standingOf([closed, open], []).level).toBe('degraded');
    expect(standingOf([open, { ...open, key: 'main/r/ssm' }], []).level).toBe('severe');
    expect(standingOf([closed], [budget('calls', 50, 50)]).level).toBe('severe');
    expect(standingOf([closed], [budget('latency', 50, 50)]).level).toBe('degraded');
    const lost = [open, { ...open, key: 'main/r/ssm' }];
    const { level, because } = standingOf(lost, [budget('calls', 50, 50)]);
    expect(level).toBe('emergency');
    expect(because).toHaveLength(3);
  });

  it('holds repair back from severe on, and never what a user asks for or what ends something', () => {
    const held = (level: 'normal' | 'degraded' | 'severe' | 'emergency', verb: string) =>
      holdBackMs(() => level, 'cluster', verb) !== undefined;
    expect([held('degraded', 'retry'), held('severe', 'retry')]).toEqual([false, true]);
    for (const verb of ['delete', 'apply', 'pause', 'resume'])
      expect(held('emergency', verb), verb).toBe(false);
  });
});
