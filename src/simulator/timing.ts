/** How long the simulated cloud takes, in simulated milliseconds; each is drawn per instance or command. */
import type { Range } from './draw.ts';

export const durations = {
  /** pending → running. */
  boot: { min: 20_000, max: 40_000 },
  /** running → the SSM agent answers. */
  agentOnline: { min: 15_000, max: 45_000 },
  reboot: { min: 20_000, max: 40_000 },
  stop: { min: 20_000, max: 40_000 },
  terminate: { min: 20_000, max: 40_000 },
  /** How long reads may still show the world as it was. */
  lag: { min: 0, max: 2_000 },
  /** SendCommand → the script starts. */
  delivery: { min: 200, max: 1_500 },
} as const satisfies Record<string, Range>;

export type DurationName = keyof typeof durations;

/** How long EC2 lists a terminated instance. */
export const terminatedListedMs = 3_600_000;
/** How long a client token outlives its terminated instances. */
export const tokenLifeMs = 24 * 3_600_000;
/** How long finished commands are listed; AWS keeps them 30 days, which no simulated run lasts. */
export const commandsKeptMs = 12 * 3_600_000;
