/** The guards on the edges that a command could take now, each judged by itself. */
import { getNextTransitions } from 'xstate';
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { evaluateGuard } from 'xstate/guards';
import type { Because, Sentences } from '../../machines/because.ts';

/** A named guard without the `and`, `or` and `not` around it. */
export interface Leaf {
  readonly type: string;
  readonly params: unknown;
}

/** XState keeps what a composed guard holds on the function itself. */
export function leavesOf(guard: unknown): readonly Leaf[] {
  if (guard === undefined) return [];
  if (typeof guard === 'string') return [{ type: guard, params: undefined }];
  if (typeof guard === 'function') {
    const { guards } = guard as { guards?: readonly unknown[] };
    return guards === undefined
      ? [{ type: guard.name, params: undefined }]
      : guards.flatMap(leavesOf);
  }
  const { type, params } = guard as { type: string; params?: unknown };
  return [{ type, params }];
}

/** Candidates of the command in this state: of the active states and of all above them. */
function candidatesOf(snapshot: AnyMachineSnapshot, event: EventObject) {
  return getNextTransitions(snapshot).filter(({ eventType }) => eventType === event.type);
}

/** Every leaf once; another order's edge says nothing, and a guard without a sentence is told by its name. */
export function guardReasons(
  snapshot: AnyMachineSnapshot,
  event: EventObject,
  sentences: Sentences,
): readonly Because[] {
  const found = candidatesOf(snapshot, event)
    .flatMap(({ guard }) => leavesOf(guard).map((leaf) => ({ leaf, guard })))
    .flatMap(({ leaf }) => reasonOf(leaf, snapshot, event, sentences));
  return found.filter(
    (each, at) =>
      found.findIndex(({ guard, text }) => guard === each.guard && text === each.text) === at,
  );
}

function reasonOf(
  leaf: Leaf,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
  sentences: Sentences,
): readonly Because[] {
  const { type: guard } = leaf;
  const context = snapshot.context as Record<string, unknown>;
  try {
    const params =
      typeof leaf.params === 'function'
        ? (leaf.params as (seen: object) => unknown)({ context, event })
        : leaf.params;
    const told = sentences[guard];
    const sentence = told?.(context, event, params);
    if (told !== undefined && sentence === undefined) return [];
    const asked = params === undefined ? guard : { type: guard, params };
    const holds = evaluateGuard(asked as never, context, event, snapshot);
    const text = holds ? sentence?.yes : sentence?.no;
    return [{ guard, is: holds ? 'yes' : 'no', text: text ?? guard }];
  } catch {
    // A guard that reads what the command does not carry.
    return [{ guard, is: 'unknown', text: `${guard} cannot be told without its arguments` }];
  }
}
