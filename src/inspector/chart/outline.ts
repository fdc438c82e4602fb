/** A chart as a tree of text, for terminals, and for values whose chart is not known here. */
import type { Chart, ChartNode, Edge } from './model.ts';
import { nameFrom, treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** What a word of the outline is, for whoever colours it. */
export type OutlineInk = 'active' | 'entered' | 'other' | 'edge' | 'error';

export interface OutlineWish {
  /** As `activeIdsOf` gives them; marks them, and folds what is not entered into one line. */
  readonly activeIds?: readonly string[];
  /** Terminals that know letters only. */
  readonly isAscii?: boolean;
  readonly paint?: (ink: OutlineInk, text: string) => string;
}

interface Signs {
  readonly entered: string;
  readonly active: string;
  readonly other: string;
  readonly branch: string;
  readonly last: string;
  readonly bar: string;
  readonly to: string;
  readonly between: string;
}

const signs: Signs = {
  ...{ entered: '◉', active: '●', other: '○', branch: '├─ ', last: '└─ ', bar: '│  ' },
  ...{ to: '→', between: ' · ' },
};
const asciiSigns: Signs = {
  ...{ entered: '@', active: '*', other: 'o', branch: '|- ', last: '`- ', bar: '|  ' },
  ...{ to: '->', between: ', ' },
};

interface Pen extends Signs {
  readonly tree: Tree;
  readonly marked: ReadonlySet<string> | undefined;
  paint(ink: OutlineInk, text: string): string;
}

/** Lines end in line feeds; entered states `◉`, active ones without states inside `●`, all others `○`. */
export function outlineOf(chart: Chart, wish: OutlineWish = {}): string {
  const tree = treeOf(chart);
  const marked = wish.activeIds === undefined ? undefined : new Set(wish.activeIds);
  const pen: Pen = {
    ...(wish.isAscii === true ? asciiSigns : signs),
    tree,
    marked,
    paint: plainOr(wish),
  };
  return [head(pen, tree.root), ...below(pen, tree.root, '')].map((line) => `${line}\n`).join('');
}

const plainOr = ({ paint }: OutlineWish): Pen['paint'] => paint ?? ((_, text) => text);

function head(pen: Pen, node: ChartNode): string {
  const isActive = pen.marked?.has(node.id) === true;
  const hasInside = pen.tree.childrenOf(node.id).length > 0;
  const ink = isActive ? (hasInside ? 'entered' : 'active') : 'other';
  const marks = [
    ...(node.type === 'parallel' ? ['parallel'] : []),
    ...finalMark(node),
    ...node.tags,
  ];
  const text = `${pen[ink]} ${node.key}`;
  return `${pen.paint(ink, text)}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`;
}

const finalMark = ({ type, history }: ChartNode): string[] =>
  type === 'final' ? ['final'] : type === 'history' ? [`${history ?? 'shallow'} history`] : [];

function below(pen: Pen, node: ChartNode, indent: string): string[] {
  const children = pen.tree.childrenOf(node.id);
  const isFolded = (child: ChartNode): boolean =>
    pen.marked !== undefined && !pen.marked.has(child.id);
  const shown = children.filter((child) => !isFolded(child));
  const folded = children.filter(isFolded);
  const bar = children.length > 0 ? pen.bar : '   ';
  const edges = pen.tree.edgesFrom(node.id).map((edge) => `${indent}${bar}${edgeText(pen, edge)}`);
  const inside = shown.flatMap((child, index) => {
    const isLast = index === shown.length - 1 && folded.length === 0;
    return [
      `${indent}${isLast ? pen.last : pen.branch}${head(pen, child)}`,
      ...below(pen, child, indent + (isLast ? '   ' : pen.bar)),
    ];
  });
  const rest = folded.map(({ key }) => `${pen.other} ${key}`).join('  ');
  return [
    ...edges,
    ...inside,
    ...(rest === '' ? [] : [`${indent}${pen.last}${pen.paint('other', rest)}`]),
  ];
}

function edgeText(pen: Pen, edge: Edge): string {
  const targets = edge.targets.map((target) => nameFrom(pen.tree, edge.source, target)).join(', ');
  const guard = edge.guard === undefined ? '' : ` [${edge.guard}]`;
  const end = targets === '' ? ` / ${edge.actions.join(', ') || '-'}` : ` ${pen.to} ${targets}`;
  return pen.paint(edge.kind === 'error' ? 'error' : 'edge', `${edge.label}${guard}${end}`);
}

/** Of a state value alone, where no chart of ours fits it. */
export function outlineOfValue(name: string, value: unknown, wish: OutlineWish = {}): string {
  const pen = { ...(wish.isAscii === true ? asciiSigns : signs), paint: plainOr(wish) };
  const inside = (part: unknown, indent: string): string[] => {
    const entries: [string, unknown][] =
      typeof part === 'string' ? [[part, {}]] : isObject(part) ? Object.entries(part) : [];
    return entries.flatMap(([key, more], index) => {
      const isLast = index === entries.length - 1;
      const isLeaf = isObject(more) && Object.keys(more).length === 0;
      const sign = isLeaf
        ? pen.paint('active', `${pen.active} ${key}`)
        : pen.paint('entered', `${pen.entered} ${key}`);
      return [
        `${indent}${isLast ? pen.last : pen.branch}${sign}`,
        ...inside(more, indent + (isLast ? '   ' : pen.bar)),
      ];
    });
  };
  return [pen.paint('entered', `${pen.entered} ${name}`), ...inside(value, '')]
    .map((line) => `${line}\n`)
    .join('');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
