/** Gives one story after the other to processes of their own, so that each core has one and a story that hangs ends nothing else. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { shareOut } from '../workers/share-out.ts';
import { lost } from './told.ts';
import type { Told, Wanted } from './told.ts';

export interface Work {
  readonly runs: number;
  /** Of the first story; the next ones count on. */
  readonly seed: number;
  /** Wall time after which none is begun. */
  readonly untilMs: number;
  readonly follow: boolean;
  readonly workers: number;
  readonly told: (told: Told) => void;
}

/** A story takes seconds; looking for its smallest form is bounded by the worker. */
const storyMaxMs = 10 * 60_000;
/** Only so many broken ones are made smaller: one cause mostly breaks many. */
const shrunkMax = 2;

export async function workThrough(work: Work): Promise<void> {
  let begun = 0;
  let broken = 0;
  await shareOut<Wanted, Told>({
    ...{ workers: work.workers, pieceMaxMs: storyMaxMs },
    begin: () =>
      fork(fileURLToPath(new URL('./worker.js', import.meta.url)), { serialization: 'json' }),
    next: () => {
      if (begun >= work.runs || Date.now() >= work.untilMs) return undefined;
      begun += 1;
      const { follow } = work;
      return { seed: work.seed + begun - 1, shrink: broken < shrunkMax && !follow, follow };
    },
    lost: ({ seed }, problem) => lost(seed, problem),
    told: (told) => {
      if (told.problems.length > 0) broken += 1;
      work.told(told);
    },
  });
}
