/** A chart in mermaid's words (`stateDiagram-v2`), for README files and pages that draw it themselves. */
import { linesOf } from './lines.ts';
import type { Chart, ChartNode, Edge } from './model.ts';
import { treeOf } from './tree.ts';
import type { Tree } from './tree.ts';
import { rowsOf } from './wording.ts';

interface Pen {
  readonly tree: Tree;
  readonly names: ReadonlyMap<string, string>;
  readonly lines: ReadonlySet<string>;
}

/**
 * Mermaid cannot draw edges between the insides of two states, so these are text in the state they leave.
 * @param activeIds  as `activeIdsOf` gives them; only states without states inside can be coloured
 */
export function mermaidOf(chart: Chart, activeIds: readonly string[] = []): string {
  const tree = treeOf(chart);
  const names = new Map(chart.nodes.map(({ id }, index) => [id, `s${index}`]));
  const pen = { tree, names, lines: linesOf(tree) };
  const leaves = activeIds.filter((id) => tree.childrenOf(id).length === 0);
  const body = [
    ...stateLines(pen, tree.root),
    ...(leaves.length === 0
      ? []
      : ['classDef active fill:#d9f3ef,stroke:#0f766e,stroke-width:2px']),
    ...leaves.map((id) => `class ${nameOf(pen, id)} active`),
  ];
  return ['stateDiagram-v2', ...body.map((line) => `  ${line}`)]
    .map((line) => `${line}\n`)
    .join('');
}

const nameOf = ({ names }: Pen, id: string): string => names.get(id) ?? id;

function stateLines(pen: Pen, node: ChartNode): string[] {
  const { tree, lines } = pen;
  const name = nameOf(pen, node.id);
  const rows = rowsOf(tree, node, lines).map(({ text }) => plain(text));
  const children = tree.childrenOf(node.id);
  const title = `state "${plain(node.key)}" as ${name}`;
  if (children.length === 0) {
    const end = node.type === 'final' ? [`${name} --> [*]`] : [];
    return [title, ...rows.map((row) => `${name} : ${row}`), ...end];
  }
  const isParallel = node.type === 'parallel';
  const parts = children.map((child) => stateLines(pen, child));
  const inside = isParallel
    ? parts.flatMap((part, index) => (index === 0 ? part : ['--', ...part]))
    : [...initialLines(pen, node, children), ...parts.flat(), ...edgeLines(pen, children)];
  const note =
    rows.length === 0
      ? []
      : [`note right of ${name}`, ...rows.map((row) => `  ${row}`), 'end note'];
  return [`${title} {`, ...inside.map((line) => `  ${line}`), '}', ...note];
}

const initialLines = (pen: Pen, node: ChartNode, children: readonly ChartNode[]): string[] =>
  children.filter(({ key }) => key === node.initial).map(({ id }) => `[*] --> ${nameOf(pen, id)}`);

const edgeLines = (pen: Pen, children: readonly ChartNode[]): string[] =>
  children
    .flatMap(({ id }) => pen.tree.edgesFrom(id))
    .filter(({ id }) => pen.lines.has(id))
    .map((edge) => edgeLine(pen, edge));

function edgeLine(pen: Pen, { source, targets, label, guard, actions }: Edge): string {
  const words = [
    label,
    ...(guard === undefined ? [] : [`[${guard}]`]),
    ...(actions.length === 0 ? [] : [`/ ${actions.join(', ')}`]),
  ];
  const [target = ''] = targets;
  return `${nameOf(pen, source)} --> ${nameOf(pen, target)} : ${plain(words.join(' '))}`;
}

/** Without the signs that end or open something in mermaid. */
const plain = (text: string): string =>
  text
    .trim()
    .replaceAll('"', "'")
    .replaceAll(/[:;#{}<>]/g, ' ');
