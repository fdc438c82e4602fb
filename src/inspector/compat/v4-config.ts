/** A chart as the config that XState 4 reads: what @xstate/inspect calls a machine. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { definitionOf } from '../../../actors/definition.ts';
import type { NodeDefinition, TransitionDefinition } from '../../../actors/definition.ts';

type Named = string | { readonly type: string; readonly params?: unknown };

export interface V4Transition {
  /** `#<id>`; absent where it acts without leaving the state. */
  readonly target?: readonly string[];
  readonly cond?: Named;
  readonly actions: readonly Named[];
  readonly internal: boolean;
}

type ByEvent = Readonly<Record<string, readonly V4Transition[]>>;

export interface V4Invoke {
  readonly id: string;
  readonly src: string;
  readonly onDone?: readonly V4Transition[];
  readonly onError?: readonly V4Transition[];
}

export interface V4Node {
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly initial?: string;
  readonly history?: 'shallow' | 'deep';
  /** Of a history state that was never in. */
  readonly target?: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly entry: readonly Named[];
  readonly exit: readonly Named[];
  readonly invoke: readonly V4Invoke[];
  readonly on: ByEvent;
  readonly always: readonly V4Transition[];
  /** By name or number of milliseconds. */
  readonly after: ByEvent;
  readonly onDone?: readonly V4Transition[];
  readonly states: Readonly<Record<string, V4Node>>;
}

/** Without implementations and context: a viewer draws it and follows it, and runs nothing. */
export function toV4Config(machine: AnyStateMachine): V4Node {
  const root = definitionOf(machine).root;
  return nodeOf(root, { machine, root });
}

interface Whole {
  readonly machine: AnyStateMachine;
  readonly root: NodeDefinition;
}

function nodeOf(node: NodeDefinition, whole: Whole): V4Node {
  const events = grouped(node.transitions, ({ event }) => event);
  const take = (event: string): readonly V4Transition[] | undefined => {
    const found = events.get(event);
    events.delete(event);
    return found?.map((each) => transitionOf(each, whole.root));
  };
  const isTimed = (each: TransitionDefinition): boolean => each.delay !== undefined;
  const timed = node.transitions.filter(isTimed);
  for (const { event } of timed) events.delete(event);
  const delays = grouped(timed, ({ delay }) => String(delay));
  const always = take('') ?? [];
  const invoke = node.invokes.map(({ id, src }) => {
    const [onDone, onError] = [take(`xstate.done.actor.${id}`), take(`xstate.error.actor.${id}`)];
    return { id, src, ...(onDone && { onDone }), ...(onError && { onError }) };
  });
  // XState 4 takes `onDone` of a root for a mistake.
  const onDone = node === whole.root ? undefined : take(`xstate.done.state.${node.id}`);
  const initial = node.initial === undefined ? undefined : initialKey(node);
  return {
    ...{ id: node.id, key: node.key, type: node.type, tags: node.tags },
    ...(initial !== undefined && { initial }),
    ...(node.description !== undefined && { description: node.description }),
    ...(node.type === 'history' && historyOf(node.id, whole.machine)),
    ...{ entry: node.entry.map(actionOf), exit: node.exit.map(actionOf) },
    ...{ invoke, always, ...(onDone && { onDone }) },
    on: byEvent(events, (event) => v4EventName(event), whole.root),
    after: byEvent(delays, (delay) => delay, whole.root),
    states: Object.fromEntries(node.states.map((each) => [each.key, nodeOf(each, whole)])),
  };
}

const byEvent = (
  groups: ReadonlyMap<string, readonly TransitionDefinition[]>,
  nameOf: (key: string) => string,
  root: NodeDefinition,
): ByEvent =>
  Object.fromEntries(
    [...groups].map(([key, list]) => [nameOf(key), list.map((each) => transitionOf(each, root))]),
  );

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** XState 5 may begin deeper; the key of the child on the way there is what XState 4 wants. */
const initialKey = ({ initial, states }: NodeDefinition): string | undefined =>
  states.find(({ id }) => id === initial || initial?.startsWith(`${id}.`))?.key;

function historyOf(id: string, machine: AnyStateMachine): Pick<V4Node, 'history' | 'target'> {
  const { history, parent, config } = machine.getStateNodeById(id);
  const { target } = config as { target?: unknown };
  const first = typeof target === 'string' && parent ? firstOf(target, parent) : undefined;
  return {
    history: history === 'deep' ? 'deep' : 'shallow',
    ...(first !== undefined && { target: first }),
  };
}

/** As XState 5 reads the target of a history state: an id, or a path from its parent. */
function firstOf(target: string, parent: AnyStateNode): string | undefined {
  if (target.startsWith('#')) return target;
  const path = target.split('.').filter((key) => key !== '');
  const found = path.reduce<AnyStateNode | undefined>(
    (node, key) => (node?.states as Record<string, AnyStateNode> | undefined)?.[key],
    parent,
  );
  return found === undefined ? undefined : `#${found.id}`;
}

function transitionOf(transition: TransitionDefinition, root: NodeDefinition): V4Transition {
  const { targets, guard, actions, reenter } = transition;
  return {
    ...(targets.length > 0 && { target: targets.flatMap((id) => targetOf(id, root)) }),
    ...(guard !== undefined && { cond: guardOf(guard) }),
    actions: actions.map(actionOf),
    internal: !reenter,
  };
}

/** XState 4 cannot aim at a root from within; to begin anew in it is the same. */
function targetOf(id: string, root: NodeDefinition): string[] {
  if (id !== root.id) return [`#${id}`];
  if (root.type === 'parallel') return root.states.map((each) => `#${each.id}`);
  return root.initial === undefined ? [] : root.initial.split(',').map((each) => `#${each}`);
}

/** `and(isSteady, not(isPaused))` for composed ones: XState 4 knows names only. */
function guardOf(guard: unknown): Named {
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return namedOf(guard);
  return guardText(guard);
}

function guardText(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const [[word, inner] = ['guard', []]] = Object.entries(guard as Record<string, unknown>);
  if (word === 'type') return String(inner);
  return Array.isArray(inner) ? `${word}(${inner.map(guardText).join(', ')})` : String(inner);
}

/** What XState does itself loses its prefix: XState 4 would run `xstate.assign` and find nothing in it. */
function actionOf(action: unknown): Named {
  if (typeof action === 'string') return action;
  const { type, src } = action as { type: string; src?: unknown };
  const word = type.replace(/^xstate\./, '');
  if (typeof src === 'string') return `${word} ${src}`;
  return namedOf({ ...(action as object), type: word });
}

function namedOf(part: object): Named {
  const { type, params } = part as { type: string; params?: unknown };
  return params === undefined ? type : { type, params };
}

/** The name XState 4 gives to what XState 5 tells itself; events of charts stay as they are. */
export function v4EventName(event: string): string {
  const renamed = [
    [/^xstate\.done\.state\.(.*)$/, 'done.state.$1'],
    [/^xstate\.done\.actor\.(.*)$/, 'done.invoke.$1'],
    [/^xstate\.error\.actor\.(.*)$/, 'error.platform.$1'],
    [/^xstate\.after\.([^.]+)\.(.*)$/, 'xstate.after($1)#$2'],
  ] as const;
  const rule = renamed.find(([pattern]) => pattern.test(event));
  return rule === undefined ? event : event.replace(rule[0], rule[1]);
}
