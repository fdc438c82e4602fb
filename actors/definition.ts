/** A chart as plain data, for pages and for the hash that tells whether a record was written by this very chart. */
import { StateMachine } from 'xstate';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { digestOf } from './digest.ts';

export interface TransitionDefinition {
  readonly event: string;
  readonly targets: readonly string[];
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly delay?: string | number;
  readonly reenter: boolean;
}

export interface NodeDefinition {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly initial?: string;
  readonly tags: readonly string[];
  readonly description?: string;
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly invokes: readonly { readonly id: string; readonly src: string }[];
  readonly transitions: readonly TransitionDefinition[];
  readonly states: readonly NodeDefinition[];
}

/** One machine with the machines it may start, by source name. */
export interface MachineDefinition {
  readonly id: string;
  readonly root: NodeDefinition;
  readonly children: Readonly<Record<string, MachineDefinition>>;
}

export function definitionOf(machine: AnyStateMachine): MachineDefinition {
  const children = childMachines(machine).map(
    ([src, child]) => [src, definitionOf(child)] as const,
  );
  return { id: machine.id, root: nodeOf(machine.root), children: Object.fromEntries(children) };
}

/** Machines a machine may start, by source name in alphabetical order. */
export function childMachines(machine: AnyStateMachine): [string, AnyStateMachine][] {
  const sources: [string, unknown][] = Object.entries(machine.implementations.actors);
  return sources
    .flatMap(([src, logic]): [string, AnyStateMachine][] =>
      logic instanceof StateMachine ? [[src, logic as AnyStateMachine]] : [],
    )
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

/** A machine never changes, and reading a whole chart takes longer than starting a host. */
const hashes = new WeakMap<AnyStateMachine, string>();

/** 16 hex digits over everything that decides behaviour; descriptions may be reworded without a new version. */
export function definitionHash(machine: AnyStateMachine): string {
  const known = hashes.get(machine) ?? hashOf(machine);
  hashes.set(machine, known);
  return known;
}

function hashOf(machine: AnyStateMachine): string {
  const text = JSON.stringify(definitionOf(machine), (key, value: unknown) =>
    key === 'description' ? undefined : value,
  );
  return digestOf(text);
}

function nodeOf(node: AnyStateNode): NodeDefinition {
  const states: AnyStateNode[] = Object.values(node.states);
  return {
    ...{ id: node.id, key: node.key, type: node.type, tags: node.tags },
    ...(node.type === 'compound' && { initial: node.initial.target.map(({ id }) => id).join() }),
    ...(node.description !== undefined && { description: node.description }),
    entry: actionsOf(node.entry),
    exit: actionsOf(node.exit),
    invokes: node.invoke.map(({ id, src }) => ({ id, src: sourceText(src) })),
    transitions: transitionsOf(node).map(transitionOf),
    states: states.sort((left, right) => left.order - right.order).map(nodeOf),
  };
}

/** The parts of a transition that charts decide; XState types most of them as any. */
export interface AnyTransition {
  readonly eventType: string;
  readonly target: readonly AnyStateNode[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly delay?: string | number;
  readonly reenter: boolean;
}

/** Every edge that leaves a node, `always` and `after` included. */
export const transitionsOf = (node: AnyStateNode): AnyTransition[] => [
  ...([...node.transitions.values()].flat() as AnyTransition[]),
  ...((node.always ?? []) as AnyTransition[]),
];

/** The delayed edges among them. */
export const delayedOf = (node: AnyStateNode): AnyTransition[] => node.after as AnyTransition[];

function transitionOf(transition: AnyTransition): TransitionDefinition {
  return {
    event: transition.eventType,
    targets: (transition.target ?? []).map(({ id }) => id),
    ...(transition.guard !== undefined && { guard: guardOf(transition.guard) }),
    actions: actionsOf(transition.actions),
    ...(transition.delay !== undefined && { delay: transition.delay }),
    reenter: transition.reenter,
  };
}

const sourceText = (src: unknown): string => (typeof src === 'string' ? src : 'inline');

/** Guards by name; `and`, `or`, `not` with what they hold. */
function guardOf(guard: unknown): unknown {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const { guards } = guard as { guards?: unknown[] };
    return guards ? { [guard.name]: guards.map(guardOf) } : { inline: guard.name };
  }
  const { type, params } = guard as { type: string; params?: unknown };
  return { type, ...(params !== undefined && { params: paramsOf(params) }) };
}

const paramsOf = (params: unknown): unknown => (typeof params === 'function' ? 'computed' : params);

/** Without the raise and cancel that XState adds for `after`: the delayed edge itself is in the list. */
const actionsOf = (actions: readonly unknown[]): unknown[] =>
  actions.filter((action) => !isOfAfter(action)).map(actionOf);

function isOfAfter(action: unknown): boolean {
  if (typeof action !== 'function') return false;
  const { type, id, sendId } = action as { type?: string; id?: unknown; sendId?: unknown };
  const isTimer = type === 'xstate.raise' || type === 'xstate.cancel';
  return isTimer && String(id ?? sendId).startsWith('xstate.after.');
}

function actionOf(action: unknown): unknown {
  if (typeof action === 'string') return action;
  if (typeof action === 'function') {
    const { type, src, id } = action as { type?: string; src?: unknown; id?: unknown };
    return {
      type: type ?? 'custom',
      ...(src !== undefined && { src: sourceText(src) }),
      ...(typeof id === 'string' && { id }),
    };
  }
  const { type, params } = action as { type: string; params?: unknown };
  return { type, ...(params !== undefined && { params: paramsOf(params) }) };
}
