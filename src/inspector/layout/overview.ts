/** An overview of a chart whose whole drawing is larger than a screen. */
import type { ELK } from 'elkjs';
import { measures } from '../chart/measures.ts';
import type { Chart, ChartNode, Layout, Overview, OverviewWord } from '../chart/model.ts';
import { overviewPlan } from '../chart/overview.ts';
import type { Lifted, OverviewPlan } from '../chart/overview.ts';
import { treeOf } from '../chart/tree.ts';
import { textStyles, textWidth } from '../chart/text-widths.ts';
import { layoutBy, zoomOf } from './place.ts';
import type { Content } from './plan.ts';
import { ownSize } from './sizes.ts';

/** Below this zoom a drawing cannot be read in one look. */
const readable = 0.6;
/** Regions with a smaller part of the states are drawn closed where space is short. */
const minorPart = 0.1;
/** More states do not fit on a screen in any layout. */
const statesMax = 35;

/** Of the deepest states that can still be read; undefined where the whole chart can. @throws as `layoutOf` */
export async function overviewOf(
  elk: ELK,
  chart: Chart,
  whole: Layout,
): Promise<Overview | undefined> {
  if (zoomOf(whole) >= readable) return undefined;
  const depth = chart.nodes[0]?.type === 'parallel' ? 2 : 1;
  const first = await overviewAt(elk, overviewPlan(chart, depth));
  const regions = minorRegions(chart);
  if (zoomOf(first) < readable)
    return regions.length === 0
      ? first
      : overviewAt(elk, overviewPlan(chart, depth, new Set(regions)));
  const deeperPlan = overviewPlan(chart, depth + 1);
  if (deeperPlan.tree.chart.nodes.length > statesMax) return first;
  const deeper = await overviewAt(elk, deeperPlan);
  return zoomOf(deeper) >= readable ? deeper : first;
}

function minorRegions(chart: Chart): string[] {
  const tree = treeOf(chart);
  if (tree.root.type !== 'parallel') return [];
  const sizeOf = (region: string): number =>
    chart.nodes.filter(({ id }) => tree.pathOf(id)[1]?.id === region).length;
  return tree
    .childrenOf(tree.root.id)
    .map(({ id }) => id)
    .filter((region) => sizeOf(region) < minorPart * chart.nodes.length);
}

async function overviewAt(elk: ELK, plan: OverviewPlan): Promise<Overview> {
  const { tree } = plan;
  const { width, height, initials, flows, nodes, edges } = await layoutBy(elk, tree.chart, {
    tree,
    bundles: tree.chart.edges.map((edge) => ({
      ...{ source: edge.source, target: edge.targets[0] ?? '', edges: [edge] },
    })),
    flows: plan.flows,
    isThorough: true,
    contentOf: (node) => contentOf(plan, node),
  });
  return {
    ...{ width, height, initials, flows },
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([id, { rows: _rows, ...box }]) => [
        id,
        { ...box, hidden: plan.closed.get(id) ?? 0, words: wordsIn(plan, tree.node(id)) },
      ]),
    ),
    lines: Object.entries(edges).flatMap(([id, placed]) => {
      const line = plan.lines.get(id);
      return line === undefined ? [] : [{ ...lineOf(line), ...placed }];
    }),
  };
}

const lineOf = ({ source, target, edges, text }: Lifted) => ({
  ...{ source, target, text, edges: edges.map(({ id }) => id) },
});

/** px a line of words may take: in a box that is drawn closed, and in one that holds others. */
const wordsWidth = { closed: 190, open: 420 };

function contentOf(plan: OverviewPlan, node: ChartNode): Content {
  const words = wordsIn(plan, node);
  const own = ownSize(node, []);
  const hidden = plan.closed.has(node.id);
  const last = words.at(-1);
  const end =
    last === undefined
      ? measures.header + (hidden ? measures.row : 0)
      : last.y + measures.wordRow / 2;
  const isEmpty = last === undefined && !hidden;
  const widest = Math.max(0, ...words.map(({ x, width }) => x + width + measures.side));
  return {
    size: {
      width: Math.max(own.width, widest, hidden ? measures.closedWidth : 0),
      height: isEmpty ? own.height : end + measures.rowsEnd,
    },
    // The room that is kept above states inside is for the dot and its line; a line of words needs less.
    end: last === undefined ? end : end - 4,
    rows: [],
  };
}

/** From left to right, in as many lines as they need. */
function wordsIn(plan: OverviewPlan, node: ChartNode): OverviewWord[] {
  const hidden = plan.closed.has(node.id);
  const isOpen = plan.tree.childrenOf(node.id).length > 0;
  const right = measures.side + (isOpen ? wordsWidth.open : wordsWidth.closed);
  let x: number = measures.side;
  let y = measures.header + (hidden ? measures.row : 0) + measures.wordRow / 2;
  return (plan.words.get(node.id) ?? []).map(({ text, edges }) => {
    const width = textWidth(text, textStyles.row);
    if (x > measures.side && x + width > right) {
      x = measures.side;
      y += measures.wordRow;
    }
    const word = { x, y, width, text, edges: edges.map(({ id }) => id) };
    x += width + measures.wordGap;
    return word;
  });
}
