/** Searches the real chart whole, with every order, answer and time-out. */
import { publicStateOf } from '../../../machines/replication-context.ts';
import { sides } from '../../../machines/replication-table.ts';
import { answersTo, applied, ordersIn, seen } from './asks.ts';
import { elapsed, order } from './chart.ts';
import type { Asked, Graph, Node } from './chart.ts';

/** No world: every answer at every time, true or not. One epoch after the first shows every edge on both sides. */
function* asksIn(node: Node, more: readonly Asked[]): Generator<Asked> {
  yield* ordersIn(node);
  yield* more;
  for (const side of sides) {
    if (sides.some((each) => node.phases[each].startsWith('source.'))) {
      yield seen(side, 'yes');
      yield seen(side, 'no');
    }
    if (node.phases[side] === 'absent.created') yield applied[side];
    const call = node.calls[side];
    if (call !== undefined) yield* answersTo(side, call.effect);
  }
  yield* node.timers.map(elapsed);
}

export interface Found {
  /** Public moves, by side. */
  readonly edges: ReadonlySet<string>;
  readonly reached: ReadonlySet<string>;
  readonly states: number;
  /** Where one can get from each state that was looked at, in one step. */
  readonly ways: ReadonlyMap<number, ReadonlySet<number>>;
}

/** Each edge of each side with the history the chart wrote of it. */
export function search(
  graph: Graph,
  start: Node,
  epochsMax: number,
  more: readonly Asked[] = [],
): Found {
  const edges = new Set<string>();
  const reached = new Set<string>();
  const ways = new Map<number, Set<number>>();
  const queue = [start];
  const found = new Set([start.id]);
  for (const node of queue) {
    const next = new Set<number>();
    ways.set(node.id, next);
    for (const asked of asksIn(node, more)) {
      const after = graph.step(node, asked);
      next.add(after.id);
      for (const side of sides) {
        reached.add(`${side} ${after.phases[side]}`);
        const from = publicStateOf(node.phases[side]);
        const to = publicStateOf(after.phases[side]);
        if (from !== to) edges.add(`${side}: ${from} → ${to}`);
      }
      if (after.epoch > epochsMax || found.has(after.id)) continue;
      found.add(after.id);
      queue.push(after);
    }
  }
  return { edges, reached, states: queue.length, ways };
}

/** What happens to sides that rest, beside the moves of the table. */
export const whileAtRest: readonly Asked[] = [
  ...(['pause', 'resume'] as const).map((verb) => order(verb, { type: `replication.${verb}` })),
  order('another interval', { type: 'replication.reconfigure', every: '2m' }),
  ...[0.5, 2.5].map((ratio) => order(`lag ${ratio}`, { type: 'lag.measured', ratio })),
  ...sides.flatMap((endpoint) => [
    order(`test ${endpoint}`, {
      ...{ type: 'replication.test-start', ttlSeconds: 60, force: false, endpoint },
    }),
    order(`end of the test of ${endpoint}`, { type: 'replication.test-stop', endpoint }),
  ]),
];
