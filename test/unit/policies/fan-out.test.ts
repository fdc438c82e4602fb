import { describe, expect, it } from 'vitest';
import { FanOut, valuesOf } from '../../../actors/policies/fan-out.ts';
import {
  Knee,
  capacityFor,
  efficiencyOf,
  floorShareOf,
  widthAtLoad,
  widthFor,
} from '../../../actors/policies/fan-out-width.ts';
import type { Attempt } from '../../../actors/ports.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  ...{ signal: new AbortController().signal, correlationId: 'c', priority: 'user' },
  ...more,
});

/** Jobs take as long as they say; counts how many run at once. */
function fannedOut(settings = { widthMax: 10, timeoutMs: 60_000 }, cpuShare = 0) {
  const clock = new ManualClock();
  const telemetry = new FakeTelemetry();
  const fanOut = new FanOut({
    ...{ clock, telemetry },
    settings: () => settings,
    cpuShare: () => cpuShare,
  });
  const seen = { running: 0, peak: 0, begun: 0, aborted: 0 };
  const job = (ms: number, { signal }: Attempt): Promise<number> => {
    seen.begun += 1;
    seen.running += 1;
    seen.peak = Math.max(seen.peak, seen.running);
    return new Promise((resolve, reject) => {
      const left = (): void => {
        cancel();
        seen.aborted += 1;
        reject(signal.reason as Error);
      };
      const cancel = clock.after(Math.abs(ms), () => {
        signal.removeEventListener('abort', left);
        seen.running -= 1;
        if (ms < 0) reject(new Error(`job of ${-ms} failed`));
        else resolve(ms);
      });
      signal.addEventListener('abort', left);
    });
  };
  const run = (jobs: readonly number[], more: Partial<Attempt> = {}, widthMax?: number) =>
    fanOut.run({ kind: 'exec', attempt: attempt(more), widthMax }, jobs, job);
  return { clock, telemetry, fanOut, seen, run };
}

const jobs = (count: number, ms = 1_000) => Array.from({ length: count }, () => ms);

describe('width', () => {
  it('is half of the jobs, at least one and at most ten [R-32]', () => {
    expect([0, 1, 2, 3, 9, 20, 400].map(capacityFor)).toEqual([1, 1, 1, 1, 4, 10, 10]);
  });

  it('shrinks with the load of the machine [P-28] [P-44]', () => {
    const shares = [0, 0.499, 0.5, 0.749, 0.75, 0.899, 0.9, 1];
    expect(shares.map(widthAtLoad)).toEqual([8, 8, 5, 5, 3, 3, 1, 1]);
  });

  it('is the smallest of all limits, and says which', () => {
    const open = { widthMax: 10, cpuShare: 0, knee: Infinity };
    expect(widthFor(100, open)).toEqual({ atOnce: 8, binds: 'size' });
    expect(widthFor(100, { ...open, widthMax: 2 })).toMatchObject({ binds: 'setting' });
    expect(widthFor(100, { ...open, cpuShare: 0.95 })).toEqual({ atOnce: 1, binds: 'cpu' });
    expect(widthFor(100, { ...open, knee: 4 })).toMatchObject({ binds: 'knee' });
    expect(widthFor(4, open)).toEqual({ atOnce: 2, binds: 'capacity' });
  });

  it('leaves no lane half used: nine jobs on four lanes take three rounds of three', () => {
    expect(widthFor(9, { widthMax: 4, cpuShare: 0, knee: Infinity }).atOnce).toBe(3);
  });
});

describe('the knee', () => {
  const minute = 60_000;
  const seed = [
    [1, 50],
    [3, 18],
    [5, 12],
    [8, 10],
    [12, 10],
  ] as const;

  it('shows the efficiency of the measured curve, and what rounding alone costs [C-23] [P-09]', () => {
    const shares = seed.map(([atOnce, minutes]) => {
      const run = { atOnce, tookMs: minutes * minute };
      return Math.round(efficiencyOf(10, 5 * minute, run) * 1_000) / 10;
    });
    expect(shares).toEqual([100, 92.6, 83.3, 62.5, 41.7]);
    expect(floorShareOf(10, 5 * minute, { atOnce: 8, tookMs: 10 * minute })).toBe(1);
  });

  it('narrows a run that gains nothing by its width, and rests where it is good [P-09]', () => {
    const knee = new Knee();
    knee.note(40, 1_000, { atOnce: 1, tookMs: 40_000 });
    // Five at once is all this resource can do: more lanes wait for each other.
    const run = (): number => {
      const atOnce = Math.min(8, knee.width);
      const meanMs = 1_000 * Math.max(1, atOnce / 5);
      knee.note(40, meanMs, { atOnce, tookMs: (40 / atOnce) * meanMs });
      return atOnce;
    };
    const walked = Array.from({ length: 20 }, run);
    expect(walked.slice(0, 3)).toEqual([8, 7, 6]);
    // Beside a look at the next width now and then, it stays where a lane is worth its place.
    expect(walked.slice(3).filter((width) => width === 6).length).toBeGreaterThanOrEqual(12);
    expect(Math.max(...walked.slice(3))).toBe(7);
  });

  it('finds its way when the jobs have become slower for good, and back', () => {
    const knee = new Knee();
    const runs = (count: number, jobMs: number): void => {
      for (let run = 0; run < count; run += 1) {
        const atOnce = Math.min(4, knee.width);
        knee.note(40, jobMs, { atOnce, tookMs: (40 / atOnce) * jobMs });
      }
    };
    runs(1, 1_000);
    runs(3, 3_000);
    expect(knee.width).toBe(1);
    runs(12, 3_000);
    expect(knee.width).toBeGreaterThanOrEqual(4);
  });
});

describe('a fan-out', () => {
  it('keeps the order of the jobs, runs as many at once as it may, and says so', async () => {
    const { clock, telemetry, run, seen } = fannedOut();
    const ended = run([3_000, 1_000, 2_000, 1_000, 1_000]);
    await clock.advance(10_000);
    const report = await ended;
    expect(valuesOf(report)).toEqual([3_000, 1_000, 2_000, 1_000, 1_000]);
    expect(seen.peak).toBe(2);
    expect(report).toMatchObject({ total: 5, ok: 5, failed: 0, atOnce: 2, durationMs: 4_000 });
    expect(telemetry.texts()).toEqual([
      '[PARALLEL] Completed 5 operations in 4s: 5 successful, 0 failed',
    ]);
    expect(telemetry.lines[0]?.fields).toMatchObject({
      kind: 'exec',
      concurrency: 2,
      efficiency: 1,
    });
  });

  it('one that fails stops no other', async () => {
    const { clock, run } = fannedOut();
    const ended = run([1_000, -500, 1_000, 1_000]);
    await clock.advance(5_000);
    const report = await ended;
    expect(report).toMatchObject({ ok: 3, failed: 1 });
    expect(() => valuesOf(report)).toThrow('job of 500 failed');
  });

  it('what is done at the deadline is kept; the rest is aborted and timed out [G-53]', async () => {
    const { clock, run, seen } = fannedOut({ widthMax: 2, timeoutMs: 2_500 });
    const ended = run(jobs(8));
    await clock.advance(2_500);
    const report = await ended;
    expect(report).toMatchObject({ total: 8, ok: 4, failed: 4 });
    expect(report.outcomes[7]).toMatchObject({
      thrown: { name: 'TimeoutError', fault: { type: 'Timeout', code: 'fanOut.timeout' } },
    });
    expect([seen.begun, seen.aborted]).toEqual([6, 2]);
  });

  it('a caller that leaves ends it: jobs under way are aborted, none is begun [V-20]', async () => {
    const { clock, run, seen } = fannedOut();
    const caller = new AbortController();
    const ended = run(jobs(8), { signal: caller.signal }).catch((thrown: unknown) => thrown);
    await clock.advance(500);
    caller.abort(new Error('left'));
    expect(await ended).toEqual(new Error('left'));
    expect([seen.begun, seen.aborted]).toEqual([4, 4]);
    await expect(run(jobs(1), { signal: caller.signal })).rejects.toThrow('left');
    expect(seen.begun).toBe(4);
  });

  it('a run may ask for less than the host allows, never for more', async () => {
    const { clock, run, seen } = fannedOut({ widthMax: 3, timeoutMs: 60_000 });
    for (const [asked, peak] of [
      [2, 2],
      [50, 3],
    ] as const) {
      seen.peak = 0;
      const ended = run(jobs(12), {}, asked);
      await clock.advance(20_000);
      await ended;
      expect(seen.peak).toBe(peak);
    }
  });

  it('shows its limits and, as a metric, how efficient the last run was', async () => {
    const { clock, fanOut, run } = fannedOut({ widthMax: 5, timeoutMs: 60_000 }, 0.8);
    expect(fanOut.view()).toMatchObject({ atOnceMax: 3, binds: 'cpu', cpuShare: 0.8 });
    const ended = run(jobs(6));
    await clock.advance(10_000);
    await ended;
    expect(fanOut.readings()).toEqual([
      { metric: 'fairlead_fanout_efficiency_ratio', value: 1, labels: { kind: 'exec' } },
    ]);
  });
});
