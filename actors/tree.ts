/** One XState system: a root actor with its children. The only file that knows what XState keeps where. */
import { createActor } from 'xstate';
import type { AnyActorRef, AnyStateMachine, EventObject, InspectionEvent } from 'xstate';
import type { PublishedEvent } from '../machines/messages.ts';
import type { KindSnapshot } from './kind.ts';
import type { Ended } from './operation-census.ts';
import type { Clock } from './ports.ts';
import type { TakenEdges } from './steps/taken.ts';
import type { StoredTimer } from './stored-timer.ts';

export interface TreeHooks {
  /** Something in the tree may have changed. */
  touched(): void;
  /** A machine below the root has come to a final state. */
  ended(machine: Ended): void;
  emitted(event: PublishedEvent): void;
  /** The root is in status error and will never move again. */
  failed(error: unknown): void;
  /** Something could not be noted in `taken`. */
  missed(thrown: unknown): void;
  /** A delayed event fired; `correlationId` is that of the actor it went to, where it has one. */
  fired(timer: { readonly event: string; readonly to: string; correlationId: string }): void;
}

export interface TreeOptions {
  readonly machine: AnyStateMachine;
  readonly id: string;
  readonly clock: Clock;
  readonly hooks: TreeHooks;
  /** Notes what the machines go through. */
  readonly taken: TakenEdges;
  /** Starts anew with this input, or goes on from a stored snapshot. */
  readonly from: { readonly input: unknown } | { readonly snapshot: unknown };
}

/** Of a machine; promises have no machine. */
interface EndedSnapshot {
  readonly status: string;
  readonly machine?: AnyStateMachine;
  readonly value?: unknown;
  readonly context?: unknown;
  readonly output?: unknown;
}

type Scheduled = ReturnType<AnyActorRef['system']['getSnapshot']>['_scheduledEvents'][string];

export class Tree {
  readonly root: ReturnType<typeof createActor<AnyStateMachine>>;
  readonly #options: TreeOptions;
  /** Deadline of each arming; XState makes a new entry per arming and keeps it until it fires. */
  readonly #deadlinesMs = new WeakMap<Scheduled, number>();
  readonly #inspection: { unsubscribe(): void };
  /** Armed since deadlines were last noted. */
  #hasFresh = false;
  #isFiring = false;
  #isCut = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.root = createActor(options.machine, {
      id: options.id,
      clock: {
        setTimeout: (run: () => void, delayMs: number) => {
          this.#hasFresh = true;
          return options.clock.after(delayMs, () => this.#fire(run));
        },
        clearTimeout: (cancel: () => void) => cancel(),
      },
      ...options.from,
    } as Parameters<typeof createActor<AnyStateMachine>>[1] & object);
    // Without an error observer XState rethrows uncaught, and a poison turn sends no inspection event.
    this.root.subscribe({ error: (error: unknown) => options.hooks.failed(error) });
    this.#inspection = this.root.system.inspect((event: InspectionEvent) => this.#inspect(event));
    this.#walk(this.root, (ref) => this.#listen(ref));
  }

  /** Why the snapshot could not be restored; undefined when all is well. To be asked before `start`. */
  get fault(): { readonly error: unknown } | undefined {
    const snapshot: { status: string; error?: unknown } = this.root.getSnapshot();
    return snapshot.status === 'error' ? { error: snapshot.error } : undefined;
  }

  get snapshot(): KindSnapshot {
    return this.root.getSnapshot() as KindSnapshot;
  }

  /** True when the chart has a transition for it now; a throwing guard counts as yes, for the turn will show it. */
  can(event: EventObject): boolean {
    const snapshot = this.root.getSnapshot() as { can(event: EventObject): boolean };
    try {
      return snapshot.can(event);
    } catch {
      return true;
    }
  }

  /** JSON-able state of the whole tree; its context is the live one, so stringify at once. */
  persisted(): unknown {
    return this.root.getPersistedSnapshot();
  }

  /** Gives every timer armed since the last call its deadline: `nowMs` plus its delay, once. */
  noteDeadlines(nowMs: number): void {
    if (!this.#hasFresh) return;
    this.#hasFresh = false;
    for (const entry of this.#scheduled())
      if (!this.#deadlinesMs.has(entry)) this.#deadlinesMs.set(entry, nowMs + entry.delay);
  }

  timers(): StoredTimer[] {
    return this.#scheduled().flatMap((entry) => {
      const [from, to] = [this.#pathOf(entry.source), this.#pathOf(entry.target)];
      const atMs = this.#deadlinesMs.get(entry);
      // A child that has stopped keeps nothing worth waking for.
      if (from === undefined || to === undefined || atMs === undefined) return [];
      return [{ from, to, id: entry.id, event: entry.event, atMs }];
    });
  }

  /** Arms stored timers under their first ids and deadlines; overdue ones fire soon, in deadline order. */
  rearm(timers: readonly StoredTimer[], nowMs: number): void {
    const { scheduler } = this.root.system;
    for (const timer of [...timers].sort((left, right) => left.atMs - right.atMs)) {
      const [from, to] = [this.#at(timer.from), this.#at(timer.to)];
      if (!from || !to) continue;
      scheduler.cancel(from, timer.id); // one id armed twice would fire twice
      scheduler.schedule(from, to, timer.event, Math.max(0, timer.atMs - nowMs), timer.id);
      for (const entry of this.#scheduled())
        if (entry.source === from && entry.id === timer.id)
          this.#deadlinesMs.set(entry, timer.atMs);
    }
  }

  /** Ends the tree for good without a trace: no timer fires, no hook is called, promise signals abort. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#inspection.unsubscribe();
    const { scheduler } = this.root.system;
    for (const entry of this.#scheduled()) scheduler.cancel(entry.source, entry.id);
    if (this.root.getSnapshot().status === 'active') this.root.stop();
  }

  #scheduled(): Scheduled[] {
    return Object.values(this.root.system.getSnapshot()._scheduledEvents);
  }

  #fire(run: () => void): void {
    if (this.#isCut) return;
    this.#isFiring = true;
    run();
    this.#isFiring = false;
  }

  #inspect(event: InspectionEvent): void {
    if (this.#isCut) return;
    if (event.type === '@xstate.actor') this.#listen(event.actorRef as AnyActorRef);
    this.#noteTaken(event);
    if (event.type === '@xstate.snapshot') {
      this.#options.hooks.touched();
      this.#noteEnd(event.snapshot, event.actorRef as AnyActorRef);
    }
    if (event.type !== '@xstate.event' || !this.#isFiring) return;
    // The first event inspected while a timer runs is the delayed one itself.
    this.#isFiring = false;
    const target = event.actorRef as AnyActorRef;
    const snapshot = target.getSnapshot() as { context?: { correlationId?: unknown } } | undefined;
    const correlationId = snapshot?.context?.correlationId;
    this.#options.hooks.fired({
      event: event.event.type,
      to: this.#pathOf(target) ?? '',
      correlationId: typeof correlationId === 'string' ? correlationId : '',
    });
  }

  /** A throw in here would put the actor in error, and nothing that is only shown is worth that. */
  #noteTaken(event: InspectionEvent): void {
    const { taken, hooks } = this.#options;
    try {
      const ref = event.actorRef as AnyActorRef;
      if (event.type === '@xstate.event') taken.began(ref);
      if (event.type !== '@xstate.microstep') return;
      const path = () => idsOf(ref).join('/');
      taken.moved(ref, path, event.event, event._transitions as readonly object[]);
    } catch (thrown) {
      hooks.missed(thrown);
    }
  }

  #noteEnd(snapshot: unknown, ref: AnyActorRef): void {
    const { status, machine, value, context, output } = snapshot as EndedSnapshot;
    if (status !== 'done' || machine === undefined || machine === this.#options.machine) return;
    // By now its parent may have let go of it, so it is not looked for in the tree.
    const path = idsOf(ref).join('/');
    this.#options.hooks.ended({ machine: machine.id, path, state: value, context, output });
  }

  /** A root's listener does not hear its children, so every actor gets one. A throw in it would be uncaught. */
  #listen(ref: AnyActorRef): void {
    ref.on('*', (emitted: EventObject) => {
      if (this.#isCut) return;
      const { type, correlationId, data } = emitted as EventObject & Partial<PublishedEvent>;
      this.#options.hooks.emitted({ type, correlationId: correlationId ?? '', data: data ?? {} });
      this.#options.hooks.touched();
    });
  }

  #walk(ref: AnyActorRef, visit: (ref: AnyActorRef) => void): void {
    visit(ref);
    for (const child of Object.values(childrenOf(ref))) if (child) this.#walk(child, visit);
  }

  #at(path: string): AnyActorRef | undefined {
    let ref: AnyActorRef | undefined = this.root as AnyActorRef;
    for (const id of path === '' ? [] : path.split('/')) ref = ref && childrenOf(ref)[id];
    return ref;
  }

  /** Undefined when the actor no longer hangs in the tree. */
  #pathOf(ref: AnyActorRef): string | undefined {
    const path = idsOf(ref).join('/');
    return this.#at(path) === ref ? path : undefined;
  }
}

/** Child ids from the root. */
function idsOf(ref: AnyActorRef): string[] {
  const ids: string[] = [];
  for (let each = ref; each._parent; each = each._parent) ids.unshift(each.id);
  return ids;
}

function childrenOf(ref: AnyActorRef): Readonly<Record<string, AnyActorRef | undefined>> {
  const snapshot = ref.getSnapshot() as { children?: Record<string, AnyActorRef> } | undefined;
  return snapshot?.children ?? {};
}

/** A stored snapshot as a live one that was never started: for questions such as "would this command be taken?". */
export function revive(machine: AnyStateMachine, persisted: unknown) {
  const options = { snapshot: structuredClone(persisted) } as Parameters<
    typeof createActor<AnyStateMachine>
  >[1];
  return createActor(machine, options as never).getSnapshot() as KindSnapshot & {
    can(event: EventObject): boolean;
  };
}

/** True while a promise child anywhere below is under way, so that an awakening would repeat a call. */
export function hasCallInFlight(persisted: unknown): boolean {
  const { children } = persisted as { children?: Record<string, { snapshot: PersistedChild }> };
  return Object.values(children ?? {}).some(
    ({ snapshot }) =>
      snapshot.status === 'active' && (!('value' in snapshot) || hasCallInFlight(snapshot)),
  );
}
interface PersistedChild {
  readonly status: string;
  readonly value?: unknown;
}
