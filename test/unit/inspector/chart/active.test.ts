/** Active states from a value alone are those that XState itself counts as active. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { setup } from 'xstate';
import { breakerMachine } from '../../../../machines/breaker.ts';
import { activeIdsOf } from '../../../../src/inspector/chart/active.ts';
import { drawnMachines } from '../../../../src/inspector/chart/machines.ts';
import { toChart } from '../../../../src/inspector/chart/to-chart.ts';

/** A value of the machine, chosen by the numbers: one state of each compound one, all of each parallel one. */
function valueOf(node: AnyStateNode, choose: () => number): unknown {
  const states = (Object.values(node.states) as AnyStateNode[]).filter(
    ({ type }) => type !== 'history',
  );
  if (states.length === 0) return {};
  const chosen =
    node.type === 'parallel' ? states : [states[choose() % states.length] ?? states[0]];
  return Object.fromEntries(
    chosen.flatMap((state) => (state === undefined ? [] : [[state.key, valueOf(state, choose)]])),
  );
}

/** As XState writes values: a state without states inside is its key alone. */
function shortened(value: unknown): unknown {
  const entries = Object.entries(value as object);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && Object.keys(only[1] as object).length === 0)
    return only[0];
  return Object.fromEntries(entries.map(([key, more]) => [key, shortened(more)]));
}

function idsByXState(machine: AnyStateMachine, value: unknown): string[] {
  const resolved = machine.resolveState({ value: value as never, context: {} });
  const { _nodes: nodes } = resolved as unknown as { _nodes: readonly AnyStateNode[] };
  return nodes.map(({ id }) => id).sort();
}

const machines = Object.entries(drawnMachines);

describe('activeIdsOf', () => {
  it.each(machines)('finds in any value of %s what XState finds', (_, machine) => {
    const chart = toChart(machine);
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat({ max: 99 })), (numbers) => {
        const long = valueOf(machine.root, () => numbers.next().value as number);
        const value = shortened(long);
        const ids = idsByXState(machine, value);
        expect([...activeIdsOf(chart, value)].sort()).toEqual(ids);
        expect([...activeIdsOf(chart, long)].sort()).toEqual(ids);
      }),
      { numRuns: 60 },
    );
  });

  it('knows final states, and tells parents before what is in them', () => {
    const machine = setup({}).createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        a: { initial: 'one', states: { one: {}, two: { type: 'final' } } },
        b: {},
      },
    });
    const ids = activeIdsOf(toChart(machine), { a: 'two', b: {} });
    expect(ids).toEqual(['m', 'm.a', 'm.a.two', 'm.b']);
  });

  it('stops where the chart has no such state', () => {
    const chart = toChart(breakerMachine);
    expect(activeIdsOf(chart, 'ajar')).toEqual(['breaker']);
    expect(activeIdsOf(chart, undefined)).toEqual(['breaker']);
  });
});
