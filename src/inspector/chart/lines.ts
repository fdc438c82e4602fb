/** Which edges are drawn as lines. All others are rows in the state they leave: portals, and what stays inside. */
import type { Edge } from './model.ts';
import type { Tree } from './tree.ts';

/** Into a state with lines from more siblings than this only the nearest one before it is drawn. */
const sourcesMax = 3;

/**
 * Ids of the lines. A line goes to a sibling, or back to where it starts; whatever leaves its parent would cross half of the
 * chart. So would most of the lines into a state that everything fails to.
 */
export function linesOf(tree: Tree): ReadonlySet<string> {
  const plain = tree.chart.edges.filter((edge) => staysBesides(tree, edge));
  const order = new Map(tree.chart.nodes.map(({ id }, index) => [id, index]));
  const sources = new Map<string, Set<string>>();
  for (const { source, targets } of plain)
    for (const target of targets)
      if (target !== source) sources.set(target, (sources.get(target) ?? new Set()).add(source));
  const isKept = ({ source, targets: [target = ''] }: Edge): boolean => {
    const all = sources.get(target);
    if (source === target || all === undefined || all.size <= sourcesMax) return true;
    return source === nearestBefore(order, target, all);
  };
  return new Set(plain.filter(isKept).map(({ id }) => id));
}

function staysBesides(tree: Tree, { source, targets }: Edge): boolean {
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) return false;
  const { parent } = tree.node(source);
  return parent !== null && tree.node(target).parent === parent;
}

/** The first one when all come after it. */
function nearestBefore(
  order: ReadonlyMap<string, number>,
  target: string,
  sources: ReadonlySet<string>,
): string | undefined {
  const at = (id: string): number => order.get(id) ?? 0;
  const sorted = [...sources].sort((left, right) => at(left) - at(right));
  return sorted.filter((id) => at(id) < at(target)).at(-1) ?? sorted[0];
}

/** Edges that share a line, by source and target. */
export interface Bundle {
  readonly source: string;
  readonly target: string;
  readonly edges: readonly Edge[];
}

export function bundlesOf(tree: Tree, lines: ReadonlySet<string>): Bundle[] {
  const bundles = new Map<string, { source: string; target: string; edges: Edge[] }>();
  for (const edge of tree.chart.edges.filter(({ id }) => lines.has(id))) {
    const { source, targets } = edge;
    const [target = ''] = targets;
    const key = `${source}>${target}`;
    const bundle = bundles.get(key) ?? { source, target, edges: [] };
    bundles.set(key, { ...bundle, edges: [...bundle.edges, edge] });
  }
  return [...bundles.values()];
}

/** Siblings of which one leads to the other out of or into what is inside them, where no line runs between them. */
export function flowsOf(tree: Tree, lines: ReadonlySet<string>): [from: string, to: string][] {
  const drawn = new Set(
    tree.chart.edges
      .filter(({ id }) => lines.has(id))
      .flatMap(({ source, targets }) => targets.map((target) => `${source}>${target}`)),
  );
  const flows = new Map<string, [string, string]>();
  for (const edge of tree.chart.edges)
    for (const target of edge.targets) {
      const pair = siblingsOn(tree, edge.source, target);
      if (pair === undefined || drawn.has(pair.join('>'))) continue;
      flows.set(pair.join('>'), pair);
    }
  return [...flows.values()];
}

/** Where the ways from the root to both part; undefined where they are siblings, inside each other or in two regions. */
function siblingsOn(tree: Tree, source: string, target: string): [string, string] | undefined {
  const from = tree.pathOf(source);
  const to = tree.pathOf(target);
  const at = to.findIndex((node, index) => node !== from[index]);
  const left = from[at];
  const right = to[at];
  if (left === undefined || right === undefined) return undefined;
  if (left.id === source && right.id === target) return undefined;
  return tree.node(left.parent ?? '').type === 'parallel' ? undefined : [left.id, right.id];
}
