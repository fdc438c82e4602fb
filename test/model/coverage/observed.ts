/** What real actors went through, as hosting notes it: which edges of which charts were taken, which states entered. */
import { StateMachine } from 'xstate';
import type { AnyActorRef, AnyStateMachine, AnyStateNode, EventObject } from 'xstate';
import { edgeIdsOf } from '../../../actors/chart-edges.ts';
import { TakenEdges } from '../../../actors/steps/taken.ts';

type Moved = TakenEdges['moved'];

const edgeIds = new WeakMap<AnyStateMachine, ReadonlyMap<object, string>>();

function edgeIdsIn(machine: AnyStateMachine): ReadonlyMap<object, string> {
  const ids = edgeIds.get(machine) ?? edgeIdsOf(machine);
  edgeIds.set(machine, ids);
  return ids;
}

/** Everything that hosted actors in this process have taken and entered since it was made. */
export class Observed {
  readonly edges = new Map<string, number>();
  readonly states = new Set<string>();
  /** Edges of one actor since `clear`, oldest first. */
  taken: { readonly machine: string; readonly id: string }[] = [];

  /** Watches every hosted actor of this process, whoever hosts it. */
  watch(): () => void {
    const original: Moved = Object.getOwnPropertyDescriptor(TakenEdges.prototype, 'moved')
      ?.value as Moved;
    const note = this.#note.bind(this);
    TakenEdges.prototype.moved = function moved(ref, path, event, transitions) {
      note(ref, event, transitions);
      original.call(this, ref, path, event, transitions);
    };
    return () => {
      TakenEdges.prototype.moved = original;
    };
  }

  clear(): void {
    this.taken = [];
  }

  /** States that an actor stands in, and those around them. */
  stands(nodes: readonly { readonly id: string }[]): void {
    for (const { id } of nodes) this.states.add(id);
  }

  #note(ref: AnyActorRef, event: EventObject, transitions: readonly object[]): void {
    const { logic } = ref as unknown as { logic: unknown };
    if (!(logic instanceof StateMachine) || event.type === 'xstate.stop') return;
    const ids = edgeIdsIn(logic as AnyStateMachine);
    for (const transition of transitions) {
      const id = ids.get(transition);
      if (id === undefined) continue;
      this.edges.set(id, (this.edges.get(id) ?? 0) + 1);
      this.taken.push({ machine: (logic as AnyStateMachine).id, id });
      for (const target of (transition as { target?: AnyStateNode[] }).target ?? [])
        this.#entered(target);
    }
  }

  /** Whoever enters a state enters what is around it and what is first in it. */
  #entered(node: AnyStateNode): void {
    for (let each: AnyStateNode | undefined = node; each; each = each.parent)
      this.states.add(each.id);
    this.#below(node);
  }

  #below(node: AnyStateNode): void {
    this.states.add(node.id);
    if (node.type === 'compound') for (const each of node.initial.target) this.#below(each);
    if (node.type === 'parallel')
      for (const each of Object.values(node.states) as AnyStateNode[]) this.#below(each);
  }
}
