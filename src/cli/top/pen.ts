/** How words and signs of `top` look on a terminal. */
import type { Severity } from '../../../actors/steps/step.ts';
import type { Mood, Style } from '../style.ts';
import { cut } from './cells.ts';

export interface Pen {
  readonly style: Style;
  /** Letters only. */
  readonly isAscii: boolean;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export const moods: Readonly<Record<Severity, Mood>> = {
  ...{ failing: 'bad', unknown: 'idle', changing: 'changing', healthy: 'good' },
};

/** One cell that says that something is missing there. */
export const endOf = ({ isAscii }: Pen): string => (isAscii ? '>' : '…');

/** Parts with three blanks between, as many as fit; what does not fit is cut. */
export const joined = (parts: readonly string[], width: number, pen: Pen): string =>
  cut(parts.filter((part) => part !== '').join('   '), width, endOf(pen));
