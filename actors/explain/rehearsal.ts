/**
 * One event on one machine without running anything: XState computes the macrostep, the actions it wants run are only
 * listed. The root is built and never started; its own scope is used, for `transition` of XState would ask the context
 * factory for a second machine without input.
 */
import { createActor } from 'xstate';
import type { AnyActorRef, AnyActorScope, AnyStateMachine, EventObject } from 'xstate';
import { edgeIdsOf } from '../chart-edges.ts';
import type { KindSnapshot } from '../kind.ts';

export interface Rehearsed {
  readonly before: KindSnapshot;
  readonly after: KindSnapshot;
  /** Taken edges of the root machine, in order. */
  readonly edges: readonly string[];
  readonly starts: readonly {
    readonly id: string;
    readonly src: string;
    readonly input: unknown;
  }[];
  readonly timers: readonly { readonly event: string; readonly delayMs: number }[];
  /** Types of published events. */
  readonly events: readonly string[];
}

/** Executable as XState lists it; `params` by kind of action. */
interface Listed {
  readonly type: string;
  readonly params?: unknown;
}

type From = { readonly input: unknown } | { readonly snapshot: unknown };

const nothing = (): void => undefined;
/** Nothing in a rehearsal waits for time. */
const still = { setTimeout: () => nothing, clearTimeout: nothing };

/** @throws what the machine itself throws on this event */
export function rehearse(machine: AnyStateMachine, from: From, event: EventObject): Rehearsed {
  const own = 'snapshot' in from ? { snapshot: structuredClone(from.snapshot) } : from;
  const actor = createActor(machine, { ...own, clock: still } as never);
  const before = actor.getSnapshot();
  const edges: string[] = [];
  const ids = idsOf(machine);
  const observation = actor.system.inspect((told) => {
    if (told.type !== '@xstate.microstep' || (told.actorRef as unknown) !== actor) return;
    for (const taken of told._transitions) edges.push(ids.get(taken) ?? '');
  });
  const listed: Listed[] = [];
  const scope = scopeOf(actor, (action) => void listed.push(action));
  const after = machine.transition(before, event, scope as never);
  observation.unsubscribe();
  if (after.status === 'error') throw (after as { error?: unknown }).error;
  return {
    ...{ before: before as KindSnapshot, after: after as KindSnapshot },
    edges: edges.filter((id) => id !== ''),
    starts: startsOf(before as Parent, after as Parent),
    timers: timersOf(listed),
    events: listed.flatMap(({ type, params }) =>
      type === 'xstate.emit' ? [(params as { event: EventObject }).event.type] : [],
    ),
  };
}

const known = new WeakMap<AnyStateMachine, ReadonlyMap<object, string>>();
function idsOf(machine: AnyStateMachine): ReadonlyMap<object, string> {
  const found = known.get(machine) ?? edgeIdsOf(machine);
  known.set(machine, found);
  return found;
}

/** Every way out of the rehearsal ends here. */
function scopeOf(self: AnyActorRef, list: (action: Listed) => void): AnyActorScope {
  return {
    ...{ self, system: self.system, id: self.id, sessionId: self.sessionId },
    ...{ logger: nothing, defer: nothing, stopChild: nothing, emit: nothing },
    actionExecutor: list,
  };
}

interface Child {
  readonly id: string;
  readonly src?: unknown;
  readonly options?: { readonly input?: unknown };
}
interface Parent {
  readonly children: Readonly<Record<string, Child | undefined>>;
}

/** Children that were not there before, those under an old id included. */
function startsOf(before: Parent, after: Parent): Rehearsed['starts'] {
  return Object.entries(after.children).flatMap(([id, child]) => {
    if (child === undefined || before.children[id] === child) return [];
    const src = typeof child.src === 'string' ? child.src : 'inline';
    return [{ id, src, input: child.options?.input }];
  });
}

interface Delayed {
  readonly id?: string;
  readonly event?: EventObject;
  readonly delay?: number;
}

/** Armed, and not disarmed again by the same turn. */
function timersOf(listed: readonly Listed[]): Rehearsed['timers'] {
  const armed: (Delayed & { readonly event: EventObject; readonly delay: number })[] = [];
  for (const { type, params } of listed) {
    if (type === 'xstate.cancel')
      for (const [at, { id }] of [...armed.entries()].reverse())
        if (id === params) armed.splice(at, 1);
    if (type !== 'xstate.raise' && type !== 'xstate.sendTo') continue;
    const { id, event, delay } = params as Delayed;
    if (event !== undefined && delay !== undefined)
      armed.push({ event, delay, ...(id !== undefined && { id }) });
  }
  return armed.map(({ event, delay }) => ({ event: event.type, delayMs: delay }));
}
