/** One state: box, name, tags, and rows for what it does and where it leads. */
import { measures } from '../../chart/measures.ts';
import type { ChartNode, Edge, NodeRow, PlacedNode } from '../../chart/model.ts';
import type { Tree } from '../../chart/tree.ts';
import type { DrawingProps } from './drawing-props.ts';
import { commandLabel } from './pill.tsx';
import { pressing } from './pressing.ts';

interface Props extends DrawingProps {
  readonly tree: Tree;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly id: string;
  readonly placed: PlacedNode;
}

export function NodeBox(props: Props) {
  const { tree, id, placed, marks } = props;
  const node = tree.node(id);
  if (node.type === 'history') return <HistorySign node={node} placed={placed} />;
  const { x, y, width, height, rows } = placed;
  const hasInside = tree.childrenOf(id).length > 0;
  const isLeaf = marks.leaves.has(id);
  const isTall = rows.length === 0 && !hasInside;
  const nameY = isTall ? y + height / 2 + 4.5 : y + measures.header / 2 + 5;
  const nameX = x + measures.side + (isLeaf ? 7 : 0);
  return (
    <g class={classesOf(props, node, hasInside)}>
      {node.description !== undefined && <title>{node.description}</title>}
      {isLeaf && <rect class="halo" x={x} y={y} width={width} height={height} rx={8} />}
      <rect class="box" x={x} y={y} width={width} height={height} rx={8} />
      {node.type === 'final' && (
        <rect class="final" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={6} />
      )}
      {rows.length > 0 && !hasInside && (
        <path class="rule" d={`M${x} ${y + measures.header}H${x + width}`} />
      )}
      {isLeaf && <circle class="dot" cx={x + 11} cy={nameY - 4.5} r={3.5} />}
      <text class="name" x={nameX} y={nameY}>
        {node.key}
        {node.type === 'parallel' && <tspan class="guard"> parallel</tspan>}
      </text>
      <Tags node={node} placed={placed} />
      {rows.map((row, index) => (
        <Row key={index} {...props} row={row} />
      ))}
    </g>
  );
}

function classesOf(
  { tree, placed, marks, lit }: Props,
  node: ChartNode,
  hasInside: boolean,
): string {
  return [
    'node',
    hasInside ? 'outer' : '',
    placed.depth % 2 === 1 ? 'odd' : '',
    node.parent !== null && tree.node(node.parent).type === 'parallel' ? 'region' : '',
    marks.leaves.has(node.id) ? 'active' : marks.active.has(node.id) ? 'entered' : '',
    node.tags.includes('alert') ? 'alert' : '',
    lit === node.id ? 'lit' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function HistorySign({
  node,
  placed: { x, y, width, height },
}: {
  readonly node: ChartNode;
  readonly placed: PlacedNode;
}) {
  return (
    <g class="node">
      <circle class="box" cx={x + width / 2} cy={y + height / 2} r={width / 2} />
      <text class="name mid" x={x + width / 2} y={y + height / 2 + 4.5}>
        {node.history === 'deep' ? 'H*' : 'H'}
      </text>
    </g>
  );
}

/** px of a letter of a row, in the widest of its fonts. */
const ROW_LETTER = 6.65;

/** px of a letter of a tag; the layout keeps room for the widest font, so this only has to be near. */
const TAG_LETTER = 5.6;

export function Tags({
  node: { tags },
  placed: { x, y, width },
}: {
  readonly node: ChartNode;
  readonly placed: Pick<PlacedNode, 'x' | 'y' | 'width'>;
}) {
  let right = x + width - 8;
  return (
    <>
      {tags.map((tag) => {
        const size = tag.length * TAG_LETTER + measures.tagPadding;
        right -= size;
        const left = right;
        right -= measures.tagGap;
        return (
          <g key={tag}>
            <rect class="tag" x={left} y={y + 6} width={size} height={15} rx={7.5} />
            <text class="tagtext mid" x={left + size / 2} y={y + 17}>
              {tag}
            </text>
          </g>
        );
      })}
    </>
  );
}

/** The first word is quieter than what follows; of a portal the target stands out, and a click goes there. */
function Row({
  row,
  placed: { x, y, width },
  edges,
  marks,
  onCommand,
  onPortal,
  onLight,
}: Props & { readonly row: NodeRow }) {
  const edge = row.edge === undefined ? undefined : edges.get(row.edge);
  const sign = edge && marks.commands.get(edge.id);
  const [head, tail] = split(row, edge);
  const isTaken = edge !== undefined && marks.taken.has(edge.id);
  const classes = ['row', row.kind, edge?.kind, sign, isTaken && 'taken'].filter(Boolean).join(' ');
  const press =
    edge === undefined
      ? {}
      : sign !== undefined
        ? pressing(commandLabel(edge, sign), () => onCommand(edge))
        : row.kind === 'portal'
          ? { onClick: () => onPortal(edge) }
          : {};
  const light =
    row.kind === 'portal'
      ? { onPointerEnter: () => onLight(edge?.targets[0] ?? ''), onPointerLeave: () => onLight('') }
      : {};
  return (
    <g class={classes} {...press} {...light}>
      <rect
        class="row-ground"
        x={x + 4}
        y={y + row.y - 8}
        width={
          sign === undefined
            ? width - 8
            : Math.min(
                width - 8,
                (row.text.length + (sign === 'blocked' ? 2 : 0)) * ROW_LETTER + 16,
              )
        }
        height={measures.row}
        rx={4}
      />
      <text xml:space="preserve" x={x + measures.side} y={y + row.y + 4}>
        {head}
        {tail !== '' && <tspan class="tail">{tail}</tspan>}
        {sign === 'blocked' && <tspan class="blocked-sign"> ⊘</tspan>}
      </text>
    </g>
  );
}

function split({ text }: NodeRow, edge: Edge | undefined): [head: string, tail: string] {
  const arrow = text.indexOf('→');
  const at = arrow !== -1 ? arrow : edge === undefined ? text.indexOf(' ') + 1 : text.length;
  return [text.slice(0, at), text.slice(at)];
}
