/** What every group of benchmarks is given. */
import type { Stack } from '../../src/stack/stack.ts';
import type { Figure } from './figure.ts';

export interface Bench {
  /** One figure as one line on stdout. */
  readonly emit: (figure: Figure) => void;
  /** Progress and circumstances, on stderr. */
  readonly say: (text: string) => void;
  /** Rejects when the user interrupts; never resolves. */
  readonly interrupted: Promise<never>;
  /** Stacks that run now, to be killed by a second Ctrl-C. */
  readonly stacks: Set<Stack>;
}

export type Group = (bench: Bench) => Promise<void>;
