/**
 * Two hosts that both believe they own one replication. Each runs the real chart on its own copy; what a host wants done is
 * done only after its record was written by compare-and-set, so of two copies of one revision only one ever acts. Smaller than
 * the other world: effects succeed and tell the truth, and nothing comes late.
 */
import { peerOf, sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { answersTo, orders, proves, settled, verifies } from './asks.ts';
import { answered, elapsed } from './chart.ts';
import type { Asked, Graph, Node } from './chart.ts';
import * as worlds from './world.ts';
import type { World } from './world.ts';

interface State {
  /** Copies of both hosts; the second is gone once a write of it was refused. */
  readonly owners: readonly [Node, Node | undefined];
  /** Who wrote last: only that copy is of the stored revision. Nobody yet while both are equal. */
  readonly writer: 0 | 1 | undefined;
  readonly world: World;
  readonly trace: readonly string[];
}

interface Outcome {
  readonly states: number;
  readonly violation: boolean;
  readonly trace: readonly string[];
}

export function exploreTwoOwners(graph: Graph, hasCompareAndSet: boolean): Outcome {
  const rested = bothReplicas(graph);
  const first: State = {
    ...{ owners: [rested, rested], writer: undefined, trace: [] },
    world: { home: 0, away: 0, late: [] },
  };
  const queue = [first];
  const found = new Set([keyOf(first)]);
  for (const state of queue) {
    for (const next of nextOf(graph, state, hasCompareAndSet)) {
      const key = keyOf(next);
      if (found.has(key)) continue;
      found.add(key);
      queue.push(next);
      if (sides.every((side) => worlds.isWritable(next.world, side)))
        return { states: queue.length, violation: true, trace: next.trace };
    }
  }
  return { states: queue.length, violation: false, trace: [] };
}

const keyOf = ({ owners: [first, second], writer, world }: State): string =>
  [first.id, second?.id, writer, worlds.encode(world)].join();

function bothReplicas(graph: Graph): Node {
  let node = graph.step(settled(graph), orders.demote.home);
  const world: World = { home: 0, away: 0, late: [] };
  while (!node.phases.home.startsWith('replica.')) {
    const [asked] = asksOf(node, world).filter(({ label }) => label.startsWith('home'));
    if (asked === undefined) throw new Error(`nothing goes on in ${node.phases.home}`);
    node = graph.step(node, asked);
  }
  return node;
}

function* nextOf(graph: Graph, state: State, hasCompareAndSet: boolean): Generator<State> {
  for (const owner of [0, 1] as const) {
    const node = state.owners[owner];
    if (node === undefined) continue;
    const isStale = state.writer !== undefined && state.writer !== owner;
    for (const asked of asksOf(node, state.world)) {
      const after = graph.step(node, asked);
      if (after === node || after.epoch > worlds.epochsMax) continue;
      const trace = [...state.trace, `host ${owner + 1} ${asked.label}`];
      if (isStale && hasCompareAndSet) {
        // Its write is refused: it is cut off, and nothing of this turn leaves it.
        const left = state.owners[owner === 0 ? 1 : 0];
        if (left !== undefined) yield { ...state, owners: [left, undefined], writer: 0, trace };
        continue;
      }
      const owners: State['owners'] =
        owner === 0 ? [after, state.owners[1]] : [state.owners[0], after];
      yield { owners, writer: owner, world: applied(state.world, node, asked), trace };
    }
  }
}

function asksOf(node: Node, world: World): Asked[] {
  const found = node.timers
    .filter(({ delay }) => delay.endsWith('Window'))
    .map((timer) => elapsed(timer));
  for (const side of sides) {
    if (!node.hasOperation && node.phases[side].startsWith('replica.'))
      found.push(orders.planned[side]);
    const call = node.calls[side];
    if (call === undefined) continue;
    found.push(truthOf(side, call.effect, node, world));
  }
  return found;
}

function truthOf(side: Side, effect: string, node: Node, world: World): Asked {
  const call = node.calls[side];
  const is = (yes: boolean) => (yes ? 'yes' : 'no');
  if (effect === 'prove' && call !== undefined)
    return proves(side, is(worlds.hasOlder(world, call.endpoint, call.olderThanEpoch)));
  if (effect === 'verify')
    return verifies(
      side,
      is(worlds.isWritable(world, side)),
      is(worlds.isWritable(world, peerOf(side))),
    );
  return answersTo(side, effect)[0] ?? answered(side, effect, {});
}

function applied(world: World, node: Node, { label }: Asked): World {
  for (const side of sides) {
    const call = node.calls[side];
    if (call === undefined || !label.startsWith(`${side}: ${call.effect}`)) continue;
    const { effect, endpoint, epoch, olderThanEpoch } = call;
    if (effect === 'arm') return worlds.arm(world, endpoint, epoch);
    if (effect === 'fence') return worlds.fence(world, endpoint, olderThanEpoch);
    if (effect === 'compensate') return worlds.disarm(world, endpoint, epoch);
  }
  return world;
}
