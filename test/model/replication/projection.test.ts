/** The real chart, searched whole with every order, answer and time-out: what it shows of itself is the table, no more, no less. */
import { expect, it } from 'vitest';
import { phases } from '../../../machines/replication-context.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import {
  allowedNext,
  publicStates,
  sides,
  transitionTable,
} from '../../../machines/replication-table.ts';
import { answersTo, orders, settled } from './asks.ts';
import { Graph, elapsed } from './chart.ts';
import { search, whileAtRest } from './search.ts';
import type { Found } from './search.ts';

/** One search for all that is asked of it. */
const graph = new Graph(replicationMachine);
const birth = search(graph, graph.begin(), 0);
const life = search(graph, settled(graph), 2);
const rest = search(graph, settled(graph), 1, whileAtRest);

it('projects onto the thirteen edges of the table on both sides [U-02]', () => {
  const counts = { birth: birth.states, life: life.states, rest: rest.states };
  console.info('states of the chart', counts);
  const edges = [...birth.edges, ...life.edges, ...rest.edges];
  const promised = sides.flatMap((side) =>
    publicStates.flatMap((from) => transitionTable[from].map((to) => `${side}: ${from} → ${to}`)),
  );
  expect([...new Set(edges)].sort()).toEqual(promised.sort());
}, 60_000);

it('writes nothing but edges of the table into the history of any state [S9]', () => {
  const strange = graph.nodes.flatMap((node) =>
    graph
      .snapshotOf(node)
      .context.history.filter(({ from, to }) => !allowedNext(from).includes(to))
      .map(({ endpoint, from, to }) => `${endpoint}: ${from} → ${to}`),
  );
  expect(strange).toEqual([]);
}, 60_000);

it('leads from every state to replica or source, on either side [L2]', () => {
  const rested = /^(replica|source)\./;
  for (const { ways } of [life, rest])
    for (const side of sides) {
      const leads = reaching(ways, (id) => rested.test(graph.node(id).phases[side]));
      const stuck = [...ways.keys()].filter((id) => !leads.has(id));
      expect(stuck.map((id) => graph.node(id).phases)).toEqual([]);
    }
}, 60_000);

/** Every state from which one of the wanted ones can be reached: backwards from those. */
function reaching(ways: Found['ways'], isWanted: (id: number) => boolean): ReadonlySet<number> {
  const back = new Map<number, number[]>();
  for (const [from, targets] of ways)
    for (const to of targets) back.set(to, [...(back.get(to) ?? []), from]);
  const queue = [...new Set([...ways.keys(), ...back.keys()])].filter(isWanted);
  const leads = new Set(queue);
  for (const id of queue)
    for (const from of back.get(id) ?? [])
      if (!leads.has(from)) {
        leads.add(from);
        queue.push(from);
      }
  return leads;
}

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

/** Both sides are made by one function; what one of them can be, the other can. */
it('reaches each of its forty phases', () => {
  const all = publicStates.flatMap((state) => phases[state].map((phase) => `${state}.${phase}`));
  expect(all).toHaveLength(40);
  const reached = new Set([...birth.reached, ...life.reached, ...rest.reached]);
  const isReached = (phase: string) => sides.some((side) => reached.has(`${side} ${phase}`));
  expect(all.filter((phase) => phase !== 'absent.created' && !isReached(phase))).toEqual([]);
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
