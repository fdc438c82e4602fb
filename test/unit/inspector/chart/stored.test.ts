/** The committed charts, layouts and pictures are those of the machines as they are now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import elkModule from 'elkjs/lib/elk.bundled.js';
import { describe, expect, it } from 'vitest';
import { definitionHash } from '../../../../actors/definition.ts';
import type { Chart, Overview } from '../../../../src/inspector/chart/model.ts';
import { overviewPlan } from '../../../../src/inspector/chart/overview.ts';
import { linesOf } from '../../../../src/inspector/chart/lines.ts';
import { drawnMachines } from '../../../../src/inspector/chart/machines.ts';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import { toChart } from '../../../../src/inspector/chart/to-chart.ts';
import { treeOf } from '../../../../src/inspector/chart/tree.ts';
import { rowsOf } from '../../../../src/inspector/chart/wording.ts';
import { layoutsJson, pictures } from '../../../../src/inspector/layout/files.ts';
import { layoutOf } from '../../../../src/inspector/layout/place.ts';
import { ownSize, pillSize } from '../../../../src/inspector/layout/sizes.ts';
import { packageRoot } from '../../../../src/package-root.ts';

const remedy = 'charts have changed: run `npm run layouts` and commit what it writes';
const machines = Object.entries(drawnMachines);
const stored = storedCharts();
// Its first graph takes most of the time.
const elk = new elkModule.default();

describe('layouts.json', () => {
  it('holds the chart of every machine, and no other', () => {
    const hashes = machines.map(([, machine]) => definitionHash(machine));
    expect(Object.keys(stored).sort(), remedy).toEqual(hashes.sort());
  });

  it.each(machines)('has the chart of %s as it is now', (_, machine) => {
    const chart = toChart(machine);
    expect(stored[chart.hash]?.chart, remedy).toEqual(chart);
  });

  it.each(machines)(
    'has the rows, boxes and pills of %s as they would be drawn now',
    (_, machine) => {
      const chart = toChart(machine);
      const tree = treeOf(chart);
      const lines = linesOf(tree);
      const layout = stored[chart.hash]?.layout;
      expect(Object.keys(layout?.edges ?? {}).sort(), remedy).toEqual([...lines].sort());
      for (const node of chart.nodes) {
        const rows = rowsOf(tree, node, lines);
        const placed = layout?.nodes[node.id];
        expect(
          placed?.rows.map(({ y: _y, ...row }) => row),
          remedy,
        ).toEqual(rows);
        if (tree.childrenOf(node.id).length === 0)
          expect({ width: placed?.width, height: placed?.height }, remedy).toEqual(
            ownSize(node, rows),
          );
      }
      for (const edge of chart.edges.filter(({ id }) => lines.has(id)))
        expect(layout?.edges[edge.id]?.label, remedy).toMatchObject(pillSize(edge));
    },
  );

  it.each(Object.values(stored).flatMap(({ chart, overview }) => (overview ? [chart.id] : [])))(
    'has the boxes, lines and words of the overview of %s as they would be drawn now',
    (id) => {
      const drawn = Object.values(stored).find(({ chart }) => chart.id === id);
      const machine = drawnMachines[id];
      const overview = drawn?.overview;
      if (machine === undefined || overview === undefined) throw new Error(`no overview ${id}`);
      const chart = toChart(machine);
      const depth = chart.nodes[0]?.type === 'parallel' ? 2 : 1;
      const plan = overviewPlan(chart, depth, new Set(foldedIn(chart, overview)));
      const ids = (edges: readonly { readonly id: string }[]) => edges.map((edge) => edge.id);
      expect(Object.keys(overview.nodes).sort(), remedy).toEqual(ids(plan.tree.chart.nodes).sort());
      expect(
        overview.lines.map(({ text, edges }) => ({ text, edges })),
        remedy,
      ).toEqual(
        overview.lines.map(({ source, target }) => {
          const line = plan.lines.get(`${source}>${target}`);
          return { text: line?.text, edges: ids(line?.edges ?? []) };
        }),
      );
      expect(overview.lines, remedy).toHaveLength(plan.lines.size);
      for (const [node, { words, hidden }] of Object.entries(overview.nodes)) {
        expect(hidden, remedy).toBe(plan.closed.get(node) ?? 0);
        expect(
          words.map(({ text, edges }) => ({ text, edges })),
          remedy,
        ).toEqual(
          (plan.words.get(node) ?? []).map(({ text, edges }) => ({ text, edges: ids(edges) })),
        );
      }
    },
  );

  it('has one line for each chart, so that a change shows which one it is of', () => {
    const text = readFileSync(join(packageRoot(), 'src/inspector/chart/layouts.json'), 'utf8');
    expect(text, remedy).toBe(layoutsJson(Object.values(stored)));
    expect(text.split('\n')).toHaveLength(machines.length + 3);
  });

  // The large ones take seconds; that their rows, boxes and pills are right is tested above.
  it.each(['guardFleet', 'guard', 'breaker', 'probe'])(
    'has the layout of %s that ELK makes now',
    async (name) => {
      const machine = drawnMachines[name];
      if (machine === undefined) throw new Error(`no machine ${name}`);
      const chart = toChart(machine);
      const layout = await layoutOf(elk, chart);
      expect(stored[chart.hash]?.layout, remedy).toEqual(layout);
    },
  );

  it('is small enough to be sent', () => {
    const sizes = Object.values(stored).map(
      ({ chart, layout }) =>
        [chart.id, gzipSync(JSON.stringify({ chart, layout })).length] as const,
    );
    console.log(`chart and layout, gzip bytes: ${sizes.map((each) => each.join(' ')).join(', ')}`);
    const large = sizes.filter(([, bytes]) => bytes > 6_144).map(([id]) => id);
    // 85, 59 and 233 states; the page asks for a chart once per hash.
    expect(large.filter((id) => !['cluster', 'node', 'replication'].includes(id))).toEqual([]);
    for (const [, bytes] of sizes) expect(bytes).toBeLessThan(40_000);
  });
});

/** Regions that are drawn closed. */
const foldedIn = (chart: Chart, { nodes }: Overview): string[] =>
  Object.entries(nodes)
    .filter(([, { depth, hidden }]) => depth === 1 && hidden > 0)
    .map(([id]) => id)
    .filter(() => chart.nodes[0]?.type === 'parallel');

describe('docs/charts', () => {
  it.each(pictures(Object.values(stored)))('%s is the chart as it is drawn now', (path, svg) => {
    expect(readFileSync(join(packageRoot(), path), 'utf8') === svg, remedy).toBe(true);
  });
});
