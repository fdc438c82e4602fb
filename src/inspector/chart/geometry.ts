/** Shapes of the drawing that page and pictures share. */
import { measures } from './measures.ts';
import type { Chart, Layout, PlacedNode } from './model.ts';

type Points = readonly (readonly [x: number, y: number])[];

/** Path data of a line with rounded corners: radius 8, or half of the shorter of both segments. */
export function roundedPath(points: Points, radius: number = measures.corner): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const bends = rest.slice(0, -1).map((corner, index) => {
    const before = points[index] ?? corner;
    const after = points[index + 2] ?? corner;
    const r = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    const [fromX, fromY] = towards(corner, before, r);
    const [toX, toY] = towards(corner, after, r);
    return `L${fromX} ${fromY}Q${corner[0]} ${corner[1]} ${toX} ${toY}`;
  });
  const last = rest.at(-1);
  return `M${first[0]} ${first[1]}${bends.join('')}${last === undefined ? '' : `L${last[0]} ${last[1]}`}`;
}

const distance = (from: Points[number], to: Points[number]): number =>
  Math.hypot(to[0] - from[0], to[1] - from[1]);

function towards(from: Points[number], to: Points[number], by: number): [number, number] {
  const length = distance(from, to);
  const part = length === 0 ? 0 : by / length;
  return [tidy(from[0] + (to[0] - from[0]) * part), tidy(from[1] + (to[1] - from[1]) * part)];
}

const tidy = (value: number): number => Math.round(value * 10) / 10;

/** Outer boxes first, so that inner ones lie on them; lines come after all boxes, pills after all lines. */
export function paintOrder(layout: Layout): [id: string, node: PlacedNode][] {
  return Object.entries(layout.nodes).sort(([, left], [, right]) => left.depth - right.depth);
}

/** Lines to draw, one for all edges that share it. */
export function linesIn(
  chart: Chart,
  layout: Layout,
): { readonly path: string; readonly edges: readonly string[] }[] {
  const lines = new Map<string, string[]>();
  for (const { id } of chart.edges) {
    const placed = layout.edges[id];
    if (placed === undefined) continue;
    const path = roundedPath(placed.points);
    lines.set(path, [...(lines.get(path) ?? []), id]);
  }
  return [...lines].map(([path, edges]) => ({ path, edges }));
}
