/** What a reader of the drawings may rely on: nothing lies on anything else. */
import { describe, expect, it } from 'vitest';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import type { Box, Chart, Layout } from '../../../../src/inspector/chart/model.ts';
import { treeOf } from '../../../../src/inspector/chart/tree.ts';

const drawn = Object.values(storedCharts()).map(
  ({ chart, layout }) => [chart.id, chart, layout] as const,
);

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const isInside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

function boxOf(layout: Layout, id: string): Box {
  const box = layout.nodes[id];
  if (box === undefined) throw new Error(`${id} is not placed`);
  return box;
}

/** Pairs of different members of a list. */
const pairs = <Item>(items: readonly Item[]): [Item, Item][] =>
  items.flatMap((left, index) =>
    items.slice(index + 1).map((right): [Item, Item] => [left, right]),
  );

function labelsOf(chart: Chart, layout: Layout): { id: string; parent: string; box: Box }[] {
  const tree = treeOf(chart);
  return chart.edges.flatMap(({ id, source }) => {
    const placed = layout.edges[id];
    const parent = tree.node(source).parent;
    return placed === undefined || parent === null ? [] : [{ id, parent, box: placed.label }];
  });
}

describe.each(drawn)('the drawing of %s', (_, chart, layout) => {
  const tree = treeOf(chart);

  it('keeps siblings apart', () => {
    for (const { id } of chart.nodes)
      for (const [left, right] of pairs(tree.childrenOf(id)))
        expect(
          overlap(boxOf(layout, left.id), boxOf(layout, right.id)),
          `${left.id} ${right.id}`,
        ).toBe(false);
  });

  it('keeps what is inside a state inside its box, and everything inside the picture', () => {
    const page = { x: 0, y: 0, width: layout.width, height: layout.height };
    for (const { id, parent } of chart.nodes)
      expect(isInside(boxOf(layout, id), parent === null ? page : boxOf(layout, parent)), id).toBe(
        true,
      );
    for (const { id, parent, box } of labelsOf(chart, layout))
      expect(isInside(box, boxOf(layout, parent)), id).toBe(true);
  });

  it('lays no pill on a state beside it, nor on another pill', () => {
    const labels = labelsOf(chart, layout);
    // One assertion for all: there are tens of thousands of pairs.
    const onStates = labels.flatMap(({ id, parent, box }) =>
      tree
        .childrenOf(parent)
        .filter((sibling) => overlap(box, boxOf(layout, sibling.id)))
        .map((sibling) => `${id} on ${sibling.id}`),
    );
    const onPills = pairs(labels)
      .filter(([left, right]) => overlap(left.box, right.box))
      .map(([left, right]) => `${left.id} on ${right.id}`);
    expect([...onStates, ...onPills]).toEqual([]);
    expect(labels.length).toBe(Object.keys(layout.edges).length);
  });

  it('keeps rows and header above the states inside', () => {
    for (const { id } of chart.nodes) {
      const { y, rows, height } = layout.nodes[id] ?? { y: 0, rows: [], height: 0 };
      const bottom = y + (rows.at(-1)?.y ?? 0) + 8;
      expect(bottom, id).toBeLessThanOrEqual(y + height);
      for (const child of tree.childrenOf(id))
        expect(boxOf(layout, child.id).y, child.id).toBeGreaterThanOrEqual(bottom);
    }
  });

  it('starts and ends every line at the border of its states', () => {
    for (const edge of chart.edges) {
      const placed = layout.edges[edge.id];
      if (placed === undefined) continue;
      const [first, last] = [placed.points[0], placed.points.at(-1)];
      expect(isOnBorder(first, boxOf(layout, edge.source)), `${edge.id} starts`).toBe(true);
      expect(isOnBorder(last, boxOf(layout, edge.targets[0] ?? '')), `${edge.id} ends`).toBe(true);
    }
  });

  it('is no thin strip', () => {
    const ratio = layout.width / layout.height;
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(2.6);
  });
});

/** Coordinates are rounded, so a px may be missing. */
function isOnBorder(point: readonly [number, number] | undefined, box: Box): boolean {
  if (point === undefined) return false;
  const [x, y] = point;
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1;
  const isWithinX = x >= box.x - 1 && x <= box.x + box.width + 1;
  const isWithinY = y >= box.y - 1 && y <= box.y + box.height + 1;
  const onSide = isNear(x, box.x) || isNear(x, box.x + box.width);
  const onTop = isNear(y, box.y) || isNear(y, box.y + box.height);
  return (onSide && isWithinY) || (onTop && isWithinX);
}
