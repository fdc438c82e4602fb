/** The chart as SVG in paint order: boxes by depth, lines, pills. The words and shapes are those of the pictures in the docs. */
import { useMemo } from 'preact/hooks';
import { linesIn, paintOrder, roundedPath } from '../../chart/geometry.ts';
import type { Edge, Layout } from '../../chart/model.ts';
import { treeOf } from '../../chart/tree.ts';
import type { DrawingProps } from './drawing-props.ts';
import type { Marks } from './marks.ts';
import { NodeBox } from './node-box.tsx';
import { Pill } from './pill.tsx';
import { Runner } from './runner.tsx';

export function Drawing(props: DrawingProps) {
  const { drawn, marks, moment } = props;
  const { chart, layout } = drawn;
  const parts = useMemo(() => {
    const tree = treeOf(chart);
    return {
      tree,
      boxes: paintOrder(layout),
      lines: linesIn(chart, layout),
      edges: edgesById(chart.edges),
    };
  }, [chart, layout]);
  return (
    <>
      <ArrowHeads />
      {parts.boxes.map(([id, placed]) => (
        <NodeBox
          key={id}
          {...props}
          tree={parts.tree}
          edges={parts.edges}
          id={id}
          placed={placed}
        />
      ))}
      {layout.flows.map((points) => {
        const path = roundedPath(points);
        return <path key={path} class="flow" d={path} marker-end="url(#flow)" />;
      })}
      {Object.entries(layout.initials).map(([id, initial]) => (
        <Initial key={id} {...initial} />
      ))}
      {parts.lines.map(({ path, edges }) => {
        const look = lookOf(edges, parts.edges, marks);
        return (
          <path
            key={path}
            class={`edge ${look}`}
            d={path}
            marker-end={`url(#${look || 'arrow'})`}
          />
        );
      })}
      {parts.lines
        .filter(({ edges }) => edges.some((id) => marks.taken.has(id)))
        .map(({ path }) => (
          <Runner key={`${moment} ${path}`} path={path} />
        ))}
      {chart.edges.map((edge) => {
        const label = layout.edges[edge.id]?.label;
        return (
          label && (
            <Pill
              key={edge.id}
              edge={edge}
              box={label}
              isTaken={marks.taken.has(edge.id)}
              sign={marks.commands.get(edge.id)}
              onCommand={props.onCommand}
            />
          )
        );
      })}
    </>
  );
}

const edgesById = (edges: readonly Edge[]) => new Map(edges.map((edge) => [edge.id, edge]));

function lookOf(ids: readonly string[], edges: ReadonlyMap<string, Edge>, marks: Marks): string {
  if (ids.some((id) => marks.taken.has(id))) return 'taken';
  if (ids.some((id) => marks.commands.get(id) === 'enabled')) return 'enabled';
  return ids.every((id) => edges.get(id)?.kind === 'error') ? 'error' : '';
}

export function Initial({ dot: [x, y], points }: Layout['initials'][string]) {
  return (
    <>
      <circle class="initial" cx={x} cy={y} r={5} />
      <path class="edge" d={roundedPath(points)} marker-end="url(#arrow)" />
    </>
  );
}

export function ArrowHeads() {
  return (
    <defs>
      {['arrow', 'error', 'taken', 'enabled', 'flow'].map((id) => (
        <marker
          key={id}
          id={id}
          class={`head ${id}`}
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="9"
          markerHeight="9"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 1L10 5L0 9z" />
        </marker>
      ))}
    </defs>
  );
}
