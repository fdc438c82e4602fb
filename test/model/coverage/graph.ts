/** The edges of a machine by xstate/graph: every state that can be told apart, with everything that can be asked there. */
import { createActor } from 'xstate';
import type { AnyActorRef, EventObject } from 'xstate';
import { getAdjacencyMap } from 'xstate/graph';
import { edgeIdsOf } from '../../../actors/chart-edges.ts';
import { elapsed, ids, nowMs, roll } from './asked.ts';
import type { AnyEvent, Asked } from './asked.ts';
import type { Exploration, Model, Snapshot } from './model.ts';
import { standIn } from './stand-in.ts';

/** One edge of the graph: what leads where, and which edges of the chart that takes. */
export interface GraphEdge {
  readonly before: Snapshot;
  readonly asked: Asked;
  readonly after: Snapshot;
  /** Ids in the order in which they are taken; none where nothing moves, or admission refuses. */
  readonly taken: readonly string[];
  readonly isRefused: boolean;
  /** Nothing is stored yet: the first command makes the actor. */
  readonly isBirth: boolean;
}

type Step = Omit<GraphEdge, 'asked'>;
type Scope = Readonly<Record<string, unknown>>;

/** What the graph needs of a machine, without XState's loose types. */
interface Pure {
  getInitialSnapshot(scope: Scope, input: unknown): Snapshot;
  transition(before: Snapshot, event: EventObject, scope: Scope): Snapshot;
}

/** The machine as the graph functions walk it: admission first, then pure transitions. */
export class Walker {
  readonly #model: Model;
  readonly #edgeIds: ReadonlyMap<object, string>;
  readonly #machine: Pure;
  readonly #scope: Scope;
  readonly #steps = new WeakMap<Snapshot, WeakMap<Asked, Step>>();
  #birth: Snapshot | undefined;
  #before: Snapshot | undefined;
  #taken: string[] = [];

  constructor(model: Model) {
    this.#model = model;
    this.#machine = model.machine as unknown as Pure;
    this.#edgeIds = edgeIdsOf(model.machine);
    this.#scope = this.#newScope(createActor(model.machine, { input: model.input }));
  }

  begin(): Snapshot {
    this.#birth ??= this.#machine.getInitialSnapshot(this.#scope, this.#model.input);
    return this.#birth;
  }

  /** Of a tombstone hosting makes a new life. */
  isOver(snapshot: Snapshot): boolean {
    return this.#model.kind?.isTombstone(snapshot) === true;
  }

  step(before: Snapshot, asked: Asked): Step {
    const known = this.#steps.get(before) ?? new WeakMap<Asked, Step>();
    this.#steps.set(before, known);
    const found = known.get(asked);
    if (found !== undefined) return found;
    const made = this.#step(before, asked);
    known.set(asked, made);
    return made;
  }

  #step(before: Snapshot, asked: Asked): Step {
    const event = eventOf(this.#model, asked);
    const isBirth = before === this.#birth && (this.#model.kind?.creating.size ?? 0) > 0;
    const isTaken = isBirth ? this.#creates(asked) : this.#isAdmitted(before, asked, event);
    if (!isTaken) return { before, after: before, taken: [], isRefused: true, isBirth };
    this.#taken = [];
    this.#before = before;
    const after = this.#machine.transition(before, event, this.#scope);
    if (after.status === 'error') throw new Error(`${this.#model.id}: ${asked.type} is poison`);
    return { before, after, taken: this.#taken, isRefused: false, isBirth };
  }

  #creates({ stimulus }: Asked): boolean {
    return stimulus.how === 'command' && this.#model.kind?.creating.has(stimulus.verb) === true;
  }

  #isAdmitted(before: Snapshot, { stimulus }: Asked, event: EventObject): boolean {
    const { kind } = this.#model;
    if (stimulus.how !== 'command' || kind === undefined) return true;
    return kind.admit(before as never, event).kind === 'accepted';
  }

  /** One for all steps. Its `self` shows the state before the event, as a live actor's does while it takes one. */
  #newScope(actor: AnyActorRef): Scope {
    const nothing = () => undefined;
    const note = (told: { type: string; _transitions?: readonly object[] }): void => {
      if (told.type !== '@xstate.microstep') return;
      for (const each of told._transitions ?? []) {
        const id = this.#edgeIds.get(each);
        if (id !== undefined) this.#taken.push(id);
      }
    };
    const system = Object.create(actor.system, {
      _sendInspectionEvent: { value: note },
    }) as AnyActorRef['system'];
    const self = Object.create(actor, {
      getSnapshot: { value: (): unknown => this.#before ?? actor.getSnapshot() },
      _parent: { value: createActor(standIn, { input: null }) },
    }) as AnyActorRef;
    return {
      ...{ self, system, id: 'it', sessionId: 'x:0', logger: nothing, defer: nothing },
      ...{ stopChild: nothing, emit: nothing, actionExecutor: nothing },
    };
  }
}

/** The event as the chart gets it. */
function eventOf(
  { id, kind }: Pick<Model, 'id' | 'kind'>,
  { stimulus, afterMs = 0 }: Asked,
): AnyEvent {
  switch (stimulus.how) {
    case 'command': {
      const type = `${kind?.name ?? id}.${stimulus.verb}`;
      return { ...stimulus.given, atMs: nowMs + afterMs, roll, ...ids, type };
    }
    case 'told':
      // As an observation is stamped.
      return kind === undefined
        ? stimulus.event
        : { ...stimulus.event, atMs: nowMs + afterMs, roll };
    case 'done': {
      const { child, output } = stimulus;
      return { type: `xstate.done.actor.${child}`, output, actorId: child };
    }
    case 'elapsed':
      return { type: stimulus.event };
  }
}

/** Delayed events of the states that are active. */
export const timersOf = (snapshot: Snapshot): string[] => [
  ...new Set(snapshot._nodes.flatMap((node) => node.after.map(({ eventType }) => eventType))),
];

/** Every edge of one exploration, by the graph functions of XState. */
export function explore(walker: Walker, { walk, asks, key, timers, limit }: Exploration) {
  const start = walk.reduce((at, asked) => {
    const { after, isRefused } = walker.step(at, asked);
    if (isRefused) throw new Error(`${asked.type} is refused at ${JSON.stringify(at.value)}`);
    return after;
  }, walker.begin());
  const all = (snapshot: Snapshot): Asked[] =>
    snapshot.status !== 'active' || walker.isOver(snapshot)
      ? []
      : [
          ...asks(snapshot),
          ...timersOf(snapshot)
            .filter((event) => timers?.(event) ?? true)
            .map((event) => elapsed(event)),
        ];
  const logic = {
    transition: (before: Snapshot, asked: Asked) => walker.step(before, asked).after,
    getInitialSnapshot: () => start,
  };
  const options = {
    fromState: start,
    events: all,
    serializeState: key,
    serializeEvent: ({ type }: Asked) => type,
    limit,
  };
  // The graph functions know machines and their own events; here what is asked is the event.
  const map: unknown = getAdjacencyMap(logic as never, options as never);
  const found = map as Record<
    string,
    { state: Snapshot; transitions: Record<string, { event: Asked }> }
  >;
  return (
    Object.values(found)
      .flatMap(({ state, transitions }) =>
        Object.values(transitions).map(({ event: asked }): GraphEdge => ({
          asked,
          ...walker.step(state, asked),
        })),
      )
      // Hosting lets nothing else through to an actor that is not there yet.
      .filter(({ isBirth, isRefused }) => !isBirth || !isRefused)
  );
}
