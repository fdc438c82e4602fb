/** What a drawing shows, and whom it tells of clicks. */
import type { Chart, Edge, Layout } from '../../chart/model.ts';
import type { Marks } from './marks.ts';

export interface DrawingProps {
  readonly drawn: { readonly chart: Chart; readonly layout: Layout };
  readonly marks: Marks;
  /** Changes with every step, so that a line taken twice runs twice. */
  readonly moment: string;
  /** State that is lit because the pointer is on a row that leads there. */
  readonly lit: string;
  readonly onCommand: (edge: Edge) => void;
  readonly onPortal: (edge: Edge) => void;
  readonly onLight: (id: string) => void;
}
