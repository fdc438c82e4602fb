/** The boot lint: what types cannot see in a chart and XState finds out too late, or never. Every finding is fatal. */
import { StateMachine } from 'xstate';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { childMachines, transitionsOf } from './definition.ts';
import { isGated } from './effect.ts';

/** What was found in machines that were looked at: they never change. */
const looked = new WeakMap<AnyStateMachine, readonly string[]>();

/** Sentences that name machine, node and fault; empty when the machine and all it starts may be hosted. */
export function lint(machine: AnyStateMachine): readonly string[] {
  const known = looked.get(machine) ?? findings(machine);
  looked.set(machine, known);
  return known;
}

function findings(machine: AnyStateMachine): string[] {
  const own = [...lintMachine(machine), ...lintSources(machine), ...lintActions(machine)];
  const nodes = allNodes(machine.root);
  return [
    ...own.map((text) => `${machine.id}: ${text}`),
    ...nodes.flatMap((node) => lintNode(machine, node).map((text) => `${node.id}: ${text}`)),
    ...childMachines(machine).flatMap(([, child]) => lint(child)),
  ];
}

const allNodes = (node: AnyStateNode): AnyStateNode[] => {
  const children: AnyStateNode[] = Object.values(node.states);
  return [node, ...children.flatMap(allNodes)];
};

/** Node fires longer timers after 1 ms. */
const delayMaxMs = 2 ** 31 - 1;

function lintMachine(machine: AnyStateMachine): string[] {
  const found: string[] = [];
  if (!Number.isFinite(machine.options.maxIterations))
    found.push('sets no options.maxIterations: an always loop would never end');
  try {
    // The getter resolves the target, and throws for one that is not there.
    const compounds = allNodes(machine.root).filter(({ type }) => type === 'compound');
    if (compounds.some(({ initial }) => initial.target.length === 0))
      found.push('has a compound state without an initial one');
  } catch (thrown) {
    found.push(`has a wrong initial state: ${String(thrown)}`);
  }
  return found;
}

function lintSources(machine: AnyStateMachine): string[] {
  const sources: [string, unknown][] = Object.entries(machine.implementations.actors);
  return sources.flatMap(([src, logic]) =>
    logic instanceof StateMachine || (typeof logic === 'object' && logic && isGated(logic))
      ? []
      : [`actor ${src} is neither a machine nor a gated effect`],
  );
}

/** Named actions must be built-in ones: a function of one's own runs before the commit, and again after a crash. */
function lintActions(machine: AnyStateMachine): string[] {
  const actions: [string, unknown][] = Object.entries(machine.implementations.actions);
  return actions.flatMap(([name, action]) => lintBuiltIn(machine, name, action));
}

interface BuiltIn {
  readonly type?: string;
  readonly src?: unknown;
  readonly id?: unknown;
  readonly delay?: unknown;
  readonly assignment?: unknown;
}

function lintBuiltIn(machine: AnyStateMachine, name: string, action: unknown): string[] {
  const builtIn = action as BuiltIn;
  if (typeof action !== 'function' || !builtIn.type?.startsWith('xstate.'))
    return [
      `action ${name} is a function of its own; only assign, emit, raise, send and spawn may act`,
    ];
  const found: string[] = [];
  if (builtIn.type === 'xstate.assign' && /\bspawn\b/.test(String(builtIn.assignment)))
    found.push(
      `action ${name} spawns inside assign: such ids collide after a restart; use spawnChild`,
    );
  if (builtIn.type === 'xstate.spawnChild') found.push(...lintSpawn(machine, name, builtIn));
  if (isLong(builtIn.delay))
    found.push(`action ${name} has a literal delay above ${delayMaxMs} ms`);
  if (typeof builtIn.delay === 'string' && !(builtIn.delay in machine.implementations.delays))
    found.push(`action ${name} names the unknown delay ${builtIn.delay}`);
  return found;
}

function lintSpawn(machine: AnyStateMachine, name: string, { src, id }: BuiltIn): string[] {
  const found: string[] = [];
  if (id === undefined)
    found.push(`action ${name} spawns without an id: the next one overwrites it`);
  if (typeof src !== 'string')
    found.push(`action ${name} spawns inline logic: it cannot be stored`);
  else if (!(src in machine.implementations.actors))
    found.push(`action ${name} spawns the unknown actor ${src}`);
  return found;
}

function lintNode(machine: AnyStateMachine, node: AnyStateNode): string[] {
  const edges = transitionsOf(node);
  return [
    ...lintInvokes(machine, node),
    ...[...node.entry, ...node.exit, ...edges.flatMap(({ actions }) => actions)].flatMap((action) =>
      lintAction(machine, action),
    ),
    ...edges.flatMap(({ guard }) => lintGuard(machine, guard)),
    ...edges.flatMap(({ delay }) => lintDelay(machine, delay)),
  ];
}

interface InvokeConfig {
  readonly id?: string;
  readonly src: unknown;
}

function lintInvokes(machine: AnyStateMachine, node: AnyStateNode): string[] {
  const { invoke = [] } = node.config as { invoke?: InvokeConfig | readonly InvokeConfig[] };
  const configs = Array.isArray(invoke) ? (invoke as InvokeConfig[]) : [invoke as InvokeConfig];
  return configs.flatMap(({ id, src }) => {
    if (typeof src !== 'string') return ['invokes inline logic: it cannot be stored'];
    const found: string[] = [];
    if (id === undefined) found.push(`invokes ${src} without an id`);
    if (!(src in machine.implementations.actors)) found.push(`invokes the unknown actor ${src}`);
    return found;
  });
}

const nameOf = (reference: unknown): string | undefined => {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object' || reference === null) return undefined;
  return (reference as { type?: string }).type;
};

function lintAction(machine: AnyStateMachine, action: unknown): string[] {
  const name = nameOf(action);
  if (name === undefined) return lintBuiltIn(machine, 'inline', action);
  const isKnown = name.startsWith('xstate.') || name in machine.implementations.actions;
  return isKnown ? [] : [`runs the unknown action ${name}: it would be ignored`];
}

function lintGuard(machine: AnyStateMachine, guard: unknown): string[] {
  if (guard === undefined) return [];
  const name = nameOf(guard);
  if (name !== undefined)
    return name in machine.implementations.guards ? [] : [`asks the unknown guard ${name}`];
  const { guards = [] } = guard as { guards?: readonly unknown[] };
  return guards.flatMap((inner) => lintGuard(machine, inner));
}

function lintDelay(machine: AnyStateMachine, delay: unknown): string[] {
  if (isLong(delay)) return [`waits ${String(delay)} ms, more than ${delayMaxMs}`];
  if (typeof delay !== 'string' || delay in machine.implementations.delays) return [];
  return [`waits for the unknown delay ${delay}: it would fire at once`];
}

const isLong = (delay: unknown): boolean => typeof delay === 'number' && delay > delayMaxMs;
