/** What a reader of an overview may rely on: it fits, nothing lies on anything else, and no edge of the chart is lost. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { activeInside, movedInside } from '../../../../src/inspector/chart/overview-marks.ts';
import { overviewSvgOf } from '../../../../src/inspector/chart/overview-svg.ts';
import type { Box, Chart, Overview } from '../../../../src/inspector/chart/model.ts';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import { treeOf } from '../../../../src/inspector/chart/tree.ts';
import { zoomOf } from '../../../../src/inspector/layout/place.ts';

const all = Object.values(storedCharts());
const drawn = all.flatMap(({ chart, overview }) =>
  overview === undefined ? [] : [[chart.id, chart, overview] as const],
);

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const shownEdges = ({ lines, nodes }: Overview): string[] =>
  [...lines, ...Object.values(nodes).flatMap(({ words }) => words)].flatMap(({ edges }) => edges);

/** Some, from the first to the last. */
const everyNth = <Item>(items: readonly Item[]): Item[] =>
  items.filter((_item, index) => index % Math.ceil(items.length / 8) === 0);

/** The box a state is drawn as, or that hides it. */
const boxesOf = (chart: Chart, overview: Overview): ((id: string) => string | undefined) => {
  const tree = treeOf(chart);
  return (id) => tree.pathOf(id).findLast((node) => node.id in overview.nodes)?.id;
};

it('is there for every chart that is larger than a screen, and for no other', () => {
  const large = all.filter(({ layout }) => zoomOf(layout) < 0.6).map(({ chart }) => chart.id);
  expect(drawn.map(([id]) => id)).toEqual(large);
  expect(large).toEqual(['cluster', 'node', 'replication', 'replicationgroup']);
});

describe.each(drawn)('the overview of %s', (_, chart, overview) => {
  const tree = treeOf(chart);
  const placed = Object.entries(overview.nodes);

  it('fits on a screen, and is small enough to be sent', () => {
    expect(zoomOf(overview)).toBeGreaterThanOrEqual(0.5);
    expect(gzipSync(JSON.stringify(overview)).length).toBeLessThanOrEqual(6_144);
  });

  it('keeps siblings, pills and words apart', () => {
    for (const [id, box] of placed)
      for (const [other, otherBox] of placed)
        if (id < other && tree.node(id).parent === tree.node(other).parent)
          expect(overlap(box, otherBox), `${id} ${other}`).toBe(false);
    for (const [index, { source, label }] of overview.lines.entries()) {
      for (const [id, box] of placed)
        if (tree.node(id).parent === tree.node(source).parent)
          expect(overlap(label, box), `${source} on ${id}`).toBe(false);
      for (const other of overview.lines.slice(index + 1))
        expect(overlap(label, other.label), `${source} ${other.source}`).toBe(false);
    }
    for (const [id, { words, width, height }] of placed)
      for (const [index, word] of words.entries()) {
        expect(word.x + word.width, id).toBeLessThanOrEqual(width);
        expect(word.y + 8, id).toBeLessThanOrEqual(height);
        const next = words[index + 1];
        if (next?.y === word.y) expect(next.x, id).toBeGreaterThan(word.x + word.width);
      }
  });

  it('keeps what is inside a state inside its box, below its words', () => {
    for (const [id, { x, y, width, height }] of placed) {
      const { parent } = tree.node(id);
      const outer = parent === null ? { ...overview, x: 0, y: 0 } : overview.nodes[parent];
      if (outer === undefined) throw new Error(`${id} is drawn without what it is in`);
      expect(x >= outer.x && x + width <= outer.x + outer.width, id).toBe(true);
      expect(y >= outer.y && y + height <= outer.y + outer.height, id).toBe(true);
      const words = parent === null ? [] : (overview.nodes[parent]?.words ?? []);
      for (const word of words) expect(y, id).toBeGreaterThan(outer.y + word.y);
    }
  });

  it('has every edge once: on a line, in a word, or inside a box', () => {
    const shown = shownEdges(overview);
    expect(new Set(shown).size).toBe(shown.length);
    const at = boxesOf(chart, overview);
    for (const { id, source, targets, kind } of chart.edges) {
      if (shown.includes(id)) continue;
      expect(kind, `a command is always seen: ${id}`).not.toBe('command');
      for (const target of targets) expect(at(target), id).toBe(at(source));
    }
  });

  it('draws each line from the box its edges leave to the box they lead to', () => {
    const at = boxesOf(chart, overview);
    const edges = new Map(chart.edges.map((edge) => [edge.id, edge]));
    for (const line of overview.lines)
      for (const id of line.edges) {
        expect(at(edges.get(id)?.source ?? ''), id).toBe(line.source);
        expect(at(edges.get(id)?.targets[0] ?? ''), id).toBe(line.target);
      }
  });

  it('lights the line or the word of a taken edge, else the box it stays in', () => {
    const shown = new Set(shownEdges(overview));
    const at = boxesOf(chart, overview);
    for (const { id, source } of chart.edges) {
      const moved = movedInside(chart, overview, new Set([id]));
      expect([...moved], id).toEqual(shown.has(id) ? [] : [at(source)]);
    }
    // A picture for each of the largest chart would take a minute: some that are drawn, and some that are not.
    const some = [true, false].flatMap((isShown) =>
      everyNth(chart.edges.filter(({ id }) => shown.has(id) === isShown)),
    );
    for (const { id } of some) {
      const svg = overviewSvgOf({ chart, overview, takenEdges: [id] });
      expect(svg.match(/ (?:taken|moved)"/g) ?? [], id).not.toHaveLength(0);
    }
  });

  it('counts hidden states, and names the active one among them', () => {
    const at = boxesOf(chart, overview);
    for (const [id, { hidden }] of placed)
      expect(
        chart.nodes.filter((node) => node.id !== id && at(node.id) === id),
        id,
      ).toHaveLength(hidden);
    const deepest = [...chart.nodes].sort(
      (left, right) => tree.pathOf(right.id).length - tree.pathOf(left.id).length,
    )[0];
    if (deepest === undefined) throw new Error('no states');
    const path = tree.pathOf(deepest.id);
    const box = at(deepest.id) ?? '';
    const names = path.slice(path.findIndex(({ id }) => id === box) + 1).map(({ key }) => key);
    const active = new Set(path.map(({ id }) => id));
    expect(activeInside(tree, box, active)).toEqual([names.join('.')]);
    const svg = overviewSvgOf({ chart, overview, activeIds: [...active] });
    expect(svg).toContain(`● ${names[0] ?? ''}`);
  });
});
