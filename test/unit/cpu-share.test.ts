import { afterEach, expect, it, vi } from 'vitest';
import { fanOut } from '../../machines/limits.ts';
import { watchCpu } from '../../src/cpu-share.ts';

afterEach(() => vi.useRealTimers());

it('tells the busy share of the last ten seconds, sampled every ten seconds [P-28]', () => {
  vi.useFakeTimers();
  expect(fanOut.cpuSampleMs).toBe(10_000);
  const samples = [
    { idle: 100, all: 100 },
    { idle: 125, all: 200 },
    { idle: 215, all: 300 },
  ];
  const cpu = watchCpu(() => samples.shift() ?? { idle: 0, all: 0 });
  expect(cpu.now()).toBe(0);
  vi.advanceTimersByTime(fanOut.cpuSampleMs);
  expect(cpu.now()).toBeCloseTo(0.75);
  vi.advanceTimersByTime(fanOut.cpuSampleMs);
  expect(cpu.now()).toBeCloseTo(0.1);
  cpu.stop();
});
