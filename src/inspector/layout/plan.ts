/** What the layout of a chart starts from, and the shapes its states may take. */
import { bundlesOf, flowsOf, linesOf } from '../chart/lines.ts';
import type { Bundle } from '../chart/lines.ts';
import { measures } from '../chart/measures.ts';
import type { Chart, ChartNode, NodeRow } from '../chart/model.ts';
import { treeOf } from '../chart/tree.ts';
import type { Tree } from '../chart/tree.ts';
import { rowsOf } from '../chart/wording.ts';
import type { Placed } from './compound.ts';
import { ownSize } from './sizes.ts';
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
  readonly bundles: readonly Bundle[];
  readonly flows: readonly (readonly [from: string, to: string])[];
  /** Small enough to try whatever ELK can do. */
  readonly isThorough?: boolean;
  /** What a state holds besides other states. */
  contentOf(node: ChartNode): Content;
}

export interface Content {
  /** Of a state without others inside. */
  readonly size: Size;
  /** From the top of the box to the end of header and rows. */
  readonly end: number;
  readonly rows: readonly NodeRow[];
}

export function planOf(chart: Chart): Plan {
  const tree = treeOf(chart);
  const lines = linesOf(tree);
  const contentOf = (node: ChartNode): Content => {
    const rows = rowsOf(tree, node, lines).map((row, index) => ({
      y: measures.header + index * measures.row + measures.row / 2 + 2,
      ...row,
    }));
    const end = measures.header + rows.length * measures.row;
    return { size: ownSize(node, rows), end, rows };
  };
  return { tree, bundles: bundlesOf(tree, lines), flows: flowsOf(tree, lines), contentOf };
}

export const lineId = (source: string, target: string): string => `${source}>${target}`;

/** Pills of edges that share a line stand below each other. */
export const stackSize = (sizes: readonly Size[]): Size => ({
  width: Math.max(...sizes.map(({ width }) => width)),
  height: sizes.reduce((sum, { height }) => sum + height + measures.pillsGap, -measures.pillsGap),
});
