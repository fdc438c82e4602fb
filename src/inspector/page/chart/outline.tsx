/** The chart as an indented list: for narrow screens, on demand, and where only the state's value is known. */
import type { Edge } from '../../chart/model.ts';
import { nameFrom, treeOf } from '../../chart/tree.ts';
import type { Tree } from '../../chart/tree.ts';
import type { Drawn } from './charts.ts';
import { marksOf, verbOf } from './marks.ts';
import type { Marks, Moment } from './marks.ts';

interface Props {
  readonly drawn: Drawn;
  readonly moment: Moment;
  readonly onCommand: (edge: Edge, isEnabled: boolean) => void;
}

export function Outline({ drawn: { chart }, moment, onCommand }: Props) {
  const tree = treeOf(chart);
  const marks = marksOf(chart, moment);
  return (
    <div class="outline" tabIndex={0} role="group" aria-label={`States of ${chart.id}`}>
      <ul>
        <OutlineState tree={tree} marks={marks} id={tree.root.id} onCommand={onCommand} />
      </ul>
    </div>
  );
}

interface StateProps {
  readonly tree: Tree;
  readonly marks: Marks;
  readonly id: string;
  readonly onCommand: Props['onCommand'];
}

function OutlineState({ tree, marks, id, onCommand }: StateProps) {
  const node = tree.node(id);
  const isActive = marks.active.has(id);
  const inside = tree.childrenOf(id);
  const edges = tree.edgesFrom(id);
  return (
    <li class={isActive ? 'is-active' : ''}>
      <span class="outline-name">
        <span aria-hidden="true">{isActive ? (marks.leaves.has(id) ? '●' : '◉') : '○'}</span>{' '}
        {node.key}
        {isActive && <span class="away">, active</span>}
        {node.type === 'final' && <span class="muted"> final</span>}
        {node.tags.map((tag) => (
          <span key={tag} class="muted">
            {' '}
            {tag}
          </span>
        ))}
      </span>
      {isActive && edges.length > 0 && (
        <ul class="outline-edges">
          {edges.map((edge) => (
            <li key={edge.id} class={marks.taken.has(edge.id) ? 'taken' : ''}>
              <OutlineEdge tree={tree} marks={marks} edge={edge} onCommand={onCommand} />
            </li>
          ))}
        </ul>
      )}
      {inside.length > 0 && (
        <ul>
          {inside.map((child) => (
            <OutlineState
              key={child.id}
              tree={tree}
              marks={marks}
              id={child.id}
              onCommand={onCommand}
            />
          ))}
        </ul>
      )}
    </li>
  );
}

function OutlineEdge({
  tree,
  marks,
  edge,
  onCommand,
}: Omit<StateProps, 'id'> & { readonly edge: Edge }) {
  const sign = marks.commands.get(edge.id);
  const targets = edge.targets.map((target) => nameFrom(tree, edge.source, target)).join(', ');
  return (
    <>
      {sign === undefined ? (
        <span class={`edge-word ${edge.kind}`}>{edge.label}</span>
      ) : (
        <button type="button" class="link" onClick={() => onCommand(edge, sign === 'enabled')}>
          {sign === 'blocked' ? '⊘ ' : ''}
          {verbOf(edge)}
        </button>
      )}
      {edge.guard !== undefined && <span class="muted"> [{edge.guard}]</span>}
      {targets !== '' && <span class="muted"> → {targets}</span>}
    </>
  );
}

/** Of a machine whose chart is not here: the names in its value. */
export function ValueOutline({ value }: { readonly value: unknown }) {
  return (
    <div class="outline" tabIndex={0} role="group" aria-label="States">
      <ValueList value={value} />
    </div>
  );
}

function ValueList({ value }: { readonly value: unknown }) {
  const entries: [string, unknown][] =
    typeof value === 'string'
      ? [[value, undefined]]
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : [];
  if (entries.length === 0) return null;
  return (
    <ul>
      {entries.map(([key, inside]) => (
        <li key={key} class="is-active">
          <span class="outline-name">
            <span aria-hidden="true">●</span> {key}
          </span>
          <ValueList value={inside} />
        </li>
      ))}
    </ul>
  );
}
