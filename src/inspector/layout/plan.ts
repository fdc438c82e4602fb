/** What the layout of a chart starts from, and the shapes its states may take. */
import { bundlesOf, flowsOf, linesOf } from '../chart/lines.ts';
import type { Bundle } from '../chart/lines.ts';
import { measures } from '../chart/measures.ts';
import type { Chart, ChartNode } from '../chart/model.ts';
import { treeOf } from '../chart/tree.ts';
import type { Tree } from '../chart/tree.ts';
import type { Placed } from './compound.ts';
import type { Size } from './sizes.ts';

/** One way to draw a state: its size, and all that is inside. */
export interface Shape extends Size {
  readonly node: ChartNode;
  readonly placed?: Placed;
  readonly children: readonly Shape[];
  readonly edgeLength: number;
}

/** What all compounds need to know of the chart. */
export interface Plan {
  readonly tree: Tree;
  readonly lines: ReadonlySet<string>;
  readonly bundles: readonly Bundle[];
  readonly flows: readonly (readonly [from: string, to: string])[];
}

export function planOf(chart: Chart): Plan {
  const tree = treeOf(chart);
  const lines = linesOf(tree);
  return { tree, lines, bundles: bundlesOf(tree, lines), flows: flowsOf(tree, lines) };
}

export const lineId = (source: string, target: string): string => `${source}>${target}`;

/** Pills of edges that share a line stand below each other. */
export const stackSize = (sizes: readonly Size[]): Size => ({
  width: Math.max(...sizes.map(({ width }) => width)),
  height: sizes.reduce((sum, { height }) => sum + height + measures.pillsGap, -measures.pillsGap),
});
