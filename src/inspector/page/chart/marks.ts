/** What is lit in a chart: active states, taken edges, and commands that can or cannot be sent from here. */
import { activeIdsOf } from '../../chart/active.ts';
import type { Chart, Edge } from '../../chart/model.ts';

export type CommandSign = 'enabled' | 'blocked';

export interface Marks {
  readonly active: ReadonlySet<string>;
  /** Active ones with nothing active inside. */
  readonly leaves: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  /** By edge. */
  readonly commands: ReadonlyMap<string, CommandSign>;
}

export interface Moment {
  readonly value: unknown;
  readonly taken: readonly string[];
  /** Verbs that would be taken; undefined where commands are not shown, as for machines below the root. */
  readonly allowed: readonly string[] | undefined;
}

export function marksOf(chart: Chart, { value, taken, allowed }: Moment): Marks {
  const active = new Set(activeIdsOf(chart, value));
  const parents = new Set(
    chart.nodes.filter(({ id }) => active.has(id)).map(({ parent }) => parent),
  );
  const leaves = new Set([...active].filter((id) => !parents.has(id)));
  const commands = new Map<string, CommandSign>();
  if (allowed !== undefined)
    for (const edge of chart.edges)
      if (edge.kind === 'command' && active.has(edge.source))
        commands.set(edge.id, allowed.includes(verbOf(edge)) ? 'enabled' : 'blocked');
  return { active, leaves, taken: new Set(taken), commands };
}

/** `cluster.scale` → `scale`. */
export const verbOf = ({ eventType }: Edge): string => eventType.slice(eventType.indexOf('.') + 1);
