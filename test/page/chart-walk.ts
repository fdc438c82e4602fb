/** Walks over a chart as data: values a machine of it could have, without running one. */
import type { Chart, Edge } from '../../src/inspector/chart/model.ts';
import { treeOf } from '../../src/inspector/chart/tree.ts';
import type { Tree } from '../../src/inspector/chart/tree.ts';
import { activeIdsOf } from '../../src/inspector/chart/active.ts';

type Roll = () => number;

/** Value behind the initial transitions from a state on; undefined for one with nothing inside. */
function entered(tree: Tree, id: string): unknown {
  const { type, initial } = tree.node(id);
  const children = tree.childrenOf(id).filter((child) => child.type !== 'history');
  if (type === 'parallel')
    return Object.fromEntries(children.map((child) => [child.key, entered(tree, child.id) ?? {}]));
  const first = children.find(({ key }) => key === initial) ?? children[0];
  return first === undefined ? undefined : held(first.key, entered(tree, first.id));
}

const held = (key: string, inside: unknown): unknown =>
  inside === undefined ? key : { [key]: inside };

export const firstValue = (chart: Chart): unknown => entered(treeOf(chart), treeOf(chart).root.id);

/** One move along an edge that leaves an active state; regions beside it stay as they are. */
export function moved(chart: Chart, value: unknown, roll: Roll): { value: unknown; edge?: Edge } {
  const tree = treeOf(chart);
  const active = new Set(activeIdsOf(chart, value));
  const ways = chart.edges.filter(
    ({ source, targets }) =>
      active.has(source) && targets.length === 1 && tree.node(targets[0] ?? '').type !== 'history',
  );
  const edge = ways[Math.floor(roll() * ways.length)];
  if (edge === undefined) return { value };
  const [, ...path] = tree.pathOf(edge.targets[0] ?? '').map(({ id }) => id);
  return { value: along(tree, tree.root.id, path, value), edge };
}

function along(tree: Tree, id: string, path: readonly string[], before: unknown): unknown {
  const [next, ...rest] = path;
  if (next === undefined) return entered(tree, id);
  const { key } = tree.node(next);
  const old = isPlain(before) ? before[key] : undefined;
  const inside = along(tree, next, rest, old);
  if (tree.node(id).type !== 'parallel') return held(key, inside);
  return { ...(isPlain(before) ? before : {}), [key]: inside ?? {} };
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** `lifecycle.running.steady`: the first path of a value. */
export function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isPlain(value)) return '';
  const [entry] = Object.entries(value);
  if (entry === undefined) return '';
  const below = pathOf(entry[1]);
  return below === '' ? entry[0] : `${entry[0]}.${below}`;
}
