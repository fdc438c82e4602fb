/** What an overview shows of states and edges that it does not draw. */
import type { Chart, Overview } from './model.ts';
import { treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** Names of the active states inside a box, from the box on: `scalingUp.nodes`. */
export function activeInside(tree: Tree, id: string, active: ReadonlySet<string>): string[] {
  const below = (inner: string, names: readonly string[]): string[] => {
    const inside = tree.childrenOf(inner).filter((child) => active.has(child.id));
    if (inside.length === 0) return names.length === 0 ? [] : [names.join('.')];
    return inside.flatMap((child) => below(child.id, [...names, child.key]));
  };
  return below(id, []);
}

/** Where nothing inside is active: how many states there are. */
export const hiddenText = (hidden: number): string =>
  hidden === 1 ? '1 state' : `${hidden} states`;

/** Boxes of the taken edges that are neither a line nor a word. */
export function movedInside(
  chart: Chart,
  overview: Overview,
  taken: ReadonlySet<string>,
): ReadonlySet<string> {
  const shown = new Set(
    [...overview.lines, ...Object.values(overview.nodes).flatMap(({ words }) => words)].flatMap(
      ({ edges }) => edges,
    ),
  );
  const tree = treeOf(chart);
  return new Set(
    chart.edges
      .filter(({ id }) => taken.has(id) && !shown.has(id))
      .map(({ source }) => boxOf(tree, overview, source)),
  );
}

/** The box a state is drawn as, or that hides it. */
export const boxOf = (tree: Tree, overview: Overview, id: string): string =>
  tree.pathOf(id).findLast((node) => overview.nodes[node.id] !== undefined)?.id ?? tree.root.id;
