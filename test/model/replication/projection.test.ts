/** The real chart, searched whole with every order, answer and time-out: what it shows of itself is the table, no more, no less. */
import { expect, it } from 'vitest';
import { phases, publicStateOf } from '../../../machines/replication-context.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import { publicStates, sides, transitionTable } from '../../../machines/replication-table.ts';
import type { PublicState } from '../../../machines/replication-table.ts';
import { answersTo, applied, orders, ordersIn, seen, settled } from './asks.ts';
import { Graph, elapsed } from './chart.ts';
import type { Asked, Node } from './chart.ts';

/** No world: every answer at every time, true or not. One epoch after the first shows every edge on both sides. */
function* asksIn(node: Node): Generator<Asked> {
  yield* ordersIn(node);
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

/** Each edge of each side with the history the chart wrote of it. */
function search(graph: Graph, start: Node, epochsMax: number) {
  const edges = new Set<string>();
  const reached = new Set<string>();
  const queue = [start];
  const found = new Set([start.id]);
  for (const node of queue) {
    for (const asked of asksIn(node)) {
      const next = graph.step(node, asked);
      for (const side of sides) {
        reached.add(`${side} ${next.phases[side]}`);
        const from = publicStateOf(node.phases[side]);
        const to = publicStateOf(next.phases[side]);
        if (from !== to) edges.add(`${side}: ${from} → ${to}`);
      }
      if (next.epoch > epochsMax || found.has(next.id)) continue;
      found.add(next.id);
      queue.push(next);
    }
  }
  return { edges, reached, states: queue.length };
}

/** One search for all that is asked of it. */
const graph = new Graph(replicationMachine);
const life = search(graph, settled(graph), 2);

it('projects onto the thirteen edges of the table on both sides', () => {
  const birth = search(graph, graph.begin(), 0);
  console.info('states of the chart', { birth: birth.states, life: life.states });
  const edges = [...birth.edges, ...life.edges];
  const promised = sides.flatMap((side) =>
    publicStates.flatMap((from) => transitionTable[from].map((to) => `${side}: ${from} → ${to}`)),
  );
  expect([...new Set(edges)].sort()).toEqual(promised.sort());
}, 60_000);

it('is left by a deadline from every phase in which something is on its way', () => {
  const resting =
    /^(absent|replica\.(seeding|following|lagging|paused)|source\.(?!preflight))|^failed/;
  expect(life.states).toBeGreaterThan(100);
  for (const node of graph.nodes)
    for (const side of sides) {
      const phase = node.phases[side];
      if (resting.test(phase)) continue;
      const timers = node.timers.filter((timer) => timer.side === side);
      expect([phase, timers.length > 0]).toEqual([phase, true]);
    }
}, 60_000);

it('has forty phases per endpoint', () => {
  const count = (state: PublicState) => phases[state].length;
  expect(publicStates.reduce((sum, state) => sum + count(state), 0)).toBe(40);
});

it('follows a birth, a planned failover and a failback by the table', () => {
  let node = settled(graph);
  expect(node.phases).toEqual({ home: 'source.protected', away: 'replica.following' });
  const finish = (until: () => boolean) => {
    for (let steps = 0; !until() && steps < 60; steps += 1) {
      const calls = sides.flatMap((side) => {
        const effect = node.calls[side]?.effect;
        if (effect === undefined) return [];
        // The first answer but for reads: those of a world in which all goes well.
        const answers = answersTo(side, effect);
        return effect === 'verify' ? answers.slice(1, 2) : answers.slice(0, 1);
      });
      const timer = node.timers.find(({ delay }) => delay.endsWith('Window'));
      const [asked = timer && elapsed(timer)] = calls;
      if (asked === undefined) throw new Error(`nothing goes on: ${JSON.stringify(node.phases)}`);
      node = graph.step(node, asked);
    }
  };
  node = graph.step(node, orders.planned.away);
  finish(() => node.phases.away.startsWith('source.'));
  expect(node.phases).toEqual({ home: 'replica.seeding', away: 'source.exposed' });
  node = graph.step(node, orders.resync.home);
  finish(() => node.phases.home === 'replica.following');
  expect(node.phases.away).toBe('source.protected');
  node = graph.step(node, orders.planned.home);
  finish(() => node.phases.home.startsWith('source.'));
  expect(node.phases).toEqual({ home: 'source.exposed', away: 'replica.seeding' });
  const { history, loss, epoch, riskAccepted } = graph.snapshotOf(node).context;
  expect({ epoch, riskAccepted, loss: loss?.seconds }).toEqual({
    ...{ epoch: 3, riskAccepted: null, loss: 0 },
  });
  for (const { from, to } of history) expect(transitionTable[from]).toContain(to);
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
});
