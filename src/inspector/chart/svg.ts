/** A chart as one SVG text that stands by itself: for the docs and the CLI. The page draws the same with elements of its own. */
import { linesIn, paintOrder } from './geometry.ts';
import { measures } from './measures.ts';
import type { Chart, ChartNode, Edge, Layout, NodeRow, PlacedNode } from './model.ts';
import type { Theme } from './svg-style.ts';
import { escaped, flowsSvg, framed, initialSvg, tagsSvg } from './svg-parts.ts';
import { pillGap, pillLines } from './wording.ts';

export interface Drawing {
  readonly chart: Chart;
  readonly layout: Layout;
  /** As `activeIdsOf` gives them. */
  readonly activeIds?: readonly string[];
  readonly takenEdges?: readonly string[];
  /** Class of a state or an edge besides, for styles of the caller's own; of a line with several edges, that of each. */
  readonly markOf?: (id: string) => string;
  /** `auto` follows the reader's system. */
  readonly theme?: Theme;
}

const unmarked = (): string => '';

export function svgOf(drawing: Drawing): string {
  const { chart, layout, activeIds = [], takenEdges = [], markOf = unmarked, theme } = drawing;
  const nodes = new Map(chart.nodes.map((node) => [node.id, node]));
  const edges = new Map(chart.edges.map((edge) => [edge.id, edge]));
  const marks = { active: new Set(activeIds), taken: new Set(takenEdges), edges, chart, markOf };
  const boxes = paintOrder(layout).flatMap(([id, placed]) => {
    const node = nodes.get(id);
    return node === undefined ? [] : [nodeSvg(node, placed, marks)];
  });
  return framed(chart, layout, { title: `Chart of ${chart.id}`, theme }, [
    ...boxes,
    ...flowsSvg(layout.flows),
    ...Object.values(layout.initials).map(initialSvg),
    ...linesIn(chart, layout).map((line) => lineSvg(line, marks)),
    ...chart.edges.map((edge) => pillSvg(edge, layout, marks)),
  ]);
}

interface Marks {
  readonly chart: Chart;
  readonly active: ReadonlySet<string>;
  readonly taken: ReadonlySet<string>;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly markOf: (id: string) => string;
}

function nodeSvg(node: ChartNode, placed: PlacedNode, marks: Marks): string {
  const { x, y, width, height, rows } = placed;
  if (node.type === 'history')
    return `<g class="node"><circle class="box" cx="${x + width / 2}" cy="${y + height / 2}" r="${width / 2}"/><text class="name mid" x="${x + width / 2}" y="${y + height / 2 + 4.5}">${node.history === 'deep' ? 'H*' : 'H'}</text></g>`;
  const hasInside = marks.chart.nodes.some((other) => other.parent === node.id);
  const isActive = marks.active.has(node.id);
  const isTall = rows.length === 0 && !hasInside;
  const nameY = isTall ? y + height / 2 + 4.5 : y + measures.header / 2 + 5;
  const sign = node.type === 'parallel' ? ' ∥' : '';
  return [
    `<g class="${nodeClasses(node, placed, { ...marks, hasInside })}">`,
    node.description === undefined ? '' : `<title>${escaped(node.description)}</title>`,
    `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
    node.type === 'final'
      ? `<rect class="final" x="${x + 3}" y="${y + 3}" width="${width - 6}" height="${height - 6}" rx="6"/>`
      : '',
    rows.length > 0 && !hasInside
      ? `<path class="rule" d="M${x} ${y + measures.header}H${x + width}"/>`
      : '',
    isActive && !hasInside
      ? `<circle class="dot" cx="${x + 11}" cy="${nameY - 4.5}" r="3.5"/>`
      : '',
    `<text class="name" x="${x + measures.side + (isActive && !hasInside ? 7 : 0)}" y="${nameY}">${escaped(node.key)}${sign}</text>`,
    tagsSvg(node, placed),
    ...rows.map((row) => rowSvg(row, placed, marks)),
    '</g>',
  ].join('');
}

function nodeClasses(
  node: ChartNode,
  { depth }: PlacedNode,
  { chart, active, hasInside, markOf }: Marks & { readonly hasInside: boolean },
): string {
  const parent = chart.nodes.find(({ id }) => id === node.parent);
  const classes = [
    'node',
    hasInside ? 'outer' : '',
    depth % 2 === 1 ? 'odd' : '',
    parent?.type === 'parallel' ? 'region' : '',
    active.has(node.id) ? (hasInside ? 'entered' : 'active') : '',
    node.tags.includes('alert') ? 'alert' : '',
    markOf(node.id),
  ];
  return classes.filter(Boolean).join(' ');
}

/** The first word is quieter than what follows, but for portals: there the target stands out. */
function rowSvg(row: NodeRow, { x, y }: PlacedNode, marks: Marks): string {
  const { edges, taken, markOf } = marks;
  const edge = row.edge === undefined ? undefined : edges.get(row.edge);
  const at = row.text.indexOf('→');
  const [head, tail] =
    at === -1 ? splitAfterWord(row, edge) : [row.text.slice(0, at), row.text.slice(at)];
  const kind = edge === undefined ? '' : `k-${edge.kind}`;
  const mark = edge === undefined ? '' : markOf(edge.id);
  const classes = ['row', row.kind, kind, taken.has(row.edge ?? '') ? 'taken' : '', mark];
  const tailText = tail === '' ? '' : `<tspan class="tail">${escaped(tail)}</tspan>`;
  return `<text class="${classes.filter(Boolean).join(' ')}" xml:space="preserve" x="${x + measures.side}" y="${y + row.y + 4}">${escaped(head)}${tailText}</text>`;
}

function splitAfterWord({ text }: NodeRow, edge: Edge | undefined): [string, string] {
  const length = edge === undefined ? text.indexOf(' ') + 1 : text.length;
  return [text.slice(0, length), text.slice(length)];
}

function lineSvg({ path, edges }: ReturnType<typeof linesIn>[number], marks: Marks): string {
  const isTaken = edges.some((id) => marks.taken.has(id));
  const isError = edges.every((id) => marks.edges.get(id)?.kind === 'error');
  const look = isTaken ? 'taken' : isError ? 'error' : '';
  const classes = [look, ...new Set(edges.map(marks.markOf))].filter(Boolean).join(' ');
  return `<path class="edge ${classes}" d="${path}" marker-end="url(#${look === '' ? 'arrow' : look})"/>`;
}

function pillSvg(edge: Edge, layout: Layout, { taken, markOf }: Marks): string {
  const label = layout.edges[edge.id]?.label;
  if (label === undefined) return '';
  const { x, y, width, height } = label;
  const lines = pillLines(edge);
  const texts = lines.map((parts, index) => {
    const words = parts
      .map(
        ({ text, style }, at) =>
          `<tspan class="${style}"${at > 0 ? ` dx="${pillGap}"` : ''}>${escaped(text)}</tspan>`,
      )
      .join('');
    return `<text x="${x + measures.pillSide}" y="${y + 13.5 + index * measures.pillLine}">${words}</text>`;
  });
  const mark = markOf(edge.id);
  const classes = `pill k-${edge.kind}${taken.has(edge.id) ? ' taken' : ''}${mark === '' ? '' : ` ${mark}`}`;
  const rx = lines.length === 1 ? height / 2 : 8;
  return `<g class="${classes}"><rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${rx}"/>${texts.join('')}</g>`;
}
