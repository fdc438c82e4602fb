/** What the coverage of charts counts and complains of, and that a live actor which does something else is told of. */
import { expect, it } from 'vitest';
import { toChart } from '../../../src/inspector/chart/to-chart.ts';
import { guardMachine } from '../../../machines/guard.ts';
import { probeMachine } from '../../../machines/probe.ts';
import { collect } from './collect.ts';
import { coverageOf, idleExceptions, isWhole, tableOf } from './coverage.ts';
import { exceptions } from './exceptions.ts';
import type { Model } from './model.ts';
import { models } from './models/all.ts';
import { drawnMachines } from '../../../src/inspector/chart/machines.ts';
import { standIn } from './stand-in.ts';

const modelOf = (id: string): Model => {
  const found = models.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no model of ${id}`);
  return found;
};

it('has a model of every chart that is drawn, and exceptions of those only', () => {
  const ids = models.map(({ id }) => id).sort();
  expect(ids).toEqual(Object.keys(drawnMachines).sort());
  for (const { chart } of exceptions) expect(ids).toContain(chart);
});

it('covers every state and edge of a small chart by driving it live', async () => {
  const collected = await collect(modelOf('probe'));
  expect(collected.differences).toEqual([]);
  expect(collected.driven).toBeGreaterThan(8);
  const coverage = coverageOf(collected.chart, collected, []);
  expect(isWhole(coverage)).toBe(true);
  expect(coverage.transitions.covered).toBe(collected.chart.edges.length);
});

it('tells where the hosted actor does not do what the model says', async () => {
  const guard = modelOf('guard');
  const deaf = guardMachine.provide({
    actors: { breaker: standIn as never },
    actions: { drop: () => undefined },
  });
  if (guard.kind === undefined) throw new Error('the guard has a kind');
  const { differences } = await collect({ ...guard, kind: { ...guard.kind, machine: deaf } });
  expect(differences.join()).toContain('breaker.drop');
  expect(differences.join()).toContain('context.slots');
});

const chart = toChart(probeMachine);
const [edge] = chart.edges;
const some = edge?.id ?? '';
const all = { states: new Set(chart.nodes.map(({ id }) => id)), edges: new Set([some]) };

it('counts what is missing apart from what is excepted', () => {
  const rest = chart.edges.slice(1).map(({ id }) => id);
  const [excepted = '', ...missing] = rest;
  const reasoned = [{ chart: 'probe', ids: [excepted], reason: 'nobody fails' }];
  const { states, transitions } = coverageOf(chart, all, reasoned);
  expect(states).toEqual({ total: 4, covered: 4, excepted: [], missing: [] });
  expect(transitions).toEqual({ total: 9, covered: 1, excepted: [excepted], missing });
  expect(isWhole({ chart: 'probe', states, transitions })).toBe(false);
  const [, line] = tableOf([{ chart: 'probe', states, transitions, driven: 3 }]);
  expect(line).toMatch(/^probe +4\/4 \(100\.0 %\) +1\/9 \(11\.1 %\) +1 +7 +3$/);
});

it('refuses exceptions that are covered, name nothing or have no reason', () => {
  const idle = (ids: readonly string[], reason = 'a reason') =>
    idleExceptions([chart], all, [{ chart: 'probe', ids, reason }]);
  expect(idle([some])).toEqual([`exception ${some}: it is covered; remove it`]);
  expect(idle(['probe.lost'])).toEqual([
    'exception probe.lost: there is no such part of probe; remove it',
  ]);
  expect(idle([], ' ')).toEqual(['exception of probe: say why']);
  expect(idle([chart.edges[1]?.id ?? ''])).toEqual([]);
});
