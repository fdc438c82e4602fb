/** Puts placed compounds together: coordinates of the whole drawing from those within each. */
import { measures } from '../chart/measures.ts';
import type { Box, Layout, PlacedEdge, PlacedNode } from '../chart/model.ts';
import type { PlacedLine, Point } from './compound.ts';
import { lineId } from './plan.ts';
import type { Plan, Shape } from './plan.ts';
import { pillSize } from './sizes.ts';

interface Parts {
  readonly nodes: Record<string, PlacedNode>;
  readonly edges: Record<string, PlacedEdge>;
  readonly initials: Record<string, Layout['initials'][string]>;
  readonly flows: PlacedEdge['points'][];
}

export function assembled(plan: Plan, root: Shape, hash: string): Layout {
  const parts: Parts = { nodes: {}, edges: {}, initials: {}, flows: [] };
  put(plan, parts, root, [0, 0], 0);
  return { hash, width: root.width, height: root.height, ...parts };
}

function put(plan: Plan, parts: Parts, shape: Shape, at: Point, depth: number): void {
  const [x, y] = at;
  const { node, width, height, placed } = shape;
  parts.nodes[node.id] = { x, y, width, height, depth, rows: plan.contentOf(node).rows };
  if (placed === undefined) return;
  if (placed.initial !== undefined) {
    const [dot] = moved([placed.initial.dot], at);
    parts.initials[node.id] = { dot: dot ?? at, points: moved(placed.initial.points, at) };
  }
  const ids = new Set(shape.children.map((child) => child.node.id));
  for (const { source, target, edges } of plan.bundles) {
    const line = placed.edges[lineId(source, target)];
    if (!ids.has(source) || line === undefined) continue;
    const points = moved(line.points, at);
    const labels = stacked(edges.map(pillSize), line, at);
    for (const [index, edge] of edges.entries()) {
      const label = labels[index];
      if (label !== undefined) parts.edges[edge.id] = { points, label };
    }
  }
  for (const [from, to] of plan.flows) {
    const line = placed.edges[lineId(from, to)];
    if (ids.has(from) && line !== undefined) parts.flows.push(moved(line.points, at));
  }
  for (const child of shape.children) {
    const spot = placed.nodes[child.node.id];
    if (spot !== undefined) put(plan, parts, child, [x + spot.x, y + spot.y], depth + 1);
  }
}

const moved = (points: readonly Point[], [dx, dy]: Point): Point[] =>
  points.map(([x, y]) => [x + dx, y + dy]);

/** Boxes below each other, centred in the room that was kept for all of them. */
function stacked(
  sizes: readonly { width: number; height: number }[],
  { label = { x: 0, y: 0 } }: PlacedLine,
  [dx, dy]: Point,
): Box[] {
  const widest = Math.max(...sizes.map(({ width }) => width));
  let top = label.y + dy;
  return sizes.map(({ width, height }) => {
    const box = { x: label.x + dx + Math.round((widest - width) / 2), y: top, width, height };
    top += height + measures.pillsGap;
    return box;
  });
}
