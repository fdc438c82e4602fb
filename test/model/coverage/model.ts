/** One machine as it is explored and driven: what it is asked where, what its guards read, and who stands around it. */
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import type { Kind } from '../../../actors/kind.ts';
import type { Asked } from './asked.ts';

export interface ActiveNode {
  readonly id: string;
  readonly after: readonly { readonly eventType: string }[];
}

/** Of any machine; `context` is cast by the model that knows it. */
export interface Snapshot {
  readonly value: unknown;
  readonly context: unknown;
  readonly status: string;
  readonly machine: AnyStateMachine;
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>;
  readonly _nodes: readonly ActiveNode[];
}

export interface Exploration {
  /** Asked one after the other, from the beginning: where the exploration starts. */
  readonly walk: readonly Asked[];
  /** Timers of the state are asked besides, unless they are left out. */
  readonly asks: (snapshot: Snapshot) => readonly Asked[];
  /** What decides what comes next: state value and guard inputs, or a part of both. */
  readonly key: (snapshot: Snapshot) => string;
  /** Timers that belong to the part of the chart that is explored. Default: all. */
  readonly timers?: (event: string) => boolean;
  /** States and edges of the graph; past it the exploration fails. */
  readonly limit: number;
}

export interface Model {
  /** Id of the machine. */
  readonly id: string;
  /** The machine under test, its children stood in for. */
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** How it is hosted by itself; machines that live below another one are hosted below a stand-in. */
  readonly kind?: Kind;
  /** Child ids whose end is the answer of a call, not that of a machine. */
  readonly calls?: readonly string[];
  readonly explorations: readonly Exploration[];
  /**
   * What of a state makes an edge another one to drive. Default: all that the exploration tells apart. Regions of a chart
   * that know nothing of each other would multiply, and so would contexts that only lead elsewhere.
   */
  readonly part?: (snapshot: Snapshot, taken: readonly string[]) => unknown;
}
