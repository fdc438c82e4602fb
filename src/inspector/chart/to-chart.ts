/** Any machine as a chart: what page, pictures and text are drawn from. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { edgesOf } from '../../../actors/chart-edges.ts';
import type { ChartEdge } from '../../../actors/chart-edges.ts';
import { childMachines, definitionHash } from '../../../actors/definition.ts';
import { commandSchemas, systemCommandSchemas } from '../../../machines/messages-commands.ts';
import type { Chart, ChartNode, Edge, EdgeKind } from './model.ts';
import { actionNames, guardName, spanText } from './part-names.ts';

/** Machines below it have charts of their own, under the hashes in `children`. */
export function toChart(machine: AnyStateMachine): Chart {
  return {
    id: machine.id,
    hash: definitionHash(machine),
    nodes: nodesBelow(machine.root),
    edges: edgesOf(machine).map(edgeOf),
    children: Object.fromEntries(
      childMachines(machine).map(([src, child]) => [src, definitionHash(child)]),
    ),
  };
}

const nodesBelow = (node: AnyStateNode): ChartNode[] => [
  nodeOf(node),
  ...inOrder(node).flatMap(nodesBelow),
];

const inOrder = (node: AnyStateNode): AnyStateNode[] => {
  const states: AnyStateNode[] = Object.values(node.states);
  return states.sort((left, right) => left.order - right.order);
};

function nodeOf(node: AnyStateNode): ChartNode {
  const { expectedMs } = (node.meta ?? {}) as { expectedMs?: number };
  const initial = node.type === 'compound' ? node.initial.target[0]?.key : undefined;
  return {
    id: node.id,
    key: node.key,
    parent: node.parent?.id ?? null,
    type: node.type,
    ...(node.history !== false && { history: node.history }),
    ...(initial !== undefined && { initial }),
    entry: actionNames(node.entry, node),
    exit: actionNames(node.exit, node),
    invokes: node.invoke.map(({ id, src }) => ({
      id,
      src: typeof src === 'string' ? src : 'inline',
    })),
    tags: node.tags,
    ...(node.description !== undefined && { description: node.description }),
    ...(expectedMs !== undefined && { expectedMs }),
  };
}

function edgeOf({ id, source, transition }: ChartEdge): Edge {
  const { eventType } = transition;
  const guard = guardName(transition.guard, source);
  return {
    id,
    source: source.id,
    targets: (transition.target ?? []).map((target) => target.id),
    eventType,
    ...worded(eventType, transition.delay, source),
    ...(guard !== undefined && { guard }),
    actions: actionNames(transition.actions, source),
    reenter: transition.reenter,
  };
}

const commandTypes: ReadonlySet<string> = new Set(
  Object.entries({ ...commandSchemas, ...systemCommandSchemas }).flatMap(([kind, verbs]) =>
    Object.keys(verbs).map((verb) => `${kind}.${verb}`),
  ),
);
/** The fleet's orders are commands of the kind `guard`. */
const kindsByMachine: Readonly<Record<string, string>> = { guardFleet: 'guard' };

function worded(
  eventType: string,
  delay: string | number | undefined,
  source: AnyStateNode,
): { label: string; kind: EdgeKind } {
  if (eventType === '') return { label: 'always', kind: 'always' };
  if (delay !== undefined)
    return {
      label: `after ${typeof delay === 'number' ? spanText(delay) : delay}`,
      kind: 'after',
    };
  const ended = /^xstate\.(done|error)\.(actor|state)\.(.*)$/.exec(eventType);
  if (ended !== null) {
    const [, how, what, of = ''] = ended;
    const isOneOfMany = what === 'actor' && source.invoke.length > 1;
    return {
      label: isOneOfMany ? `${of} ${String(how)}` : String(how),
      kind: how === 'done' ? 'done' : 'error',
    };
  }
  const own = `${kindsByMachine[source.machine.id] ?? source.machine.id}.`;
  if (eventType.startsWith(own) && commandTypes.has(eventType))
    return { label: eventType.slice(own.length), kind: 'command' };
  return { label: eventType, kind: 'event' };
}
