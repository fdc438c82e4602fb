/** Gives one seed after the other to processes of their own, one for each core; one that hangs or dies costs its seed only. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { shareOut } from '../workers/share-out.ts';
import { lost } from './told.ts';
import type { Told, Wanted } from './told.ts';

export interface Work {
  readonly seeds: number;
  /** The first one; the next ones count on. */
  readonly seed: number;
  /** Wall time after which none is begun. */
  readonly untilMs: number;
  readonly hosts?: number;
  readonly follow: boolean;
  readonly workers: number;
  /** Name of a planted bug. */
  readonly mutant?: string;
  /** False: no smaller story is looked for. Default true. */
  readonly shrinks?: boolean;
  /** Ends the work: asked after each seed. Those that are being played by then are told all the same. */
  readonly isEnough?: (told: Told) => Promise<boolean>;
  readonly told: (told: Told) => void;
}

const seedMaxMs = 10 * 60_000;
/** Only so many broken ones are made smaller: one cause mostly breaks many. */
const shrunkMax = 2;
const shrinkMs = 90_000;
/** Of a worker: what a world leaves behind is mostly young. */
const execArgv = ['--max-semi-space-size=64', '--enable-source-maps'];

export async function workThrough(work: Work): Promise<void> {
  let begun = 0;
  let broken = 0;
  let isOver = false;
  await shareOut<Wanted, Told>({
    ...{ workers: work.workers, pieceMaxMs: seedMaxMs },
    begin: () => begin(work.mutant),
    next: () => {
      if (isOver || begun >= work.seeds || Date.now() >= work.untilMs) return undefined;
      begun += 1;
      const mayShrink = work.shrinks !== false && work.mutant === undefined && !work.follow;
      const isShrunk = mayShrink && broken < shrunkMax;
      return {
        ...{ seed: work.seed + begun - 1, follow: work.follow },
        ...(work.hosts !== undefined && { hosts: work.hosts }),
        shrinkMs: isShrunk ? shrinkMs : 0,
      };
    },
    lost: ({ seed }, problem) => lost(seed, problem),
    told: async (told) => {
      if (told.problems.length > 0) broken += 1;
      work.told(told);
      if (isOver) return;
      const isEnough = (await work.isEnough?.(told)) ?? false;
      isOver ||= isEnough;
    },
  });
}

const begin = (mutant = ''): ChildProcess =>
  fork(fileURLToPath(new URL('./worker.js', import.meta.url)), [mutant], {
    ...{ serialization: 'json', execArgv },
  });
