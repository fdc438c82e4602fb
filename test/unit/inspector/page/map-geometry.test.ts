/** The fleet map's arithmetic: every cell lies somewhere, is found there again, and can be reached by keys. */
import { describe, expect, it } from 'vitest';
import {
  cellAt,
  cornerOf,
  layOut,
  moved,
  TITLE_HEIGHT,
} from '../../../../src/inspector/page/views/map/geometry.ts';
import { rollsOf, seed } from '../made-fleet.ts';

const group = (name: string, count: number) => ({ name, q: `kind:${name}`, count });
const some = [group('cluster', 300), group('guard', 2), group('replication', 40)];

describe('map layout', () => {
  it(`finds every cell at its own place, in any grouping and width (seed ${seed})`, () => {
    const roll = rollsOf(seed);
    for (let time = 0; time < 30; time += 1) {
      const groups = Array.from({ length: 1 + Math.floor(roll() * 12) }, (_, at) =>
        group(`g${at}`, Math.floor(roll() ** 3 * 900)),
      );
      const layout = layOut(groups, 120 + roll() * 1600);
      const { cell } = layout;
      const lost = Array.from({ length: layout.total }, (_, index) => index).filter((index) => {
        const { x, y } = cornerOf(layout, index) ?? { x: -1, y: -1 };
        const isInside = x >= 0 && x + cell <= layout.width && y + cell <= layout.height;
        const found = [0.5, cell - 0.5].map((by) => cellAt(layout, x + by, y + by));
        return !isInside || found.some((each) => each !== index);
      });
      expect(lost).toEqual([]);
    }
  });

  it('says that there is no cell on a title, between cells, and behind the last one', () => {
    const layout = layOut(some, 800);
    expect(cellAt(layout, 2, TITLE_HEIGHT - 1)).toBe(-1);
    expect(cellAt(layout, layout.cell + 0.5, TITLE_HEIGHT + 2)).toBe(-1);
    expect(cellAt(layout, 790, layout.height + 5)).toBe(-1);
    const last = cornerOf(layout, layout.total - 1) ?? { x: 0, y: 0 };
    expect(cellAt(layout, last.x + layout.pitch + 1, last.y + 1)).toBe(-1);
    expect(cornerOf(layout, layout.total)).toBeUndefined();
  });

  it.each([
    [1, 24, 27],
    [100, 24, 27],
    [101, 12, 13],
    [1000, 12, 13],
    [1001, 8, 9],
    [40_000, 8, 9],
    [40_001, 3, 4],
  ])('draws %i cells %i px wide, %i apart', (count, cell, pitch) => {
    expect(layOut([group('a', count)], 1000)).toMatchObject({ cell, pitch });
  });

  it('keeps groups apart', () => {
    const { blocks } = layOut([group('a', 5000), group('b', 5000)], 1000);
    const [first, second] = blocks;
    expect(second?.y).toBeGreaterThan((first?.y ?? 0) + TITLE_HEIGHT + (first?.rows ?? 0) * 9);
  });

  it('puts a narrow group beside the one before it, and begins a new shelf at the edge', () => {
    const { blocks } = layOut([group('a', 3), group('b', 3), group('c', 3)], 340);
    expect(blocks.map(({ y }) => y === 0)).toEqual([true, true, false]);
  });
});

describe('map cursor', () => {
  const layout = layOut(some, 800);

  it('reaches every cell by the arrow to the right, and comes back by the one to the left', () => {
    let at = -1;
    const seen = new Set<number>();
    for (let step = 0; step <= layout.total; step += 1) {
      at = moved(layout, at, 'ArrowRight');
      seen.add(at);
    }
    expect(seen.size).toBe(layout.total);
    for (let step = 0; step < layout.total; step += 1) at = moved(layout, at, 'ArrowLeft');
    expect(at).toBe(0);
  });

  it('goes up and down by rows, and over the edge into the neighbouring group', () => {
    const columns = layout.blocks[0]?.columns ?? 0;
    expect(moved(layout, 3, 'ArrowDown')).toBe(3 + columns);
    expect(moved(layout, 3 + columns, 'ArrowUp')).toBe(3);
    expect(moved(layout, 299, 'ArrowDown')).toBe(300);
    expect(moved(layout, 300, 'ArrowUp')).toBe(299);
    expect(moved(layout, layout.total - 1, 'ArrowDown')).toBe(layout.total - 1);
  });

  it('jumps within a group by Home and End, and from group to group by the page keys', () => {
    expect(moved(layout, 120, 'Home')).toBe(0);
    expect(moved(layout, 120, 'End')).toBe(299);
    expect(moved(layout, 120, 'PageDown')).toBe(300);
    expect(moved(layout, 301, 'PageUp')).toBe(0);
  });

  it('has nowhere to go on an empty map', () => {
    expect(moved(layOut([], 800), -1, 'ArrowDown')).toBe(-1);
  });
});
