/** What a worker of the soak is asked for, and what it tells of one story. */
import type { Lived } from '../model/replication/hosted/runs.ts';

export interface Wanted {
  readonly seed: number;
  /** Looks for a smaller story that breaks the same, which takes minutes. */
  readonly shrink: boolean;
  readonly follow: boolean;
}

export interface Told extends Omit<Lived, 'end'> {
  readonly seed: number;
  /** As JSON. */
  readonly smallest?: string;
  readonly lines: readonly string[];
}

/** Of a story that never came to its end: everything is zero but what is wrong. */
export const lost = (seed: number, problem: string): Told => ({
  ...{ seed, problems: [problem], lines: [], visited: [], troubles: {} },
  ...{ commands: 0, accepted: 0, virtualMs: 0, deaths: 0, takeovers: 0 },
  ...{ flagged: 0, flaggedMs: 0, epochs: 0 },
});
