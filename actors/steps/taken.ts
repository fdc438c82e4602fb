/** Notes what the machines of one tree go through between two writes, exactly as XState tells it. */
import { StateMachine } from 'xstate';
import type { AnyActorRef, AnyStateMachine, EventObject } from 'xstate';
import { stepLimits } from '../../machines/limits.ts';
import { edgeIdsOf } from '../chart-edges.ts';
import { redactText } from './redact.ts';
import type { Taken } from './step.ts';

/** What was noted, and whose doing it was as far as the machines know. */
export interface Notes {
  readonly taken: readonly Taken[];
  /** Of the first machine that has one; empty otherwise. */
  readonly correlationId: string;
}

interface Open {
  readonly taken: Taken & { readonly edges: string[] };
}

const edgeIds = new WeakMap<AnyStateMachine, ReadonlyMap<object, string>>();

function edgeIdsIn(machine: AnyStateMachine): ReadonlyMap<object, string> {
  const known = edgeIds.get(machine);
  if (known !== undefined) return known;
  const made = edgeIdsOf(machine);
  edgeIds.set(machine, made);
  return made;
}

export class TakenEdges {
  #taken: Taken[] = [];
  #correlationId = '';
  /** By machine: the event it is at. */
  #open = new Map<AnyActorRef, Open>();

  /** The machine was handed an event: what follows belongs to that one. */
  began(ref: AnyActorRef): void {
    this.#open.delete(ref);
  }

  /** @param transitions  objects of the chart itself; none where it took the event without moving */
  moved(
    ref: AnyActorRef,
    path: () => string,
    event: EventObject,
    transitions: readonly object[],
  ): void {
    const { logic } = ref as unknown as { logic: unknown };
    if (!(logic instanceof StateMachine) || event.type === 'xstate.stop') return;
    const edges = this.#at(ref, path, event);
    const ids = edgeIdsIn(logic as AnyStateMachine);
    for (const transition of transitions) {
      const id = ids.get(transition);
      if (id !== undefined && edges.length < stepLimits.edgesMax) edges.push(id);
    }
  }

  /** What was noted since the last call. */
  release(): Notes {
    const notes = { taken: this.#taken, correlationId: this.#correlationId };
    this.#taken = [];
    this.#correlationId = '';
    this.#open = new Map();
    return notes;
  }

  #at(ref: AnyActorRef, path: () => string, event: EventObject): string[] {
    const open = this.#open.get(ref);
    if (open?.taken.event === event.type) return open.taken.edges;
    const taken = { path: path(), event: redactText(event.type), edges: [] };
    if (this.#taken.length < stepLimits.takenMax) this.#taken.push(taken);
    this.#open.set(ref, { taken });
    this.#noteCorrelation(ref, event);
    return taken.edges;
  }

  #noteCorrelation(ref: AnyActorRef, event: EventObject): void {
    if (this.#correlationId !== '') return;
    // An actor that is made at this very moment has no snapshot yet.
    const snapshot = ref.getSnapshot() as { context?: { correlationId?: unknown } } | undefined;
    const given = (event as { correlationId?: unknown }).correlationId;
    const found = given ?? snapshot?.context?.correlationId;
    if (typeof found === 'string') this.#correlationId = redactText(found);
  }
}
