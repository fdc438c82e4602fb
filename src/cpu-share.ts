/** How busy this machine is: the share of processor time not spent idle, sampled every few seconds. */
import { cpus } from 'node:os';
import { fanOut } from '../machines/limits.ts';

export interface CpuShare {
  /** 0–1 over the last sample; 0 until there is one. */
  now(): number;
  stop(): void;
}

interface Times {
  readonly idle: number;
  readonly all: number;
}

export function watchCpu(read: () => Times = readTimes): CpuShare {
  let before = read();
  let share = 0;
  const timer = setInterval(() => {
    const now = read();
    const passed = now.all - before.all;
    if (passed > 0) share = 1 - (now.idle - before.idle) / passed;
    before = now;
  }, fanOut.cpuSampleMs);
  timer.unref();
  return {
    now: () => share,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Of all processors since the machine started. */
function readTimes(): Times {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}
