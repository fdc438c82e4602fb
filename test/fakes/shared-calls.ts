/** Batches and fan-outs as a host has them, without its settings: real clock, nothing told. */
import { Batches } from '../../actors/policies/batch.ts';
import { FanOut } from '../../actors/policies/fan-out.ts';
import type { Telemetry } from '../../actors/ports.ts';
import { batchPresets } from '../../machines/limits.ts';
import { systemClock as clock } from '../../src/clock.ts';

const quiet: Telemetry = { log: () => undefined, count: () => undefined, observe: () => undefined };

/** @param sizeMax 1 sends every call on its own */
export function sharedCalls(sizeMax: number = batchPresets.default.sizeMax, telemetry = quiet) {
  const { timeoutMs } = batchPresets.default;
  return {
    batches: new Batches({ clock, telemetry, settings: () => ({ sizeMax, timeoutMs }) }),
    fanOut: new FanOut({
      ...{ clock, telemetry, cpuShare: () => 0 },
      settings: () => ({ widthMax: 10, timeoutMs }),
    }),
  };
}
