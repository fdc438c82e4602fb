/** Names for the edges of a chart, the same wherever one is drawn, taken or counted. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { transitionsOf } from './definition.ts';
import type { AnyTransition } from './definition.ts';

export interface ChartEdge {
  /** `<id of the source node>|<event type>|<n>`: n counts the edges of that node and event in chart order, from 0. */
  readonly id: string;
  readonly source: AnyStateNode;
  readonly transition: AnyTransition;
}

/** Every edge of one machine in chart order; machines inside it have charts of their own. */
export const edgesOf = (machine: AnyStateMachine): ChartEdge[] => edgesBelow(machine.root);

function edgesBelow(source: AnyStateNode): ChartEdge[] {
  const seen = new Map<string, number>();
  const own = transitionsOf(source).map((transition) => {
    const number = seen.get(transition.eventType) ?? 0;
    seen.set(transition.eventType, number + 1);
    return { id: `${source.id}|${transition.eventType}|${number}`, source, transition };
  });
  const states: AnyStateNode[] = Object.values(source.states);
  const below = states.sort((left, right) => left.order - right.order).flatMap(edgesBelow);
  return [...own, ...below];
}

/** XState hands out the very objects of the chart when it tells what was taken. */
export const edgeIdsOf = (machine: AnyStateMachine): ReadonlyMap<object, string> =>
  new Map(edgesOf(machine).map(({ id, transition }) => [transition, id]));
