/** What an overview of a chart is made of: the states down to a depth, and their edges between the ends that are still seen. */
import { flowsOf, linesOf } from './lines.ts';
import type { Chart, ChartNode, Edge } from './model.ts';
import { nameFrom, treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** Edges that an overview shows as one: a line, or a word inside the state they leave. */
export interface Lifted {
  readonly source: string;
  /** The source itself for what stays inside. */
  readonly target: string;
  /** Those that name it first, then in chart order. */
  readonly edges: readonly Edge[];
  /** `cancel +2`. */
  readonly text: string;
}

export interface OverviewPlan {
  /** Of the states that are seen; its edges are the lines, by `lineId`. */
  readonly tree: Tree;
  readonly lines: ReadonlyMap<string, Lifted>;
  /** By the state they stand in. */
  readonly words: ReadonlyMap<string, readonly Lifted[]>;
  readonly flows: readonly (readonly [from: string, to: string])[];
  /** Ids of the boxes that hide states, with the number of those. */
  readonly closed: ReadonlyMap<string, number>;
}

/** An overview has few lines, so they may go further than those of a whole chart. */
const limits = { sourcesMax: 4, backMax: 8 };
/** Longest word, in characters. */
const wordChars = 34;
/** Longest guard. */
const guardChars = 22;

/**
 * @param depth   of the deepest states that are seen; the root is at 0
 * @param folded  ids of states above that whose inside is not seen either
 */
export function overviewPlan(
  chart: Chart,
  depth: number,
  folded: ReadonlySet<string> = new Set(),
): OverviewPlan {
  const whole = treeOf(chart);
  const seen = (id: string): string => {
    const path = whole.pathOf(id).slice(0, depth + 1);
    return (path.find((node) => folded.has(node.id)) ?? path.at(-1))?.id ?? id;
  };
  const nodes = chart.nodes.filter(({ id }) => seen(id) === id);
  const closed = new Map(
    nodes.flatMap(({ id }): [string, number][] => {
      const count = chart.nodes.filter((node) => seen(node.id) === id).length - 1;
      return count === 0 ? [] : [[id, count]];
    }),
  );
  const { between, within } = lifted(chart, seen);
  const all = treeOf({ ...chart, nodes: nodes.map(plain), edges: between.map(edgeOf) });
  const kept = linesOf(all, limits);
  const tree = treeOf({ ...all.chart, edges: all.chart.edges.filter(({ id }) => kept.has(id)) });
  const isLine = (each: Lifted): boolean => kept.has(pairOf(each));
  return {
    tree,
    lines: new Map(between.filter(isLine).map((each) => [pairOf(each), each])),
    words: wordsOf(all, [...within, ...between.filter((each) => !isLine(each))]),
    flows: flowsOf(all, kept),
    closed,
  };
}

const pairOf = ({ source, target }: Pick<Lifted, 'source' | 'target'>): string =>
  `${source}>${target}`;

/** What a state does belongs to the whole chart. */
const plain = (node: ChartNode): ChartNode => ({ ...node, entry: [], exit: [], invokes: [] });

/** Between two boxes by their ends, within one by the command. What else stays within a box is not shown. */
function lifted(
  chart: Chart,
  seen: (id: string) => string,
): { readonly between: readonly Lifted[]; readonly within: readonly Lifted[] } {
  const between = new Map<string, Edge[]>();
  const within = new Map<string, Edge[]>();
  for (const edge of chart.edges) {
    const source = seen(edge.source);
    const target = seen(edge.targets[0] ?? edge.source);
    const isWithin = source === target;
    if (isWithin && edge.kind !== 'command') continue;
    const groups = isWithin ? within : between;
    const key = `${source}>${target}${isWithin ? `>${edge.eventType}` : ''}`;
    groups.set(key, [...(groups.get(key) ?? []), edge]);
  }
  const groupsOf = (groups: ReadonlyMap<string, readonly Edge[]>): Lifted[] =>
    [...groups].map(([key, edges]) => {
      const [source = '', target = ''] = key.split('>');
      return { source, target, ...named(chart, edges) };
    });
  return { between: groupsOf(between), within: groupsOf(within) };
}

const ranks: Readonly<Record<Edge['kind'], number>> = {
  ...{ command: 0, error: 1, after: 2, event: 3, done: 4, always: 5 },
};

function named(chart: Chart, all: readonly Edge[]): Pick<Lifted, 'edges' | 'text'> {
  const edges = [...all].sort((left, right) => ranks[left.kind] - ranks[right.kind]);
  const labels = new Set(edges.map((edge) => labelOf(chart, edge)));
  const [first = ''] = labels;
  return { edges, text: labels.size === 1 ? first : `${first} +${labels.size - 1}` };
}

/** Short: without the name of the machine, and by its guard where the event says nothing. */
function labelOf(chart: Chart, { kind, guard, label }: Edge): string {
  const isBare = (kind === 'always' || kind === 'done') && guard !== undefined;
  if (isBare) return cut(`[${guard}]`, guardChars);
  return label.startsWith(`${chart.id}.`) ? label.slice(chart.id.length + 1) : label;
}

const cut = (text: string, chars: number): string =>
  text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;

const edgeOf = (each: Lifted): Edge => ({
  id: pairOf(each),
  source: each.source,
  targets: [each.target],
  eventType: each.edges[0]?.eventType ?? '',
  label: each.text,
  kind: each.edges[0]?.kind ?? 'event',
  actions: [],
  reenter: false,
});

/** Those of one state that read the same are one word with all their targets. */
function wordsOf(tree: Tree, all: readonly Lifted[]): Map<string, Lifted[]> {
  const alike = new Map<string, Lifted[]>();
  for (const each of all) {
    const isWithin = each.source === each.target;
    const key = `${each.source}>${String(isWithin)}>${each.text}`;
    alike.set(key, [...(alike.get(key) ?? []), each]);
  }
  const words = new Map<string, Lifted[]>();
  for (const [first, ...more] of alike.values()) {
    if (first === undefined) continue;
    const { source, target } = first;
    const to = source === target ? '' : ` → ${nameFrom(tree, source, target)}`;
    const rest = more.length === 0 ? '' : ` +${more.length}`;
    const text = `${cut(`${first.text}${to}`, wordChars)}${rest}`;
    const edges = [first, ...more].flatMap((each) => each.edges);
    words.set(source, [...(words.get(source) ?? []), { ...first, edges, text }]);
  }
  return words;
}
