/** An overview as one SVG text that stands by itself, as `svgOf` makes of the whole chart. */
import { roundedPath } from './geometry.ts';
import { measures } from './measures.ts';
import type {
  Chart,
  ChartNode,
  Edge,
  Overview,
  OverviewLine,
  OverviewNode,
  OverviewWord,
} from './model.ts';
import { activeInside, hiddenText, movedInside } from './overview-marks.ts';
import { escaped, flowsSvg, framed, initialSvg, tagsSvg } from './svg-parts.ts';
import type { Theme } from './svg-style.ts';
import { treeOf } from './tree.ts';
import type { Tree } from './tree.ts';

export interface OverviewDrawing {
  readonly chart: Chart;
  readonly overview: Overview;
  /** As `activeIdsOf` gives them. */
  readonly activeIds?: readonly string[];
  readonly takenEdges?: readonly string[];
  /** `auto` follows the reader's system. */
  readonly theme?: Theme;
}

interface Marks {
  readonly tree: Tree;
  readonly active: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  /** Boxes in which an edge was taken that is not drawn. */
  readonly moved: ReadonlySet<string>;
  readonly edges: ReadonlyMap<string, Edge>;
}

export function overviewSvgOf(drawing: OverviewDrawing): string {
  const { chart, overview, activeIds = [], takenEdges = [], theme } = drawing;
  const taken = new Set(takenEdges);
  const marks: Marks = {
    tree: treeOf(chart),
    active: new Set(activeIds),
    taken,
    moved: movedInside(chart, overview, taken),
    edges: new Map(chart.edges.map((edge) => [edge.id, edge])),
  };
  const boxes = Object.entries(overview.nodes).sort(([, a], [, b]) => a.depth - b.depth);
  return framed(chart, overview, { title: `Overview of ${chart.id}`, theme }, [
    ...boxes.map(([id, placed]) => boxSvg(marks.tree.node(id), placed, marks)),
    ...flowsSvg(overview.flows),
    ...Object.values(overview.initials).map(initialSvg),
    ...overview.lines.map((line) => lineSvg(line, marks)),
    ...overview.lines.map((line) => pillSvg(line, marks)),
  ]);
}

function boxSvg(node: ChartNode, placed: OverviewNode, marks: Marks): string {
  const { x, y, width, height, words, hidden } = placed;
  const isOpen = hidden === 0 && marks.tree.childrenOf(node.id).length > 0;
  const isPlain = words.length === 0 && hidden === 0 && !isOpen;
  const nameY = isPlain ? y + height / 2 + 4.5 : y + measures.header / 2 + 5;
  const sign = node.type === 'parallel' ? ' ∥' : '';
  const rect = (className: string, by: number): string =>
    `<rect class="${className}" x="${x + by}" y="${y + by}" width="${width - Math.max(0, 2 * by)}" height="${height - Math.max(0, 2 * by)}" rx="${by > 0 ? 6 : 8}"/>`;
  return [
    `<g class="${classesOf(node, placed, { ...marks, isOpen })}">`,
    node.description === undefined ? '' : `<title>${escaped(node.description)}</title>`,
    hidden > 0
      ? `<rect class="under" x="${x + 4}" y="${y + 4}" width="${width}" height="${height}" rx="8"/>`
      : '',
    rect('box', 0),
    node.type === 'final' ? rect('final', 3) : '',
    `<text class="name" x="${x + measures.side}" y="${nameY}">${escaped(node.key)}${sign}</text>`,
    tagsSvg(node, placed),
    hidden > 0 ? insideSvg(node, placed, marks) : '',
    ...words.map((word) => wordSvg(word, placed, marks)),
    '</g>',
  ].join('');
}

function classesOf(
  node: ChartNode,
  { depth, hidden }: OverviewNode,
  { tree, active, moved, isOpen }: Marks & { readonly isOpen: boolean },
): string {
  return [
    'node',
    isOpen ? 'outer' : '',
    depth % 2 === 1 ? 'odd' : '',
    hidden > 0 ? 'closed' : '',
    node.parent !== null && tree.node(node.parent).type === 'parallel' ? 'region' : '',
    active.has(node.id) ? (isOpen || hidden > 0 ? 'entered' : 'active') : '',
    node.tags.includes('alert') ? 'alert' : '',
    moved.has(node.id) ? 'moved' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function insideSvg(node: ChartNode, { x, y, width, hidden }: OverviewNode, marks: Marks): string {
  const names = activeInside(marks.tree, node.id, marks.active);
  const text = names.length === 0 ? hiddenText(hidden) : `● ${names.join(', ')}`;
  const chars = Math.floor((width - measures.side - 4) / 6.7);
  const cut = text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
  return `<text class="row ${names.length === 0 ? '' : 'inside'}" x="${x + measures.side}" y="${y + measures.header + 10}">${escaped(cut)}</text>`;
}

function wordSvg(word: OverviewWord, { x, y }: OverviewNode, marks: Marks): string {
  const at = word.text.indexOf('→');
  const [head, tail] = at === -1 ? [word.text, ''] : [word.text.slice(0, at), word.text.slice(at)];
  const tailText = tail === '' ? '' : `<tspan class="tail">${escaped(tail)}</tspan>`;
  const classes = `row ${tail === '' ? '' : 'portal '}${lookOf(word, marks)}`;
  return `<text class="${classes}" xml:space="preserve" x="${x + word.x}" y="${y + word.y + 4}">${escaped(head)}${tailText}</text>`;
}

const lookOf = (part: Pick<OverviewLine, 'edges'>, marks: Marks): string =>
  `k-${marks.edges.get(part.edges[0] ?? '')?.kind ?? 'event'}${isTaken(part, marks) ? ' taken' : ''}`;

const isTaken = ({ edges }: Pick<OverviewLine, 'edges'>, { taken }: Marks): boolean =>
  edges.some((id) => taken.has(id));

function lineSvg(line: OverviewLine, marks: Marks): string {
  const isError = line.edges.every((id) => marks.edges.get(id)?.kind === 'error');
  const look = isTaken(line, marks) ? 'taken' : isError ? 'error' : '';
  return `<path class="edge ${look}" d="${roundedPath(line.points)}" marker-end="url(#${look === '' ? 'arrow' : look})"/>`;
}

function pillSvg(line: OverviewLine, marks: Marks): string {
  const { x, y, width, height } = line.label;
  return `<g class="pill ${lookOf(line, marks)}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${height / 2}"/><text x="${x + measures.pillSide}" y="${y + 13.5}"><tspan class="event">${escaped(line.text)}</tspan></text></g>`;
}
