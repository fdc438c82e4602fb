/** Places the states of one compound state. Each is laid out by itself, its compound children as boxes of known size. */
import type { ELK, ElkExtendedEdge, ElkNode, LayoutOptions } from 'elkjs';
import type { Size } from './sizes.ts';

export type Point = readonly [x: number, y: number];

export interface FlatGraph {
  /** Above the children: header and rows of the compound. */
  readonly top: number;
  /** At least, for the header. */
  readonly width: number;
  readonly nodes: readonly (Size & { readonly id: string })[];
  readonly edges: readonly {
    readonly id: string;
    readonly source: string;
    readonly target: string;
    readonly label?: Size;
  }[];
  readonly initial?: string;
}

export interface Variant {
  readonly direction: 'DOWN' | 'RIGHT';
  readonly separate: boolean;
  /** Long chains go on in another row or column. */
  readonly wraps: boolean;
  /** Wished width by height. */
  readonly aspect: number;
  readonly placement: 'NETWORK_SIMPLEX' | 'BRANDES_KOEPF';
  readonly cycles: 'DEPTH_FIRST' | 'GREEDY';
  readonly modelOrder: boolean;
  readonly spacing: 'wide' | 'tight';
}

export interface PlacedLine {
  readonly points: readonly Point[];
  readonly label?: { readonly x: number; readonly y: number };
}

export interface Placed extends Size {
  readonly nodes: Readonly<Record<string, { readonly x: number; readonly y: number }>>;
  readonly edges: Readonly<Record<string, PlacedLine>>;
  readonly initial?: { readonly dot: Point; readonly points: readonly Point[] };
  readonly edgeLength: number;
}

const dotId = ' dot';
const dotEdgeId = ' dot edge';
const sidePadding = 18;
const dotSize = 10;

const spacing: LayoutOptions = {
  'elk.spacing.nodeNode': '22',
  'elk.layered.spacing.nodeNodeBetweenLayers': '18',
  'elk.spacing.edgeNode': '16',
  'elk.layered.spacing.edgeNodeBetweenLayers': '10',
  'elk.spacing.edgeEdge': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
  'elk.spacing.edgeLabel': '4',
  'elk.spacing.labelLabel': '6',
  'elk.spacing.nodeSelfLoop': '14',
  'elk.spacing.componentComponent': '22',
};

/** Where there is much to show on one screen. */
const tight: LayoutOptions = {
  'elk.spacing.nodeNode': '16',
  'elk.layered.spacing.nodeNodeBetweenLayers': '12',
  'elk.spacing.edgeNode': '12',
  'elk.layered.spacing.edgeNodeBetweenLayers': '6',
  'elk.spacing.edgeEdge': '10',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
  'elk.spacing.componentComponent': '16',
};

function optionsOf(variant: Variant, top: number): LayoutOptions {
  return {
    'elk.algorithm': 'layered',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.direction': variant.direction,
    'elk.separateConnectedComponents': String(variant.separate),
    'elk.aspectRatio': String(variant.aspect),
    'elk.layered.wrapping.strategy': variant.wraps ? 'MULTI_EDGE' : 'OFF',
    'elk.layered.wrapping.additionalEdgeSpacing': '20',
    'elk.layered.considerModelOrder.strategy': variant.modelOrder ? 'NODES_AND_EDGES' : 'NONE',
    'elk.layered.cycleBreaking.strategy': variant.cycles,
    'elk.layered.nodePlacement.strategy': variant.placement,
    'elk.padding': `[top=${top},left=${sidePadding},bottom=${sidePadding},right=${sidePadding}]`,
    'elk.randomSeed': '1',
    ...spacing,
    ...(variant.spacing === 'tight' && tight),
  };
}

/** @throws Error of ELK for graphs it cannot lay out, and where it loses a line on the way */
export async function placeCompound(elk: ELK, graph: FlatGraph, variant: Variant): Promise<Placed> {
  const placed = await elk.layout({
    id: ' compound',
    layoutOptions: optionsOf(variant, graph.top),
    children: [...dotNodes(graph), ...graph.nodes.map((node) => ({ ...node }))],
    edges: [...dotEdges(graph), ...graph.edges.map(elkEdge)],
  });
  const read = readPlaced(placed, graph);
  if (!graph.edges.every((edge) => arrives(graph, read, edge)))
    throw new Error('ELK gave a line that does not arrive');
  return read;
}

/** Wrapped chains sometimes end in the middle of nowhere. */
function arrives(
  { nodes }: FlatGraph,
  placed: Placed,
  { id, source, target }: FlatGraph['edges'][number],
): boolean {
  const points = placed.edges[id]?.points ?? [];
  const isAt = (end: string, point: Point | undefined): boolean => {
    const size = nodes.find((node) => node.id === end);
    const at = placed.nodes[end];
    if (size === undefined || at === undefined || point === undefined) return false;
    const [dx, dy] = [point[0] - at.x, point[1] - at.y];
    return dx >= -1 && dy >= -1 && dx <= size.width + 1 && dy <= size.height + 1;
  };
  return isAt(source, points[0]) && isAt(target, points.at(-1));
}

const dotNodes = ({ initial }: FlatGraph): ElkNode[] =>
  initial === undefined
    ? []
    : [
        {
          id: dotId,
          width: dotSize,
          height: dotSize,
          layoutOptions: { 'elk.layered.layering.layerConstraint': 'FIRST' },
        },
      ];

const dotEdges = ({ initial }: FlatGraph): ElkExtendedEdge[] =>
  initial === undefined
    ? []
    : [
        {
          id: dotEdgeId,
          sources: [dotId],
          targets: [initial],
          layoutOptions: {
            'elk.layered.priority.direction': '10',
            'elk.layered.priority.straightness': '10',
            'elk.layered.priority.shortness': '10',
          },
        },
      ];

function elkEdge({ id, source, target, label }: FlatGraph['edges'][number]): ElkExtendedEdge {
  const inline = source === target ? 'false' : 'true';
  const layoutOptions = {
    'elk.edgeLabels.placement': 'CENTER',
    'elk.edgeLabels.inline': inline,
  };
  return {
    id,
    sources: [source],
    targets: [target],
    ...(label !== undefined && {
      labels: [{ id: `${id} label`, text: ' ', ...label, layoutOptions }],
    }),
  };
}

function readPlaced(placed: ElkNode, graph: FlatGraph): Placed {
  const nodes = (placed.children ?? []).map(
    ({ id, x = 0, y = 0 }) => [id, { x: Math.round(x), y: Math.round(y) }] as const,
  );
  const lines = (placed.edges ?? []).map((edge) => [edge.id, lineOf(edge)] as const);
  const byId = Object.fromEntries(lines);
  const dot = nodes.find(([id]) => id === dotId)?.[1];
  const dotLine = byId[dotEdgeId];
  return {
    width: Math.max(graph.width, Math.ceil(placed.width ?? 0)),
    height: Math.ceil(placed.height ?? 0),
    nodes: Object.fromEntries(nodes.filter(([id]) => id !== dotId)),
    edges: Object.fromEntries(lines.filter(([id]) => id !== dotEdgeId)),
    ...(dot !== undefined &&
      dotLine !== undefined && {
        initial: { dot: [dot.x + dotSize / 2, dot.y + dotSize / 2], points: dotLine.points },
      }),
    edgeLength: lines.reduce((sum, [, { points }]) => sum + lengthOf(points), 0),
  };
}

function lineOf(edge: ElkExtendedEdge): PlacedLine {
  const [section] = edge.sections ?? [];
  if (section === undefined) throw new Error(`ELK gave no way for ${edge.id}`);
  const way = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
  const [label] = edge.labels ?? [];
  return {
    points: way.map(({ x, y }) => [Math.round(x), Math.round(y)] as const),
    ...(label !== undefined && {
      label: { x: Math.round(label.x ?? 0), y: Math.round(label.y ?? 0) },
    }),
  };
}

const lengthOf = (points: readonly Point[]): number =>
  points
    .slice(1)
    .map(([x, y], index) => {
      const [fromX, fromY] = points[index] ?? [x, y];
      return Math.abs(x - fromX) + Math.abs(y - fromY);
    })
    .reduce((sum, length) => sum + length, 0);
