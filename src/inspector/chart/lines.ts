/** Which edges are drawn as lines. All others are rows in the state they leave: portals, and what stays inside. */
import type { Edge } from './model.ts';
import type { Tree } from './tree.ts';

export interface LineLimits {
  /** Into a state with lines from more siblings than this only the nearest one before it is drawn. */
  readonly sourcesMax: number;
  /** A line back to a sibling further before it than this would run around half of the chart. */
  readonly backMax: number;
}

const wholeChart: LineLimits = { sourcesMax: 3, backMax: 4 };

/**
 * Ids of the lines. A line goes to a sibling, or back to where it starts; whatever leaves its parent would cross half of the
 * chart. So would most of the lines into a state that everything fails to, and those far back.
 */
export function linesOf(tree: Tree, limits = wholeChart): ReadonlySet<string> {
  const besides = tree.chart.edges.filter((edge) => staysBesides(tree, edge));
  const pairs = besides.map(({ source, targets: [target = ''] }) => [source, target] as const);
  const isKept = keptPairs(tree, pairs, limits);
  return new Set(besides.filter((_, index) => isKept[index]).map(({ id }) => id));
}

/** For each pair of siblings whether a line between them is drawn. */
function keptPairs(
  tree: Tree,
  pairs: readonly (readonly [string, string])[],
  { sourcesMax, backMax }: LineLimits,
): boolean[] {
  const place = new Map(
    tree.chart.nodes.flatMap(({ id }) =>
      tree.childrenOf(id).map((child, index) => [child.id, index] as const),
    ),
  );
  const at = (id: string): number => place.get(id) ?? 0;
  const isNear = pairs.map(([source, target]) => at(source) - at(target) <= backMax);
  const sources = new Map<string, Set<string>>();
  for (const [index, [source, target]] of pairs.entries())
    if (source !== target && isNear[index] === true)
      sources.set(target, (sources.get(target) ?? new Set()).add(source));
  return pairs.map(([source, target], index) => {
    if (isNear[index] !== true) return false;
    const all = sources.get(target);
    if (source === target || all === undefined || all.size <= sourcesMax) return true;
    return source === nearestBefore(at, target, all);
  });
}

function staysBesides(tree: Tree, { source, targets }: Edge): boolean {
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) return false;
  const { parent } = tree.node(source);
  return parent !== null && tree.node(target).parent === parent;
}

/** The first one when all come after it. */
function nearestBefore(
  at: (id: string) => number,
  target: string,
  sources: ReadonlySet<string>,
): string | undefined {
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
  const pairs = [...flows.values()];
  const isKept = keptPairs(tree, pairs, wholeChart);
  return pairs.filter((_, index) => isKept[index]);
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
