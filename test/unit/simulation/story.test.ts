/** What the end of trouble means, what rest means, and what a planted bug is found by. */
import { expect, it } from 'vitest';
import type { ClusterContext } from '../../../machines/cluster-context.ts';
import { callerOf, noteCaller } from '../../simulation/cloud/callers.ts';
import { WorldClock } from '../../simulation/clock.ts';
import { Life } from '../../simulation/life.ts';
import { findingOf, mutantNames } from '../../simulation/mutants/all.ts';
import { oddMachines } from '../../simulation/rest.ts';
import { storyOf } from '../../simulation/tell.ts';
import { checkers } from '../../simulation/checkers/all.ts';
import { actor, court, machineIn, uid } from './court.ts';

it('tells no step behind the end of trouble', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const { steps, calmMs } = storyOf(seed);
    expect(Math.max(...steps.map(({ atMs }) => atMs)), `seed ${seed}`).toBeLessThanOrEqual(calmMs);
  }
});

it.each(['after', 'upon'] as const)('lets nobody die %s trouble has ended', (how) => {
  const deaths: string[] = [];
  const life = new Life({
    ...{ host: 'h1', number: 1, clock: new WorldClock(), skewMs: () => 0 },
    onDeath: (boundary) => {
      deaths.push(boundary);
    },
  });
  if (how === 'after') life.dieAfter(2);
  else life.dieUpon('delivery', 1);
  life.disarm();
  for (let each = 0; each < 5; each += 1) expect(life.cross('delivery 1')).toBe(true);
  expect(deaths).toEqual([]);
});

it('finds a planted bug by the checkers that are there for it, and by no other', () => {
  expect(findingOf('lostTimer', ['rest: x is stuck', 'deadlines: y is lost'])).toBe(
    'deadlines: y is lost',
  );
  expect(findingOf('lostTimer', ['rest: x is stuck'])).toBeUndefined();
  const known = checkers.map(([name]) => `${name}: found`);
  for (const name of mutantNames) expect(findingOf(name, known), name).toBeDefined();
});

it('knows whose call it is by what its attempt asks before it acts', () => {
  const mayAct = (): boolean => true;
  const signal = new AbortController().signal;
  const attempt = { signal, correlationId: 'c', mayAct };
  expect(callerOf(attempt)).toBe('');
  const intent = { actor, uid, fence: 1, isResumed: false, operation: {} };
  noteCaller({ signal, mayAct, id: 'x', correlationId: 'c', intent });
  expect(callerOf(attempt)).toBe(uid);
  expect(callerOf({ ...attempt, mayAct: () => true })).toBe('');
});

it('finds machines at rest that the nodes do not account for, and nodes without one', () => {
  const { world } = court(() => ({}));
  const first = machineIn(world, 's0', 1, true);
  const node = { phase: 'ready', instanceId: first.instanceId };
  const odd = (machines: readonly (typeof first)[], nodes: object): number =>
    oddMachines(machines, nodes as ClusterContext['nodes']).length;
  expect(odd([first], { s0: node })).toBe(0);
  expect(odd([first], {})).toBe(1);
  expect(odd([first], { s0: { ...node, phase: 'lost' } })).toBe(1);
  expect(odd([], { s0: node })).toBe(1);
  expect(odd([first, machineIn(world, 's0', 2, true)], { s0: node })).toBe(1);
});
