/** Which states of a chart are active, from a state value as XState has it. Needs no machine. */
import type { Chart } from './model.ts';
import { treeOf } from './tree.ts';

/**
 * Ids of the active states, the root and all between included; parents come before what is in them. Where the value names a
 * state the chart does not have, what is known so far is the answer.
 */
export function activeIdsOf(chart: Chart, value: unknown): string[] {
  const tree = treeOf(chart);
  const below = (id: string, part: unknown): string[] => {
    const children = tree.childrenOf(id);
    const inside = (key: string, more: unknown): string[] =>
      children.filter((child) => child.key === key).flatMap((child) => below(child.id, more));
    const keys: [string, unknown][] =
      typeof part === 'string'
        ? [[part, undefined]]
        : typeof part === 'object' && part !== null
          ? Object.entries(part)
          : [];
    return [id, ...keys.flatMap(([key, more]) => inside(key, more))];
  };
  return below(tree.root.id, value);
}
