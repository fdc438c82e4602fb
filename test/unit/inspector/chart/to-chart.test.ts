import { describe, expect, it } from 'vitest';
import { and, assign, fromPromise, not, setup } from 'xstate';
import { edgesOf } from '../../../../actors/chart-edges.ts';
import { drawnMachines } from '../../../../src/inspector/chart/machines.ts';
import { toChart } from '../../../../src/inspector/chart/to-chart.ts';

const machine = setup({
  actors: { fetch: fromPromise(() => Promise.resolve(1)) },
  guards: {
    isReady: () => true,
    isPaused: () => false,
    isNext: (_, _params: { kind: string }) => true,
  },
  actions: { note: () => undefined, enter: (_, _params: { phase: string }) => undefined },
  delays: { deadline: 10 },
}).createMachine({
  id: 'm',
  initial: 'first',
  states: {
    first: {
      description: 'where it begins',
      tags: 'alert',
      meta: { expectedMs: 5_000 },
      entry: [{ type: 'enter', params: { phase: 'first' } }, 'note'],
      after: {
        deadline: { target: 'second', guard: and(['isReady', not('isPaused')]) },
        90000: 'second',
      },
      on: { go: { actions: [assign({}), 'note'] } },
      always: { guard: { type: 'isNext', params: { kind: 'stop' } }, target: 'second' },
    },
    second: {
      invoke: { src: 'fetch', onDone: 'last', onError: { target: 'first', reenter: true } },
    },
    last: { type: 'final' },
  },
});
const chart = toChart(machine);
const edge = (id: string) => chart.edges.find((each) => each.id === id);
const labels = (source: string) =>
  chart.edges.filter((each) => each.source === source).map(({ label, kind }) => [label, kind]);

describe('a chart', () => {
  it('has every state with what it does, but for what `after` adds', () => {
    expect(chart.nodes.map(({ id, type }) => [id, type])).toEqual([
      ['m', 'compound'],
      ['m.first', 'atomic'],
      ['m.second', 'atomic'],
      ['m.last', 'final'],
    ]);
    expect(chart.nodes[1]).toEqual({
      ...{ id: 'm.first', key: 'first', parent: 'm', type: 'atomic', exit: [], invokes: [] },
      // The phase is the state's own name, so it is not said again.
      entry: ['enter', 'note'],
      ...{ tags: ['alert'], description: 'where it begins', expectedMs: 5_000 },
    });
    expect(chart.nodes[0]?.initial).toBe('first');
    expect(chart.nodes[2]?.invokes).toEqual([{ id: '0.m.second', src: 'fetch' }]);
  });

  it('has every edge, `always` and `after` included, in words for people', () => {
    expect(labels('m.first')).toEqual(
      expect.arrayContaining([
        ['go', 'event'],
        ['after deadline', 'after'],
        ['after 90 s', 'after'],
        ['always', 'always'],
      ]),
    );
    expect(labels('m.second')).toEqual([
      ['done', 'done'],
      ['error', 'error'],
    ]);
    expect(edge('m.first|xstate.after.deadline.m.first|0')?.guard).toBe(
      'and(isReady, not(isPaused))',
    );
    expect(edge('m.first||0')).toMatchObject({ guard: 'isNext(stop)', targets: ['m.second'] });
    expect(edge('m.first|go|0')).toMatchObject({ targets: [], actions: ['assign', 'note'] });
    expect(chart.edges.find(({ kind }) => kind === 'error')?.reenter).toBe(true);
  });

  it.each(Object.entries(drawnMachines))('of %s names edges as steps do', (_, drawn) => {
    const ids = toChart(drawn).edges.map(({ id }) => id);
    expect(ids).toEqual(edgesOf(drawn).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('knows commands by their verbs', () => {
    const { cluster, guardFleet, node } = drawnMachines;
    if (cluster === undefined || guardFleet === undefined || node === undefined)
      throw new Error('a machine is not drawn');
    const commands = (of: typeof cluster) =>
      new Set(toChart(of).edges.flatMap(({ kind, label }) => (kind === 'command' ? [label] : [])));
    expect([...commands(cluster)].sort()).toEqual([
      'apply',
      'cancel',
      'create',
      'delete',
      'pause',
      'restart',
      'resume',
      'retry',
      'scale',
      'start',
      'stop',
    ]);
    expect([...commands(guardFleet)].sort()).toEqual([
      'drain',
      'isolate',
      'observe',
      'release',
      'reset',
      'set',
      'undrain',
    ]);
    expect([...commands(node)]).toEqual([]);
    expect(Object.keys(toChart(cluster).children)).toEqual(['node', 'operation']);
  });
});
