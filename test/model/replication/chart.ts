/** The real replication chart as a graph: pure transitions, remembered by what its guards can tell apart. */
import { createActor, fromPromise, initialTransition } from 'xstate';
import type { AnyActorScope, AnyStateNode, SnapshotFrom } from 'xstate';
import type { replicationMachine } from '../../../machines/replication.ts';
import type { EndpointMemory, Phase } from '../../../machines/replication-context.ts';
import type { ReplicationEvent } from '../../../machines/replication-events.ts';
import { issueExpired } from '../../../machines/replication-effects.ts';
import { overrideTokenOf } from '../../../machines/replication-safety.ts';
import { sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';

export type Chart = typeof replicationMachine;
type Snapshot = SnapshotFrom<Chart>;

/** The chart asks for effects; who performs them is the world of each model. */
const idle = fromPromise(() => new Promise(() => undefined));
const withoutOperations = (chart: Chart): Chart =>
  chart.provide({ actors: { operation: idle as never } });

export interface Call {
  readonly effect: string;
  readonly endpoint: Side;
  readonly epoch: number;
  readonly olderThanEpoch: number;
}

export interface Timer {
  readonly event: string;
  readonly delay: string;
  readonly side: Side;
  readonly delayMs: number;
}

/** One state of the chart, as far as anything it does next depends on it. */
export interface Node {
  readonly id: number;
  readonly phases: Readonly<Record<Side, Phase>>;
  readonly calls: Readonly<Record<Side, Call | undefined>>;
  readonly timers: readonly Timer[];
  readonly epoch: number;
  readonly hasOperation: boolean;
  readonly isRiskTaken: boolean;
  readonly isProven: boolean;
  readonly usesSsm: boolean;
}

export interface Asked {
  readonly label: string;
  /** Made from the state it meets: tokens follow from it. */
  readonly event: (snapshot: Snapshot) => object;
}

const stamp = { atMs: 0, correlationId: 'c', commandId: 'k', by: 'op' };

export const order = (label: string, event: object): Asked => ({
  label,
  event: () => ({ ...stamp, ...event }),
});
export const confirm: Asked = {
  label: 'override',
  event: ({ context }) => ({
    ...{ type: 'replication.override', token: overrideTokenOf(context) },
    ...stamp,
  }),
};
export const elapsed = ({ event, delay, side }: Timer): Asked => ({
  label: `${side}: ${delay} over`,
  event: () => ({ type: event }),
});
const done = (side: Side, label: string, result: object): Asked => ({
  label: `${side}: ${label}`,
  event: () => ({
    ...{ type: `xstate.done.actor.${side}Call`, actorId: `${side}Call` },
    output: { result: { atMs: 0, roll: 0, ...result } },
  }),
});
export const answered = (side: Side, effect: string, value: object, said = 'ok'): Asked =>
  done(side, `${effect} ${said}`, { ok: true, value });
export const refused = (side: Side, effect: string, code = 'x'): Asked =>
  done(side, `${effect} ${code === issueExpired ? 'too late' : 'fails'}`, {
    ok: false,
    fault: { type: 'ProviderError', code, message: '' },
  });

/** What was kept to return to decides only as long as the way back is open. */
const restOf = ({ phase, returnTo }: EndpointMemory): string =>
  phase.includes('preflight') ? (returnTo ?? '') : '';

/**
 * What guards and inputs read. Left out: time, ids, texts, history, and observed facts that only status shows. Of epochs of
 * endpoints only how they compare; of points only where some can be promoted and whether they are of this epoch. Rounds of
 * fencing and issues anew are not counted, so the model may go round more often than the chart; what follows when they are
 * used up is what follows an unknown answer.
 */
function keyOf({ value, context }: Snapshot): string {
  const { operation, fence, riskAccepted: risk, points, home, away, epoch } = context;
  const isOpen = risk?.clearedAtMs === null;
  const isPromoting = sides.some((side) => context[side].phase.startsWith('promoting.'));
  return [
    JSON.stringify([value.home, value.away, value.schedule, value.lifecycle]),
    `${epoch} ${isPromoting ? fence.stage : ''}`,
    ...[home, away].map(
      (each) =>
        `${each.epoch > 0} ${each.epoch === context.writerEpoch} ${each.epoch < each.fencedBelow} ${restOf(each)} ${each.progress === null}`,
    ),
    Math.sign(home.epoch - away.epoch),
    isOpen ? risk.epoch === epoch : '',
    operation === null
      ? ''
      : `${operation.kind} ${operation.endpoint} ${operation.how} ${operation.then}`,
    sides
      .map((side) => points.filter(({ at }) => at === side))
      .map((here) => `${here.length > 0} ${here.some((point) => point.epoch === epoch)}`)
      .join(),
    `${context.usesSsm} ${context.isPaused} ${context.settings?.initialSource}`,
  ].join('|');
}

const input = { uid: 'u'.repeat(26), namespace: 'prod', name: 'db-1', atMs: 0 };

/** One scope for all steps: `transition` of XState makes an actor for each, which is most of what a step would cost. */
function scopeOf(chart: Chart): AnyActorScope {
  const self = createActor(chart, { input });
  const nothing = () => undefined;
  return {
    ...{ self, system: self.system, id: '', sessionId: '', logger: nothing, defer: nothing },
    ...{ stopChild: nothing, emit: nothing, actionExecutor: nothing },
  };
}

export class Graph {
  readonly nodes: Node[] = [];
  /** Macrosteps computed by XState, the rest were remembered. */
  steps = 0;
  private readonly snapshots: Snapshot[] = [];
  private readonly ids = new Map<string, number>();
  private readonly edges: Map<string, number>[] = [];
  private readonly chart: Chart;
  private readonly scope: AnyActorScope;

  constructor(chart: Chart) {
    this.chart = withoutOperations(chart);
    this.scope = scopeOf(this.chart);
  }

  begin(): Node {
    return this.noted(initialTransition(this.chart, input)[0]);
  }

  step(from: Node, asked: Asked): Node {
    const edges = this.edges[from.id];
    const known = edges?.get(asked.label);
    if (known !== undefined) return this.node(known);
    const snapshot = this.snapshots[from.id];
    if (snapshot === undefined || edges === undefined) throw new Error('an unknown state');
    this.steps += 1;
    // XState's own events are no members of the declared ones.
    const event = asked.event(snapshot) as ReplicationEvent;
    const next = this.chart.transition(snapshot, event, this.scope as never);
    if (next.status !== 'active') throw new Error(`${asked.label} ended the machine`);
    const node = this.noted(next);
    edges.set(asked.label, node.id);
    return node;
  }

  snapshotOf(node: Node): Snapshot {
    const snapshot = this.snapshots[node.id];
    if (snapshot === undefined) throw new Error('an unknown state');
    return snapshot;
  }

  node(id: number): Node {
    const node = this.nodes[id];
    if (node === undefined) throw new Error('an unknown state');
    return node;
  }

  private noted(snapshot: Snapshot): Node {
    const key = keyOf(snapshot);
    const known = this.ids.get(key);
    if (known !== undefined) return this.node(known);
    const { context } = snapshot;
    const node: Node = {
      id: this.nodes.length,
      phases: { home: context.home.phase, away: context.away.phase },
      calls: { home: callOf(snapshot, 'home'), away: callOf(snapshot, 'away') },
      timers: this.timersOf(snapshot),
      epoch: context.epoch,
      hasOperation: context.operation !== null,
      isRiskTaken: context.riskAccepted?.clearedAtMs === null,
      isProven:
        context.fence.stage === 'proven' &&
        sides.some((side) => context[side].phase.startsWith('promoting.')),
      usesSsm: context.usesSsm,
    };
    this.ids.set(key, node.id);
    this.nodes.push(node);
    this.snapshots.push(snapshot);
    this.edges.push(new Map());
    return node;
  }

  private timersOf(snapshot: Snapshot): Timer[] {
    return (snapshot as unknown as { _nodes: AnyStateNode[] })._nodes.flatMap((node) => {
      const side = sides.find((each) => node.path[0] === each);
      if (side === undefined) return [];
      return node.after.map(({ eventType, delay }) => ({
        ...{ event: eventType, delay: String(delay), side },
        delayMs: this.delayMs(String(delay), snapshot),
      }));
    });
  }

  private delayMs(name: string, snapshot: Snapshot): number {
    const delays = this.chart.implementations.delays as Record<string, unknown>;
    const delay = delays[name];
    if (typeof delay === 'number') return delay;
    return (delay as (of: { context: unknown }) => number)({ context: snapshot.context });
  }
}

function callOf(snapshot: Snapshot, side: Side): Call | undefined {
  const child = (snapshot.children as Record<string, { getSnapshot(): unknown } | undefined>)[
    `${side}Call`
  ];
  if (child === undefined) return undefined;
  const { input } = child.getSnapshot() as {
    input: { effect: string; input: Omit<Call, 'effect'> };
  };
  return { ...input.input, effect: input.effect.slice('replication.'.length) };
}
