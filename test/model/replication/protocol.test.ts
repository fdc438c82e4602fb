/** The protocol of a replication, explored whole over the real chart; and with each of its safety parts taken out. */
import { expect, it } from 'vitest';
import { replicationMachine } from '../../../machines/replication.ts';
import { Graph } from './chart.ts';
import { explore } from './explorer.ts';
import { mutants } from './mutants.ts';
import { exploreTwoOwners } from './two-owners.ts';

/** Shared by all models of the unchanged chart: what it answers once it answers always. */
const real = new Graph(replicationMachine);

it('never has two writable endpoints unless an override of that epoch is recorded', () => {
  const { violation, trace, ...counts } = explore(real);
  console.info('replication protocol', counts);
  expect([violation, ...trace]).toEqual(['']);
  expect(counts.flagged).toBeGreaterThan(0);
}, 180_000);

for (const { name, chart, rules } of mutants)
  it(`is caught: ${name}`, () => {
    const { violation, trace, states } = explore(
      chart === undefined ? real : new Graph(chart()),
      rules,
    );
    console.info(`${name} (${states}): ${violation}\n  ${trace.join(' · ')}`);
    expect(violation).toMatch(/writable|takes effect/);
  }, 180_000);

it('lets one of two owners act, whatever both want', () => {
  const { states, violation, trace } = exploreTwoOwners(real, true);
  console.info('two owners of one replication', { states });
  expect([violation, ...trace]).toEqual([false]);
}, 180_000);

it('is caught: two owners without compare-and-set', () => {
  const { states, violation, trace } = exploreTwoOwners(real, false);
  console.info(`two owners without compare-and-set (${states}):\n  ${trace.join(' · ')}`);
  expect(violation).toBe(true);
}, 180_000);
