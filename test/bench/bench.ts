/** What every group of benchmarks is given. */
import type { Figure } from './figure.ts';
import type { Interruptible } from './interruptible.ts';

export interface Bench extends Pick<Interruptible, 'interrupted' | 'stacks'> {
  /** One figure as one line on stdout. */
  readonly emit: (figure: Figure) => void;
  /** Progress and circumstances, on stderr. */
  readonly say: (text: string) => void;
}

export type Group = (bench: Bench) => Promise<void>;
