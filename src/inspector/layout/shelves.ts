/** Places states that no line joins, as the regions of a parallel state: in rows, the low ones first. */
import type { FlatGraph, Placed } from './compound.ts';

const gap = 16;
const sidePadding = 18;

/** One placement for each width of the rows that makes a difference, with states of unlike height apart and together. */
export function shelvesOf(graph: FlatGraph): Placed[] {
  const nodes = [...graph.nodes].sort((left, right) => left.height - right.height);
  const widths = nodes.flatMap((_, from) =>
    nodes.slice(from).map((_, length) => widthOf(nodes.slice(from, from + length + 1))),
  );
  const widest = Math.max(...nodes.map(({ width }) => width));
  const rooms = [...new Set(widths.filter((width) => width >= widest))];
  return rooms.flatMap((room) => [
    shelved(graph, nodes, { room, unlike: 3 }),
    shelved(graph, nodes, { room, unlike: Infinity }),
  ]);
}

const widthOf = (nodes: FlatGraph['nodes']): number =>
  nodes.reduce((sum, { width }) => sum + width + gap, -gap);

interface Shelf {
  /** px a row may take. */
  readonly room: number;
  /** A state more than so many times as high as those before it begins a row. */
  readonly unlike: number;
}

function shelved(graph: FlatGraph, nodes: FlatGraph['nodes'], { room, unlike }: Shelf): Placed {
  const places: Record<string, { x: number; y: number }> = {};
  let [x, y, rowHeight, widest] = [0, graph.top, 0, 0];
  for (const { id, width, height } of nodes) {
    if (x > 0 && (x + width > room || height > unlike * rowHeight)) {
      y += rowHeight + gap;
      [x, rowHeight] = [0, 0];
    }
    places[id] = { x: sidePadding + x, y };
    x += width + gap;
    rowHeight = Math.max(rowHeight, height);
    widest = Math.max(widest, x - gap);
  }
  return {
    width: Math.max(graph.width, widest + 2 * sidePadding),
    height: y + rowHeight + sidePadding,
    nodes: places,
    edges: {},
    edgeLength: 0,
  };
}
