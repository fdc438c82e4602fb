/** Explores each machine by its graph, drives every kind of edge against the live hosted actor, and compares. */
import { isDeepStrictEqual } from 'node:util';
import { drawnMachines } from '../../../src/inspector/chart/machines.ts';
import { toChart } from '../../../src/inspector/chart/to-chart.ts';
import type { Chart } from '../../../src/inspector/chart/model.ts';
import { Walker, explore } from './graph.ts';
import type { GraphEdge } from './graph.ts';
import { Stage } from './live.ts';
import type { Arrived } from './live.ts';
import type { Model } from './model.ts';
import { Observed } from './observed.ts';

export interface Collected {
  readonly chart: Chart;
  readonly states: ReadonlySet<string>;
  readonly edges: ReadonlySet<string>;
  /** Edges of the graph: states that can be told apart times what can be asked there. */
  readonly found: number;
  /** Of them one for each state value, event and way that its guards decide. */
  readonly driven: number;
  /** Where a live actor did not do what its model says. */
  readonly differences: readonly string[];
}

/** One for each state, event, and answer of the guards to it: edges taken, and where they lead. */
function kindsOf(
  edges: readonly GraphEdge[],
  part: NonNullable<Model['part']>,
): Map<string, GraphEdge> {
  const kinds = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const { before, asked, taken, after, isRefused, isBirth } = edge;
    const [from, to] = [part(before, taken), part(after, taken)];
    const key = JSON.stringify([from, asked.type, taken, to, isRefused, isBirth]);
    if (!kinds.has(key)) kinds.set(key, edge);
  }
  return kinds;
}

export async function collect(model: Model): Promise<Collected> {
  const observed = new Observed();
  const unwatch = observed.watch();
  try {
    const walker = new Walker(model);
    let found = 0;
    const kinds = new Map<string, GraphEdge>();
    for (const each of model.explorations) {
      const edges = explore(walker, each);
      found += edges.length;
      for (const [key, edge] of kindsOf(edges, model.part ?? each.key))
        if (!kinds.has(key)) kinds.set(key, edge);
    }
    const stage = new Stage(model, observed);
    await stage.birth();
    const differences: string[] = [];
    for (const edge of kinds.values()) {
      const arrived = await stage.drive(edge);
      differences.push(...differencesOf(model, edge, arrived));
    }
    const { states } = observed;
    const edges = new Set(observed.edges.keys());
    return { chart: chartOf(model), states, edges, found, driven: kinds.size, differences };
  } finally {
    unwatch();
  }
}

/** As it is drawn: with its own children, not those that stand in for them. */
function chartOf({ id }: Model): Chart {
  const machine = drawnMachines[id];
  if (machine === undefined)
    throw new Error(`${id} is not drawn: see src/inspector/chart/machines.ts`);
  return toChart(machine);
}

/** As a record would hold it. */
const stored = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function differencesOf({ id }: Model, edge: GraphEdge, arrived: Arrived): string[] {
  const { before, asked, after, taken } = edge;
  const where = `${id}: ${asked.type} in ${JSON.stringify(before.value)}`;
  const tell = (what: string, is: unknown, wanted: unknown): string[] =>
    isDeepStrictEqual(stored(is), stored(wanted))
      ? []
      : [`${where}: ${what} is ${JSON.stringify(is)}, by the model ${JSON.stringify(wanted)}`];
  const context = after.context as Readonly<Record<string, unknown>>;
  const live = arrived.context as Readonly<Record<string, unknown>>;
  return [
    ...tell('value', arrived.value, after.value),
    // Regions that move at once do so in the order in which they were entered, and an awakening enters them anew.
    ...tell('way', [...arrived.taken].sort(), [...taken].sort()),
    ...Object.keys({ ...context, ...live }).flatMap((name) =>
      tell(`context.${name}`, live[name], context[name]),
    ),
  ];
}
