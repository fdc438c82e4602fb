/** Would today's chart go on from this record? XState restores a mismatch without a word, and the actor hangs for ever. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { childMachines, delayedOf } from './definition.ts';
import type { ActorRecord } from './record.ts';
import type { StoredTimer } from './stored-timer.ts';

export interface Drift {
  readonly code:
    | 'state-missing'
    | 'value-shape'
    | 'child-src-missing'
    | 'child-inline-src'
    | 'invoke-not-running'
    | 'timer-not-armed'
    | 'timer-orphan';
  /** Child ids from the root, joined by `/`; empty for the root. */
  readonly path: string;
  readonly text: string;
}

interface PersistedMachine {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly children?: Readonly<
    Record<string, { readonly src: unknown; readonly snapshot: unknown }>
  >;
}

/** Empty when the record may be awakened. */
export function check(machine: AnyStateMachine, record: ActorRecord): Drift[] {
  const paths = new Set<string>();
  const drifts = checkMachine(
    machine,
    record.snapshot as PersistedMachine,
    '',
    record.timers,
    paths,
  );
  const lost = record.timers.filter(({ from, to }) => !paths.has(from) || !paths.has(to));
  return [
    ...drifts,
    ...lost.map(({ id, from, to }): Drift => {
      const path = paths.has(from) ? to : from;
      return { code: 'timer-orphan', path, text: `timer ${id} belongs to no child of the record` };
    }),
  ];
}

function checkMachine(
  machine: AnyStateMachine,
  snapshot: PersistedMachine,
  path: string,
  timers: readonly StoredTimer[],
  paths: Set<string>,
): Drift[] {
  paths.add(path);
  const { value, context = {}, children = {} } = snapshot;
  const drifts = Object.entries(children).flatMap(([id, child]) => {
    const below = path === '' ? id : `${path}/${id}`;
    paths.add(below);
    return checkChild(machine, child, below, timers, paths);
  });
  if (snapshot.status !== 'active') return drifts;
  let nodes: readonly AnyStateNode[];
  try {
    const resolved = machine.resolveState({ value: value as never, context });
    if (!isSame(resolved.value, value)) {
      const text = `${JSON.stringify(value)} is now ${JSON.stringify(resolved.value)}`;
      return [...drifts, { code: 'value-shape', path, text }];
    }
    nodes = resolved._nodes;
  } catch (thrown) {
    return [...drifts, { code: 'state-missing', path, text: String(thrown) }];
  }
  return [
    ...drifts,
    ...nodes.flatMap((node) => notRunning(node, children, path)),
    ...timerDrifts(
      nodes,
      timers.filter(({ from }) => from === path),
      path,
    ),
  ];
}

function checkChild(
  machine: AnyStateMachine,
  child: { readonly src: unknown; readonly snapshot: unknown },
  path: string,
  timers: readonly StoredTimer[],
  paths: Set<string>,
): Drift[] {
  if (typeof child.src !== 'string')
    return [{ code: 'child-inline-src', path, text: 'the child was stored without a name' }];
  const { src } = child;
  if (!Object.hasOwn(machine.implementations.actors, src))
    return [{ code: 'child-src-missing', path, text: `no actor is called ${src} any more` }];
  const logic = childMachines(machine).find(([name]) => name === src)?.[1];
  return logic ? checkMachine(logic, child.snapshot as PersistedMachine, path, timers, paths) : [];
}

const notRunning = (
  node: AnyStateNode,
  children: Readonly<Record<string, unknown>>,
  path: string,
): Drift[] =>
  node.invoke
    .filter(({ id }) => !Object.hasOwn(children, id))
    .map(({ id }) => ({
      ...{ code: 'invoke-not-running', path },
      text: `${node.id} invokes ${id}, which is not in the record`,
    }));

function timerDrifts(
  nodes: readonly AnyStateNode[],
  timers: readonly StoredTimer[],
  path: string,
): Drift[] {
  const armed = new Set(timers.map(({ id }) => id));
  const expected = new Set(
    nodes.flatMap((node) => delayedOf(node).map(({ eventType }) => eventType)),
  );
  const missing = nodes
    .flatMap((node) => mustBeArmed(node).map((id) => ({ node, id })))
    .filter(({ id }) => !armed.has(id))
    .map(({ node, id }): Drift => ({
      ...{ code: 'timer-not-armed', path },
      text: `${node.id} waits for ${id}, which no timer will send`,
    }));
  const orphans = [...armed]
    .filter((id) => id.startsWith('xstate.after.') && !expected.has(id))
    .map((id): Drift => ({
      ...{ code: 'timer-orphan', path },
      text: `timer ${id} belongs to no active state`,
    }));
  return [...missing, ...orphans];
}

/** Delayed events whose firing certainly leaves the state: being in it then means that they are still to come. */
function mustBeArmed(node: AnyStateNode): string[] {
  return delayedOf(node)
    .filter(({ guard, target, reenter }) => {
      const isInside = (target ?? []).every((each) => isWithin(each, node));
      return guard === undefined && target !== undefined && (reenter || !isInside);
    })
    .map(({ eventType }) => eventType);
}

const isWithin = (node: AnyStateNode, outer: AnyStateNode): boolean =>
  node !== outer && outer.path.every((part, index) => node.path[index] === part);

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || !left || !right)
    return left === right;
  const [ours, theirs] = [Object.entries(left), right as Readonly<Record<string, unknown>>];
  return (
    ours.length === Object.keys(right).length &&
    ours.every(([key, value]) => isSame(value, theirs[key]))
  );
}
