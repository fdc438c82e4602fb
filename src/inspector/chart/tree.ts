/** Who is inside whom in a chart. */
import type { Chart, ChartNode, Edge } from './model.ts';

export interface Tree {
  readonly chart: Chart;
  readonly root: ChartNode;
  node(id: string): ChartNode;
  childrenOf(id: string): readonly ChartNode[];
  edgesFrom(id: string): readonly Edge[];
  /** From the root to the node, both included. */
  pathOf(id: string): readonly ChartNode[];
}

/** Charts never change: one tree each. */
const trees = new WeakMap<Chart, Tree>();

/** @throws Error for ids that are not of this chart */
export function treeOf(chart: Chart): Tree {
  const known = trees.get(chart);
  if (known !== undefined) return known;
  const tree = grown(chart);
  trees.set(chart, tree);
  return tree;
}

function grown(chart: Chart): Tree {
  const nodes = new Map(chart.nodes.map((node) => [node.id, node]));
  const children = grouped(chart.nodes, ({ parent }) => parent);
  const edges = grouped(chart.edges, ({ source }) => source);
  const [root] = children.get(null) ?? [];
  if (root === undefined) throw new Error(`chart ${chart.id} has no root`);
  const node = (id: string): ChartNode => {
    const found = nodes.get(id);
    if (found === undefined) throw new Error(`chart ${chart.id} has no state ${id}`);
    return found;
  };
  const pathOf = (id: string): ChartNode[] => {
    const own = node(id);
    return own.parent === null ? [own] : [...pathOf(own.parent), own];
  };
  return {
    chart,
    root,
    node,
    childrenOf: (id) => children.get(id) ?? [],
    edgesFrom: (id) => edges.get(id) ?? [],
    pathOf,
  };
}

function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** A state as it is called from another one: `failed`, `scalingUp.nodes`; what both share is left out. */
export function nameFrom(tree: Tree, source: string, target: string): string {
  const from = tree.pathOf(source);
  const to = tree.pathOf(target);
  const shared = to.findIndex((node, index) => node !== from[index]);
  // To itself or what it is in: its own name says it.
  const rest = shared === -1 ? to.slice(-1) : to.slice(shared);
  return rest.map(({ key }) => key).join('.');
}
