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
  /** StopInstances with Force. */
  forcedStop: { min: 5_000, max: 15_000 },
  /** creating → available. */
  volumeCreate: { min: 1_000, max: 8_000 },
  volumeDelete: { min: 1_000, max: 5_000 },
  /** attaching → attached. */
  attach: { min: 1_000, max: 5_000 },
  /** detaching → detached. */
  detach: { min: 1_000, max: 8_000 },
  /** available → every block is there, for a volume made from a snapshot without a rate of its own. */
  fill: { min: 300_000, max: 900_000 },
  /** Snapshot pending → completed. */
  snapshot: { min: 20_000, max: 90_000 },
  /** The first copy of a volume's snapshots to a region, and those that only carry what has changed. */
  copyWhole: { min: 120_000, max: 360_000 },
  copyChanged: { min: 20_000, max: 90_000 },
  /** enabling → optimizing → enabled, each. */
  fastRestore: { min: 30_000, max: 120_000 },
} as const satisfies Record<string, Range>;

export type DurationName = keyof typeof durations;

/** How long EC2 lists a terminated instance. */
export const terminatedListedMs = 3_600_000;
/** How long a client token outlives its terminated instances. */
export const tokenLifeMs = 24 * 3_600_000;
/** How long the truth remembers deleted volumes and snapshots, which no read shows any more. */
export const deletedKeptMs = 24 * 3_600_000;
/** The least time between two snapshots of one volume. */
export const snapshotGapMs = 15_000;
/** How long finished commands are listed; AWS keeps them 30 days, which no simulated run lasts. */
export const commandsKeptMs = 12 * 3_600_000;
