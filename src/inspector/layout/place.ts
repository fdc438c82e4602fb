/** A layout for a whole chart: compounds from the inside out, several shapes of each, and the best of them all together. */
import type { ELK } from 'elkjs';
import type { Chart, ChartNode, Layout } from '../chart/model.ts';
import { placeCompound } from './compound.ts';
import type { FlatGraph, Placed, Variant } from './compound.ts';
import { assembled } from './assemble.ts';
import { lineId, planOf, stackSize } from './plan.ts';
import type { Plan, Shape } from './plan.ts';
import { shelvesOf } from './shelves.ts';
import { pillSize } from './sizes.ts';
import type { Size } from './sizes.ts';

/** What a drawing is fitted into; the larger the zoom, the better the layout. */
const page = { width: 900, height: 700 } as const;
/** Shapes kept of each compound: wide, tall and between. */
const shapesMax = 4;

/** @throws Error when ELK refuses every variant of some compound */
export const layoutOf = (elk: ELK, chart: Chart): Promise<Layout> =>
  layoutBy(elk, chart, planOf(chart));

/** @throws as `layoutOf` */
export async function layoutBy(elk: ELK, chart: Chart, plan: Plan): Promise<Layout> {
  const shapes = await shapesOf(elk, plan, plan.tree.root);
  const [best] = [...shapes].sort(byZoom);
  if (best === undefined) throw new Error(`no layout for ${chart.id}`);
  return assembled(plan, best, chart.hash);
}

export const zoomOf = ({ width, height }: Size): number =>
  Math.min(page.width / width, page.height / height);

const byZoom = (left: Shape, right: Shape): number =>
  zoomOf(right) - zoomOf(left) || left.edgeLength - right.edgeLength;

async function shapesOf(elk: ELK, plan: Plan, node: ChartNode): Promise<Shape[]> {
  const { size } = plan.contentOf(node);
  const children = plan.tree.childrenOf(node.id);
  if (children.length === 0) return [{ ...size, node, children: [], edgeLength: 0 }];
  const inner: Shape[][] = [];
  for (const child of children) inner.push(await shapesOf(elk, plan, child));
  const shapes: Shape[] = [];
  for (const chosen of choicesOf(inner))
    shapes.push(...(await shapesWith(elk, plan, node, chosen)));
  // Few small compounds: none of the whole need be left out.
  return keptOf(shapes, plan.isThorough === true && node.parent === null ? Infinity : shapesMax);
}

/** All children in their widest shape, all in their tallest, and so on between. */
function choicesOf(inner: readonly (readonly Shape[])[]): Shape[][] {
  const most = Math.max(...inner.map((shapes) => shapes.length));
  return Array.from({ length: most }, (_, index) =>
    inner.flatMap(
      (shapes) => shapes[Math.round((index * (shapes.length - 1)) / Math.max(1, most - 1))] ?? [],
    ),
  );
}

async function shapesWith(
  elk: ELK,
  plan: Plan,
  node: ChartNode,
  children: readonly Shape[],
): Promise<Shape[]> {
  const graph = graphOf(plan, node, children);
  const inside = children.reduce((sum, { edgeLength }) => sum + edgeLength, 0);
  const shapes: Shape[] = [];
  for (const placed of await placements(elk, graph, plan.isThorough === true)) {
    const { width, height } = placed;
    shapes.push({ width, height, node, placed, children, edgeLength: placed.edgeLength + inside });
  }
  return shapes;
}

async function placements(elk: ELK, graph: FlatGraph, isThorough: boolean): Promise<Placed[]> {
  if (isThorough && graph.edges.length === 0 && graph.initial === undefined)
    return shelvesOf(graph);
  const wrapped =
    graph.nodes.length < wrapsFrom ? [] : isThorough ? wrappedWays : wrappedWays.slice(0, 2);
  const all: Placed[] = [];
  const refusals = new Set<string>();
  for (const way of [...ways, ...wrapped])
    all.push(...(await placementsOf(elk, graph, way, isThorough, refusals)));
  // A compound without a shape would be missing from the drawing without a word.
  if (all.length === 0) {
    const around = graph.nodes.map(({ id }) => id).join(', ');
    throw new Error(`ELK refuses every way around ${around}: ${[...refusals].join('; ')}`);
  }
  return all;
}

type Way = Pick<Variant, 'direction' | 'separate' | 'wraps' | 'aspect'>;

/** Of the room a compound is wished to take; the first one is that of a page. */
const aspects = [1.3, 0.8];

const ways: readonly Way[] = (['DOWN', 'RIGHT'] as const).flatMap((direction) => [
  { direction, separate: true, wraps: false, aspect: 1.3 },
  { direction, separate: false, wraps: false, aspect: 1.3 },
]);

/** Compounds with fewer states have no chains worth it. */
const wrapsFrom = 7;
const wrappedWays: readonly Way[] = aspects.flatMap((aspect) =>
  (['DOWN', 'RIGHT'] as const).map((direction) => ({
    ...{ direction, separate: true, wraps: true, aspect },
  })),
);

const ladder: readonly Omit<Variant, keyof Way | 'spacing'>[] = [
  { placement: 'NETWORK_SIMPLEX', cycles: 'DEPTH_FIRST', modelOrder: true },
  { placement: 'BRANDES_KOEPF', cycles: 'DEPTH_FIRST', modelOrder: true },
  { placement: 'BRANDES_KOEPF', cycles: 'GREEDY', modelOrder: true },
  { placement: 'BRANDES_KOEPF', cycles: 'GREEDY', modelOrder: false },
];

/** The first one that works, or one of either placement. ELK has bugs in some combinations: each is noted, and told when nothing works. */
async function placementsOf(
  elk: ELK,
  graph: FlatGraph,
  way: Way,
  isThorough: boolean,
  refusals: Set<string>,
): Promise<Placed[]> {
  const all: Placed[] = [];
  const spacing = isThorough ? 'tight' : 'wide';
  for (const [index, rung] of ladder.entries()) {
    if (all.length > 0 && !(isThorough && index === 1)) break;
    const variant = { ...rung, ...way, spacing } as const;
    try {
      all.push(await placeCompound(elk, graph, variant));
    } catch (thrown) {
      refusals.add(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }
  return all;
}

function graphOf(plan: Plan, node: ChartNode, children: readonly Shape[]): FlatGraph {
  const { size, end } = plan.contentOf(node);
  const ids = new Set(children.map((child) => child.node.id));
  const initial = plan.tree
    .childrenOf(node.id)
    .find(({ key }) => node.type === 'compound' && key === node.initial);
  return {
    top: end + 16,
    width: size.width,
    nodes: children.map(({ node: { id }, width, height }) => ({ id, width, height })),
    edges: [
      ...plan.bundles
        .filter(({ source }) => ids.has(source))
        .map(({ source, target, edges }) => ({
          ...{ id: lineId(source, target), source, target },
          label: stackSize(edges.map(pillSize)),
        })),
      ...plan.flows
        .filter(([from]) => ids.has(from))
        .map(([source, target]) => ({ id: lineId(source, target), source, target })),
    ],
    ...(initial !== undefined && { initial: initial.id }),
  };
}

/** Those that no other one is smaller than in both directions, widest first. */
function keptOf(shapes: readonly Shape[], max: number): Shape[] {
  const sorted = [...shapes].sort(
    (left, right) => right.width - left.width || left.height - right.height,
  );
  const isBeaten = (shape: Shape, index: number): boolean =>
    sorted.some(
      (other, at) =>
        at !== index &&
        other.width <= shape.width &&
        other.height <= shape.height &&
        (other.width < shape.width || other.height < shape.height || at < index),
    );
  const front = sorted.filter((shape, index) => !isBeaten(shape, index));
  if (front.length <= max) return front;
  const picked = Array.from({ length: max }, (_, index) =>
    Math.round((index * (front.length - 1)) / (max - 1)),
  );
  return front.filter((_, index) => picked.includes(index));
}
