/** How outlines of charts look on a terminal. */
import type { OutlineInk, OutlineWish } from '../inspector/chart/outline.ts';
import type { Ink, Style } from './style.ts';

const inks: Readonly<Record<OutlineInk, Ink>> = {
  ...{ active: 'green', entered: 'cyan', other: 'dim', edge: 'dim', error: 'red' },
};

export const outlineLooks = (style: Style, isAscii: boolean): OutlineWish => ({
  isAscii,
  paint: (ink, text) => style.paint(inks[ink], text),
});
