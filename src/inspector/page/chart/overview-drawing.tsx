/** The overview of a chart: boxes that open into the whole one, and lines and words that stand for many edges. */
import { useMemo } from 'preact/hooks';
import { roundedPath } from '../../chart/geometry.ts';
import { measures } from '../../chart/measures.ts';
import type {
  Chart,
  Edge,
  Overview,
  OverviewLine,
  OverviewNode,
  OverviewWord,
} from '../../chart/model.ts';
import { activeInside, hiddenText, movedInside } from '../../chart/overview-marks.ts';
import { treeOf } from '../../chart/tree.ts';
import type { Tree } from '../../chart/tree.ts';
import { ArrowHeads, Initial } from './drawing.tsx';
import type { DrawingProps } from './drawing-props.ts';
import { Tags } from './node-box.tsx';
import { commandLabel } from './pill.tsx';
import { pressing } from './pressing.ts';
import { Runner } from './runner.tsx';

interface Props extends Omit<DrawingProps, 'drawn'> {
  readonly chart: Chart;
  readonly overview: Overview;
  /** Into the whole chart, to the state of a box. */
  readonly onOpen: (id: string) => void;
}

interface PartProps extends Props {
  readonly tree: Tree;
  readonly edges: ReadonlyMap<string, Edge>;
  readonly moved: ReadonlySet<string>;
}

export function OverviewDrawing(props: Props) {
  const { chart, overview, marks, moment } = props;
  const fixed = useMemo(
    () => ({ tree: treeOf(chart), edges: new Map(chart.edges.map((edge) => [edge.id, edge])) }),
    [chart],
  );
  const moved = useMemo(
    () => movedInside(chart, overview, marks.taken),
    [chart, overview, marks.taken],
  );
  const all: PartProps = { ...props, ...fixed, moved };
  const boxes = Object.entries(overview.nodes).sort(([, a], [, b]) => a.depth - b.depth);
  return (
    <>
      <ArrowHeads />
      {boxes.map(([id, placed]) => (
        <OverviewBox key={id} {...all} id={id} placed={placed} />
      ))}
      {overview.flows.map((points) => {
        const path = roundedPath(points);
        return <path key={path} class="flow" d={path} marker-end="url(#flow)" />;
      })}
      {Object.entries(overview.initials).map(([id, initial]) => (
        <Initial key={id} {...initial} />
      ))}
      {overview.lines.map((line) => {
        const { look, isTaken } = lightOf(all, line);
        const path = roundedPath(line.points);
        return (
          <g key={path}>
            <path class={`edge ${look}`} d={path} marker-end={`url(#${look || 'arrow'})`} />
            {isTaken && <Runner key={`${moment} ${path}`} path={path} />}
          </g>
        );
      })}
      {overview.lines.map((line) => (
        <LinePill key={`${line.source}>${line.target}`} {...all} line={line} />
      ))}
    </>
  );
}

/** What all edges of a line or word together look like, and the command among them that can be sent or asked about. */
function lightOf({ marks, edges }: PartProps, { edges: ids }: Pick<OverviewLine, 'edges'>) {
  const isTaken = ids.some((id) => marks.taken.has(id));
  const asked =
    ids.find((id) => marks.commands.get(id) === 'enabled') ??
    ids.find((id) => marks.commands.has(id));
  const sign = asked === undefined ? undefined : marks.commands.get(asked);
  const isError = ids.every((id) => edges.get(id)?.kind === 'error');
  const look = isTaken ? 'taken' : sign === 'enabled' ? 'enabled' : isError ? 'error' : '';
  return { isTaken, sign, look, first: edges.get(ids[0] ?? ''), command: edges.get(asked ?? '') };
}

function pressOf({ onCommand }: Props, { sign, command }: ReturnType<typeof lightOf>) {
  return sign === undefined || command === undefined
    ? {}
    : pressing(commandLabel(command, sign), () => onCommand(command));
}

function OverviewBox(props: PartProps & { readonly id: string; readonly placed: OverviewNode }) {
  const { tree, id, placed, marks, moved, moment, onOpen } = props;
  const { x, y, width, height, hidden, words } = placed;
  const node = tree.node(id);
  const isClosed = hidden > 0;
  const isOuter = !isClosed && tree.childrenOf(id).length > 0;
  const names = isClosed ? activeInside(tree, id, marks.active) : [];
  const isPlain = words.length === 0 && !isClosed && !isOuter;
  const isLeaf = marks.leaves.has(id);
  const nameY = isPlain ? y + height / 2 + 4.5 : y + measures.header / 2 + 5;
  const box = { x, y, width, height, rx: 8 };
  const inside = names.length === 0 ? hiddenText(hidden) : `● ${names.join(', ')}`;
  return (
    <g class={classesOf(props, isClosed, isOuter)}>
      <g
        {...(isClosed && opening(`Open ${node.key}: ${openText(hidden, names)}`, () => onOpen(id)))}
      >
        <title>
          {[node.description, names.join(', ')].filter(Boolean).join(' · ') || node.key}
        </title>
        {(isLeaf || moved.has(id)) && (
          <rect key={moment} class={`halo ${moved.has(id) ? 'taken' : ''}`} {...box} />
        )}
        {isClosed && <rect class="under" {...box} x={x + 4} y={y + 4} />}
        <rect class="box" {...box} />
        {node.type === 'final' && (
          <rect class="final" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={6} />
        )}
        {isLeaf && <circle class="dot" cx={x + 11} cy={nameY - 4.5} r={3.5} />}
        <text class="name" x={x + measures.side + (isLeaf ? 7 : 0)} y={nameY}>
          {node.key}
          {node.type === 'parallel' && <tspan class="guard"> parallel</tspan>}
        </text>
        {isClosed && (
          <g class={`row ${names.length === 0 ? '' : 'inside'}`}>
            <text x={x + measures.side} y={y + measures.header + 10}>
              {fittedText(inside, width - 2 * measures.side)}
            </text>
          </g>
        )}
      </g>
      <Tags node={node} placed={placed} />
      {words.map((word) => (
        <Word key={word.edges[0]} {...props} word={word} />
      ))}
    </g>
  );
}

const openText = (hidden: number, names: readonly string[]): string =>
  `${hiddenText(hidden)}${names.length === 0 ? '' : `, active: ${names.join(', ')}`}`;

/** px of a letter of a row, in the widest of its fonts. */
const ROW_LETTER = 6.65;

function fittedText(text: string, room: number): string {
  const chars = Math.floor(room / ROW_LETTER) + 1;
  return text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;
}

/** By Enter and double click; a click without a pointer is a screen reader's. */
function opening(label: string, open: () => void) {
  return {
    ...pressing(label, open),
    onClick: (event: MouseEvent) => {
      if (event.detail === 0) open();
    },
    onDblClick: open,
  };
}

function classesOf(
  {
    tree,
    id,
    placed,
    marks,
    lit,
  }: PartProps & { readonly id: string; readonly placed: OverviewNode },
  isClosed: boolean,
  isOuter: boolean,
): string {
  const node = tree.node(id);
  return [
    'node',
    isOuter ? 'outer' : '',
    isClosed ? 'closed' : '',
    placed.depth % 2 === 1 ? 'odd' : '',
    node.parent !== null && tree.node(node.parent).type === 'parallel' ? 'region' : '',
    marks.leaves.has(id) ? 'active' : marks.active.has(id) ? 'entered' : '',
    node.tags.includes('alert') ? 'alert' : '',
    lit === id ? 'lit' : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function Word(props: PartProps & { readonly placed: OverviewNode; readonly word: OverviewWord }) {
  const { word, placed, onPortal, onLight } = props;
  const light = lightOf(props, word);
  const { first, sign, isTaken } = light;
  const at = word.text.indexOf('→');
  const isPortal = at !== -1;
  const classes = ['row', isPortal && 'portal', first?.kind, sign, isTaken && 'taken'];
  const [x, y] = [placed.x + word.x, placed.y + word.y];
  const there =
    first === undefined || !isPortal
      ? {}
      : {
          ...(sign === undefined && { onClick: () => onPortal(first) }),
          onPointerEnter: () => onLight(first.targets[0] ?? ''),
          onPointerLeave: () => onLight(''),
        };
  return (
    <g class={classes.filter(Boolean).join(' ')} {...pressOf(props, light)} {...there}>
      <rect class="row-ground" x={x - 5} y={y - 8} width={word.width + 10} height={16} rx={4} />
      <text xml:space="preserve" x={x} y={y + 4}>
        {isPortal ? word.text.slice(0, at) : word.text}
        {isPortal && <tspan class="tail">{word.text.slice(at)}</tspan>}
        {sign === 'blocked' && <tspan class="blocked-sign">⊘</tspan>}
      </text>
    </g>
  );
}

function LinePill(props: PartProps & { readonly line: OverviewLine }) {
  const { text, label } = props.line;
  const light = lightOf(props, props.line);
  const { x, y, width, height } = label;
  const classes = ['pill', light.first?.kind, light.sign, light.isTaken && 'taken'];
  return (
    <g class={classes.filter(Boolean).join(' ')} {...pressOf(props, light)}>
      <rect x={x} y={y} width={width} height={height} rx={height / 2} />
      <text x={x + measures.pillSide} y={y + 13.5}>
        <tspan class="event">{text}</tspan>
      </text>
      {light.sign === 'blocked' && (
        <text class="blocked-sign" x={x + width - 3} y={y + 4} aria-hidden="true">
          ⊘
        </text>
      )}
    </g>
  );
}

/** Overview or whole chart, and the way back from a state that was looked into. */
export function DepthChoice({
  names,
  isOverview,
  onChoice,
}: {
  readonly names: readonly string[];
  readonly isOverview: boolean;
  readonly onChoice: (into: string | undefined) => void;
}) {
  return (
    <div class="chart-tools depth" role="group" aria-label="How much of the chart">
      <button
        type="button"
        aria-pressed={isOverview}
        title="The overview (o, Esc)"
        onClick={() => onChoice(undefined)}
      >
        overview
      </button>
      <button
        type="button"
        aria-pressed={!isOverview}
        title="All states, at the active one (o)"
        onClick={() => onChoice('')}
      >
        whole chart
      </button>
      {names.length > 0 && <span class="depth-path mono">{names.join(' › ')}</span>}
    </div>
  );
}
