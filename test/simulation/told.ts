/** What a worker of the simulation is asked for, and what it tells of one seed. */
import type { Played } from './play.ts';
import type { Story } from './story.ts';

export interface Wanted {
  readonly seed: number;
  /** Default: as the seed has it. */
  readonly hosts?: number;
  readonly follow: boolean;
  /** Looks for a smaller story for so long; 0: not at all. */
  readonly shrinkMs: number;
}

export interface Told extends Played {
  readonly seed: number;
  readonly lines: readonly string[];
  readonly smallest?: Story;
}

/** Of a story that never came to its end. */
export const lost = (seed: number, problem: string): Told => ({
  ...{ seed, problems: [`simulation: ${problem}`], lines: [], digest: '', virtualMs: 0 },
  ...{ commands: 0, crossings: 0, writes: 0, faults: {} },
});
