/** A chart in the words of Graphviz: states with states inside are clusters. */
import type { Chart, ChartNode, Edge } from './model.ts';
import { treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

interface Pen {
  readonly tree: Tree;
  readonly active: ReadonlySet<string>;
}

/** @param activeIds  as `activeIdsOf` gives them */
export function dotOf(chart: Chart, activeIds: readonly string[] = []): string {
  const tree = treeOf(chart);
  const pen = { tree, active: new Set(activeIds) };
  const body = [
    'compound=true',
    'fontname="DejaVu Sans"',
    'node [shape=box, style="rounded,filled", fillcolor="#ffffff", fontname="DejaVu Sans", fontsize=11]',
    'edge [fontname="DejaVu Sans", fontsize=10]',
    ...stateLines(pen, tree.root),
    ...chart.edges.flatMap((edge) => edgeLines(pen, edge)),
  ];
  return `digraph ${quoted(chart.id)} {\n${body.map((line) => `  ${line}\n`).join('')}}\n`;
}

function stateLines(pen: Pen, node: ChartNode): string[] {
  const { tree, active } = pen;
  const children = tree.childrenOf(node.id);
  const mark = active.has(node.id);
  if (children.length === 0) {
    const look = [
      `label=${quoted(labelOf(node))}`,
      ...(node.type === 'final' ? ['peripheries=2'] : []),
      ...(mark ? ['fillcolor="#d9f3ef"', 'color="#0f766e"', 'penwidth=2'] : []),
    ];
    return [`${quoted(node.id)} [${look.join(', ')}]`];
  }
  const initial = children.find(({ key }) => node.type === 'compound' && key === node.initial);
  const isRegion = node.parent !== null && tree.node(node.parent).type === 'parallel';
  const inside = [
    `label=${quoted(labelOf(node))}`,
    `style=${isRegion ? '"rounded,dashed"' : '"rounded"'}`,
    ...(mark ? ['color="#0f766e"', 'penwidth=2'] : ['color="#8b93a7"']),
    // Lines to the cluster need something in it to point at.
    `${quoted(anchorOf(node.id))} [shape=point, width=0.08]`,
    ...children.flatMap((child) => stateLines(pen, child)),
    ...(initial === undefined ? [] : [line(pen, anchorOf(node.id), initial.id, [])]),
  ];
  return [`subgraph ${quoted(`cluster_${node.id}`)} {`, ...inside.map((each) => `  ${each}`), '}'];
}

const labelOf = ({ key, type, history, entry, invokes }: ChartNode): string =>
  [
    type === 'history' ? (history === 'deep' ? 'H*' : 'H') : key,
    ...(entry.length === 0 ? [] : [`entry ${entry.join(', ')}`]),
    ...invokes.map(({ src }) => `invoke ${src}`),
  ].join('\n');

function edgeLines(pen: Pen, edge: Edge): string[] {
  const guard = edge.guard === undefined ? '' : ` [${edge.guard}]`;
  const targets = edge.targets.length === 0 ? [edge.source] : edge.targets;
  const look = [
    `label=${quoted(`${edge.label}${guard}`)}`,
    ...(edge.kind === 'error' ? ['color="#b42318"'] : []),
    ...(edge.targets.length === 0 ? ['style=dotted'] : []),
  ];
  return targets.map((target) => line(pen, edge.source, target, look));
}

const anchorOf = (id: string): string => `${id} dot`;

/** States with states inside are reached by what stands for them, cut off at their border. */
function line({ tree }: Pen, source: string, target: string, look: readonly string[]): string {
  const isCluster = (id: string): boolean =>
    tree.chart.nodes.some((node) => node.id === id) && tree.childrenOf(id).length > 0;
  const end = (id: string): string => quoted(isCluster(id) ? anchorOf(id) : id);
  const all = [
    ...look,
    ...(isCluster(source) && source !== target ? [`ltail=${quoted(`cluster_${source}`)}`] : []),
    ...(isCluster(target) && source !== target ? [`lhead=${quoted(`cluster_${target}`)}`] : []),
  ];
  return `${end(source)} -> ${end(target)}${all.length === 0 ? '' : ` [${all.join(', ')}]`}`;
}

const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
