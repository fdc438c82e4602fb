/** Where every cell of the fleet map lies, and which cell lies at a point. Arithmetic only; lengths in CSS pixels. */

export interface MapGroup {
  readonly name: string;
  /** Selects the group; with `sort=name` row n is its cell n. */
  readonly q: string;
  readonly count: number;
}

/** A group as it lies on the map. */
export interface Block extends MapGroup {
  /** Place of its first cell among all cells. */
  readonly first: number;
  readonly x: number;
  /** Of its title; the cells begin `TITLE_HEIGHT` below. */
  readonly y: number;
  readonly columns: number;
  readonly rows: number;
}

export interface MapLayout {
  readonly blocks: readonly Block[];
  readonly total: number;
  /** Side of a cell. */
  readonly cell: number;
  /** From one cell to the next. */
  readonly pitch: number;
  readonly width: number;
  readonly height: number;
}

export const TITLE_HEIGHT = 22;
/** Sides of cells, and up to how many of them: a few would be lost on the map, and many would not fit. */
const SIDES: readonly (readonly [countMax: number, cell: number])[] = [
  [100, 24],
  [1000, 12],
  [40_000, 8],
  [Infinity, 3],
];
const BLOCK_GAP = 16;
/** Wide enough for a title; narrow maps have room for the half of it. */
const BLOCK_WIDTH_MIN = 220;
const NARROW_BLOCK_WIDTH_MIN = 150;
const NARROW_MAX = 700;
/** A group grows to the right up to this many rows, and downward once it is as wide as the map. */
const ROWS_AIM = 12;

/** Groups from left to right in shelves, each as wide as its title or its cells need. */
export function layOut(groups: readonly MapGroup[], width: number): MapLayout {
  const total = groups.reduce((sum, { count }) => sum + count, 0);
  const cell = SIDES.find(([countMax]) => total <= countMax)?.[1] ?? 3;
  const pitch = cell + Math.max(1, Math.floor(cell / 8));
  const columnsMax = Math.max(1, Math.floor(width / pitch));
  const titleWidth = width > NARROW_MAX ? BLOCK_WIDTH_MIN : NARROW_BLOCK_WIDTH_MIN;
  const columnsMin = Math.min(columnsMax, Math.ceil(titleWidth / pitch));
  const blocks: Block[] = [];
  let [x, y, shelf, first] = [0, 0, 0, 0];
  for (const group of groups) {
    const wanted = Math.max(columnsMin, Math.ceil(group.count / ROWS_AIM));
    const columns = Math.min(columnsMax, wanted);
    const rows = Math.ceil(group.count / columns);
    if (x > 0 && x + columns * pitch > width) [x, y, shelf] = [0, y + shelf + BLOCK_GAP, 0];
    blocks.push({ ...group, first, x, y, columns, rows });
    shelf = Math.max(shelf, TITLE_HEIGHT + rows * pitch);
    x += columns * pitch + BLOCK_GAP;
    first += group.count;
  }
  return { blocks, total, cell, pitch, width, height: y + shelf };
}

/** Place of the cell among all; -1 between cells. */
export function cellAt({ blocks, pitch, cell }: MapLayout, x: number, y: number): number {
  for (const block of blocks) {
    const column = Math.floor((x - block.x) / pitch);
    const row = Math.floor((y - block.y - TITLE_HEIGHT) / pitch);
    if (column < 0 || row < 0 || column >= block.columns || row >= block.rows) continue;
    // The gap of a small cell is a third of it: there it counts as the cell.
    const isInGap =
      cell > 3 && ((x - block.x) % pitch >= cell || (y - block.y - TITLE_HEIGHT) % pitch >= cell);
    const inGroup = row * block.columns + column;
    return isInGap || inGroup >= block.count ? -1 : block.first + inGroup;
  }
  return -1;
}

/** Of a place among all cells; undefined when there is no such cell. */
const blockOf = ({ blocks }: MapLayout, index: number): Block | undefined =>
  blocks.find(({ first, count }) => index >= first && index < first + count);

/** Upper left corner. */
export function cornerOf(layout: MapLayout, index: number): { x: number; y: number } | undefined {
  const block = blockOf(layout, index);
  if (block === undefined) return undefined;
  const inGroup = index - block.first;
  return {
    x: block.x + (inGroup % block.columns) * layout.pitch,
    y: block.y + TITLE_HEIGHT + Math.floor(inGroup / block.columns) * layout.pitch,
  };
}

export type Move =
  'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown' | 'Home' | 'End' | 'PageUp' | 'PageDown';
export const moves: readonly string[] = [
  ...['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'PageUp', 'PageDown'],
];

/** Where the cursor goes: over the edge of a group into its neighbour, page keys by whole groups. */
export function moved(layout: MapLayout, index: number, move: Move): number {
  const { total } = layout;
  const block = blockOf(layout, index);
  if (block === undefined) return total === 0 ? -1 : 0;
  const at = layout.blocks.indexOf(block);
  const { first, columns, count } = block;
  const inGroup = index - first;
  const last = first + count - 1;
  const targets: Readonly<Record<Move, number>> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: inGroup >= columns ? index - columns : first - 1,
    ArrowDown: inGroup + columns < count ? index + columns : last + 1,
    Home: first,
    End: last,
    PageUp: layout.blocks[at - 1]?.first ?? 0,
    PageDown: layout.blocks[at + 1]?.first ?? first,
  };
  return Math.max(0, Math.min(total - 1, targets[move]));
}
