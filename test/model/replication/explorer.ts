/** Breadth-first search over the real chart and the small world together: every order, answer, time-out and late landing. */
import { quietWindowMs, safetyTimes } from '../../../machines/replication-limits.ts';
import { peerOf, sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { publicStateOf } from '../../../machines/replication-context.ts';
import { answersTo, goesOn, ordersIn, proves, seen, settled, unproven, verifies } from './asks.ts';
import { answered, elapsed } from './chart.ts';
import type { Asked, Call, Graph, Node, Timer } from './chart.ts';
import * as worlds from './world.ts';
import type { World } from './world.ts';

/** What a mutant takes away from the world; nothing in the real one. */
export interface Rules {
  /** Compensation makes the old writer's volumes writable again. */
  readonly unfences?: boolean;
  /** A sleeping process may issue its call at any later time. */
  readonly hasNoIssueDeadline?: boolean;
  /** Delays by name that take no time. */
  readonly instant?: readonly string[];
}

export interface Outcome {
  readonly states: number;
  readonly charts: number;
  readonly steps: number;
  readonly flagged: number;
  readonly violation: string;
  /** Shortest way to it. */
  readonly trace: readonly string[];
}

interface Next {
  readonly label: string;
  readonly node: Node;
  readonly world: World;
}

const windows = /[Ww]indow$|^probeAgain$/;

/** @param statesMax  a bound that no whole exploration reaches; past it the search fails */
export function explore(graph: Graph, rules: Rules = {}, statesMax = 500_000): Outcome {
  const start = settled(graph);
  const first: World = { home: 1, away: 0, late: [] };
  const codes = [start.id * worlds.worldSize + worlds.encode(first)];
  const from = [-1];
  const how = [''];
  const found = new Set(codes);
  let flagged = 0;

  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const node = graph.node(Math.floor(code / worlds.worldSize));
    const world = worlds.decode(code % worlds.worldSize);
    if (worlds.isWritable(world, 'home') && worlds.isWritable(world, 'away')) flagged += 1;
    for (const next of nextOf(graph, node, world, rules)) {
      const nextCode = next.node.id * worlds.worldSize + worlds.encode(next.world);
      if (found.has(nextCode)) continue;
      found.add(nextCode);
      codes.push(nextCode);
      from.push(at);
      how.push(next.label);
      const violation = wrong(next.node, next.world) || stale(node, world, next);
      if (violation !== '' || codes.length > statesMax)
        return {
          ...{ states: codes.length, charts: graph.nodes.length, steps: graph.steps, flagged },
          violation: violation === '' ? 'too many states' : violation,
          trace: traceTo(codes.length - 1, from, how),
        };
    }
  }
  return {
    ...{ states: codes.length, charts: graph.nodes.length, steps: graph.steps, flagged },
    ...{ violation: '', trace: [] },
  };
}

function traceTo(last: number, from: readonly number[], how: readonly string[]): string[] {
  const trace: string[] = [];
  for (let at = last; at > 0; at = from[at] ?? 0) trace.unshift(how[at] ?? '');
  return trace;
}

/** S1, and that nothing is called unable to write which writes. */
function wrong(node: Node, world: World): string {
  if (worlds.isWritable(world, 'home') && worlds.isWritable(world, 'away') && !node.isRiskTaken)
    return 'two endpoints are writable and nobody has accepted that';
  for (const side of sides) {
    const phase = node.phases[side];
    if ((phase.startsWith('replica.') || phase === 'failed.safe') && worlds.isWritable(world, side))
      return `${side} is ${publicStateOf(phase)} (${phase}) and writable`;
  }
  return '';
}

/** S2: once a fence is proven, nothing of an older epoch takes effect. */
function stale(node: Node, world: World, next: Next): string {
  const landed = world.late.find((late) => next.label === landing(late));
  return landed !== undefined && node.isProven && landed.epoch < node.epoch
    ? `a call of epoch ${landed.epoch} takes effect in epoch ${node.epoch}`
    : '';
}

const landing = ({ side, epoch, isHeld }: worlds.Late): string =>
  `late ${isHeld ? 'held ' : ''}call of epoch ${epoch} lands on ${side}`;

function* nextOf(graph: Graph, node: Node, world: World, rules: Rules): Generator<Next> {
  for (const late of world.late) {
    yield { label: landing(late), node, world: worlds.lands(world, late) };
    yield { label: 'late call dies', node, world: worlds.without(world, late) };
  }
  const go = (asked: Asked, after: World): Next[] => {
    const target = graph.step(node, asked);
    if (target.epoch > worlds.epochsMax) return [];
    return [{ label: asked.label, node: target, world: moved(node, target, asked, after) }];
  };
  for (const asked of ordersIn(node)) yield* go(asked, world);
  for (const side of sides) {
    // Only a source learns anything from being looked at, or from a look at the other side.
    if (sides.some((each) => node.phases[each].startsWith('source.')))
      yield* go(seen(side, worlds.isWritable(world, side) ? 'yes' : 'no'), world);
    const call = node.calls[side];
    if (call === undefined) continue;
    for (const [asked, after] of answersOf(side, call, world, rules)) yield* go(asked, after);
    // Its owner sleeps; another host has taken over and makes the same call again.
    if (call.effect === 'arm')
      yield {
        label: `${side}: owner pauses before arm, another takes over`,
        node,
        world: worlds.abandon(world, call.endpoint, call.epoch, true),
      };
  }
  for (const timer of node.timers)
    if (mayElapse(timer, node, world, rules)) yield* go(elapsed(timer), world);
}

/** A window of full length ends only when all that was issued before it has landed or died. */
function mayElapse({ delay, delayMs, side }: Timer, node: Node, world: World, rules: Rules) {
  const isFull =
    delayMs >= quietWindowMs(node.usesSsm, safetyTimes) && rules.instant?.includes(delay) !== true;
  if (!windows.test(delay) || !isFull) return true;
  return world.late.every(
    ({ marks, isHeld }) =>
      (marks & worlds.sideBit[side]) === 0 || (isHeld && rules.hasNoIssueDeadline === true),
  );
}

const waitsIn = (node: Node, side: Side): boolean =>
  node.timers.some((timer) => timer.side === side && windows.test(timer.delay));

/** A call that nobody waits for any more goes on by itself; windows that begin or end are marked on late calls. */
function moved(node: Node, target: Node, asked: Asked, after: World): World {
  let world = after;
  for (const side of sides) {
    const call = node.calls[side];
    const isAnswered = asked.label.startsWith(`${side}: arm `) && !asked.label.endsWith('fails');
    if (call?.effect === 'arm' && target.calls[side]?.effect !== 'arm' && !isAnswered)
      world = worlds.abandon(world, call.endpoint, call.epoch, false);
  }
  for (const side of sides) {
    const one = worlds.sideBit[side];
    const waits = waitsIn(target, side);
    if (waits === waitsIn(node, side)) continue;
    world = worlds.mark(world, ({ marks }) => (waits ? marks | one : marks & ~one));
  }
  return world;
}

/** Answers that are true of this world; any read may also say that it does not know. */
function answersOf(side: Side, call: Call, world: World, rules: Rules): [Asked, World][] {
  const { effect, endpoint, epoch, olderThanEpoch } = call;
  const truth = (is: boolean) => (is ? 'yes' : 'no');
  switch (effect) {
    case 'fence':
      return [
        [
          answered(side, effect, { fenced: true, observed: '' }, 'done'),
          worlds.fence(world, endpoint, olderThanEpoch),
        ],
        [unproven(side), world],
      ];
    case 'prove':
      return [
        [proves(side, truth(worlds.hasOlder(world, endpoint, olderThanEpoch))), world],
        [proves(side, 'unknown'), world],
      ];
    case 'verify': {
      const self = truth(worlds.isWritable(world, side));
      const peer = truth(worlds.isWritable(world, peerOf(side)));
      return [
        [verifies(side, self, peer), world],
        [verifies(side, self, 'unknown'), world],
        [verifies(side, 'unknown', peer), world],
      ];
    }
    case 'arm':
      return answersTo(side, effect).map((asked) => [
        asked,
        asked.label.endsWith('ok') ? worlds.arm(world, endpoint, epoch) : world,
      ]);
    case 'compensate':
      return answersTo(side, effect).map((asked) => [
        asked,
        asked.label.endsWith('ok') ? compensated(world, side, epoch, rules) : world,
      ]);
    default:
      // Slow work that is asked for once more changes nothing in this world; the projection searches that.
      return answersTo(side, effect)
        .filter(({ label }) => label !== goesOn(side, effect).label)
        .map((asked) => [asked, world]);
  }
}

function compensated(world: World, side: Side, epoch: number, rules: Rules): World {
  const undone = worlds.disarm(world, side, epoch);
  return rules.unfences === true && epoch > 1 ? worlds.arm(undone, peerOf(side), 1) : undone;
}
