/** Batches and fan-outs of this process, by the settings of the moment and the load of the machine. */
import { Batches } from '../../actors/policies/batch.ts';
import { FanOut } from '../../actors/policies/fan-out.ts';
import type { Telemetry } from '../../actors/ports.ts';
import type { RegistryEntry } from '../../actors/registries.ts';
import type { Settings } from '../config/settings.ts';
import { systemClock } from '../clock.ts';
import { watchCpu } from '../cpu-share.ts';

export function openSharedCalls(
  telemetry: Telemetry,
  settings: { readonly current: Pick<Settings, 'batch' | 'fanOut'> },
) {
  const cpu = watchCpu();
  const batches = new Batches({
    ...{ clock: systemClock, telemetry },
    settings: () => settings.current.batch,
  });
  const fanOut = new FanOut({
    ...{ clock: systemClock, telemetry, cpuShare: () => cpu.now() },
    settings: () => settings.current.fanOut,
  });
  return {
    ...{ batches, fanOut },
    /** For the registry of limits. */
    limits: (): RegistryEntry[] => [
      { name: 'fanOut', ...fanOut.view() },
      { name: 'batch', ...settings.current.batch },
    ],
    stop: () => {
      cpu.stop();
    },
  };
}
