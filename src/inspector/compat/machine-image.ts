/** One machine of an actor as viewers want it: its states by id, its tags, the events it takes. */
import type { AnyStateMachine } from 'xstate';
import { childMachines, definitionOf } from '../../../actors/definition.ts';
import type { NodeDefinition } from '../../../actors/definition.ts';
import type { Image } from '../../../actors/steps/step.ts';

/** A machine in the tree of an actor, told by a session of its own. */
export interface Told {
  /** `kind/namespace/name`, and `#<child>/<child>` for machines below: the same before and after a restart of the host. */
  readonly session: string;
  readonly actor: string;
  /** Child ids joined by `/`; empty for the root. */
  readonly path: string;
  /** Session of the machine that started it. */
  readonly parent?: string;
  readonly machine: AnyStateMachine;
  readonly image: Image;
}

export const sessionOf = (actor: string, path: string): string =>
  path === '' ? actor : `${actor}#${path}`;

/** The machines of an actor, parents first. Calls in flight have no states and are left out. */
export function toldOf(
  actor: string,
  root: AnyStateMachine,
  image: Image,
  machinesMax: number,
): Map<string, Told> {
  const told = new Map<string, Told>();
  const add = (machine: AnyStateMachine, own: Image, path: string, parent?: string): void => {
    if (told.size >= machinesMax) return;
    const session = sessionOf(actor, path);
    told.set(session, {
      ...{ session, actor, path, machine, image: own },
      ...(parent !== undefined && { parent }),
    });
    const machines = new Map(childMachines(machine));
    for (const [id, child] of Object.entries(own.children)) {
      const below = machines.get(child.src);
      if (below !== undefined && child.value !== undefined)
        add(below, child, path === '' ? id : `${path}/${id}`, session);
    }
  };
  if (image.value !== undefined) add(root, image, '');
  return told;
}

const definitions = new WeakMap<AnyStateMachine, NodeDefinition>();

/** States of the chart that the value names, parents first; a value of another chart names those that are known. */
export function activeNodes(machine: AnyStateMachine, value: unknown): NodeDefinition[] {
  const root = definitions.get(machine) ?? definitionOf(machine).root;
  definitions.set(machine, root);
  const below = (node: NodeDefinition, part: unknown): NodeDefinition[] => [
    node,
    ...partsOf(part).flatMap(([key, inner]) =>
      node.states.filter((each) => each.key === key).flatMap((each) => below(each, inner)),
    ),
  ];
  return below(root, value);
}

const partsOf = (value: unknown): [string, unknown][] => {
  if (typeof value === 'string') return [[value, undefined]];
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
};

export const tagsOf = (nodes: readonly NodeDefinition[]): string[] => [
  ...new Set(nodes.flatMap(({ tags }) => tags)),
];
