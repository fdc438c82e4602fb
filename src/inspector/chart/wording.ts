/** The words of a drawing: rows inside states, and pills on lines. Layout and every drawing use the same ones. */
import type { ChartNode, Edge, NodeRow } from './model.ts';
import { nameFrom } from './tree.ts';
import type { Tree } from './tree.ts';

/** Longest line of a row, in characters. */
const rowChars = 42;
/** Longest line of a pill. */
const pillChars = 30;

export interface WordedRow {
  readonly text: string;
  readonly kind: NodeRow['kind'];
  readonly edge?: string;
}

/**
 * What a state does and where it leads, but for the edges that are lines.
 * @param lines  ids of the edges drawn as lines
 */
export function rowsOf(tree: Tree, node: ChartNode, lines: ReadonlySet<string>): WordedRow[] {
  const edges = tree.edgesFrom(node.id).filter(({ id }) => !lines.has(id));
  return [
    ...listed('entry', node.entry),
    ...listed('exit', node.exit),
    ...node.invokes.map(({ src }) => ({ text: `invoke ${src}`, kind: 'invoke' as const })),
    ...edges.flatMap((edge) => edgeRows(tree, edge)),
  ];
}

const listed = (kind: 'entry' | 'exit', actions: readonly string[]): WordedRow[] =>
  actions.length === 0 ? [] : [{ text: fitted(kind, actions, rowChars), kind }];

function edgeRows(tree: Tree, edge: Edge): WordedRow[] {
  const guard = edge.guard === undefined ? [] : [`[${edge.guard}]`];
  const targets = edge.targets.map((target) => nameFrom(tree, edge.source, target)).join(', ');
  const kind = targets === '' ? 'inner' : 'portal';
  const head = wrapped(edge.label, targets === '' ? guard : [...guard, `→ ${targets}`]);
  const last = head.at(-1) ?? '';
  const lines = targets === '' ? [...head.slice(0, -1), withActions(last, edge)] : head;
  return lines.map((text) => ({ text, kind, edge: edge.id }));
}

const withActions = (text: string, { actions }: Edge): string =>
  actions.length === 0 ? `${text} / -` : fitted(`${text} /`, actions, rowChars);

/** Lines of at most `rowChars`, broken between the parts; those after the first are indented. */
function wrapped(first: string, parts: readonly string[]): string[] {
  const lines = [first];
  for (const part of parts) {
    const longer = `${String(lines.at(-1))} ${part}`;
    if (longer.length <= rowChars) lines[lines.length - 1] = longer;
    else lines.push(`  ${part}`);
  }
  return lines.map((line) => cut(line, rowChars));
}

/** As many of the items as a line takes; the others are counted: `entry enter, grant +2`. */
function fitted(first: string, items: readonly string[], chars: number): string {
  for (let named = items.length; named > 0; named -= 1) {
    const left = items.length - named;
    const text = `${first} ${items.slice(0, named).join(', ')}${left === 0 ? '' : ` +${left}`}`;
    if (text.length <= chars || named === 1) return cut(text, chars);
  }
  return cut(first, chars);
}

const cut = (text: string, chars: number): string =>
  text.length <= chars ? text : `${text.slice(0, chars - 1)}…`;

export interface PillPart {
  readonly text: string;
  readonly style: 'event' | 'guard' | 'action';
}

/** What stands on a line, top to bottom; parts of one line stand beside each other, `pillGap` apart. */
export function pillLines(edge: Edge): PillPart[][] {
  const event: PillPart = { text: edge.label, style: 'event' };
  const guard: PillPart[] =
    edge.guard === undefined ? [] : [{ text: cut(`[${edge.guard}]`, rowChars), style: 'guard' }];
  const isLong = edge.label.length + (edge.guard?.length ?? 0) > pillChars;
  const head = isLong ? [[event], guard] : [[event, ...guard]];
  const actions: PillPart[] =
    edge.actions.length === 0
      ? []
      : [{ text: fitted('/', edge.actions, pillChars), style: 'action' }];
  return [...head, actions].filter((line) => line.length > 0);
}

/** px between the parts of a pill's line. */
export const pillGap = 4;
