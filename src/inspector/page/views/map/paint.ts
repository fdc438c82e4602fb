/** Pixels of the fleet map: one stamp for each severity, copied cell by cell. Colour and pattern both tell the severity. */
import { TITLE_HEIGHT } from './geometry.ts';
import type { MapLayout } from './geometry.ts';

/** As a canvas keeps them, red first in memory: 0xAABBGGRR. By code of severity. */
export interface Palette {
  readonly ink: readonly number[];
  /** Behind the pattern. */
  readonly ground: readonly number[];
}

export type Dot = 'ink' | 'ground' | 'none';

/**
 * What a pixel of a cell shows. Failing is a cross, changing is hatched, healthy is plain, unknown is hollow; small cells
 * have room for less: failing fills its gap as well, changing is a diagonal.
 * @param code of the severity: failing, changing, healthy, unknown
 * @param size side of the cell, in pixels of the canvas
 */
export function dotOf(code: number, x: number, y: number, size: number): Dot {
  const thick = Math.max(1, Math.round(size / 8));
  const edge = size - 1 - thick;
  const isInside = x >= thick && y >= thick && x <= edge && y <= edge;
  if (code === 0) return isInside && isOnCross(x, y, size, thick) ? 'ground' : 'ink';
  if (code === 1) return isHatched(x + y, size, thick) ? 'ink' : 'ground';
  return code === 2 || !isInside ? 'ink' : 'none';
}

/** Below this there is no room for a pattern of its own. */
const SMALL = 6;

const isOnCross = (x: number, y: number, size: number, thick: number): boolean =>
  size >= SMALL && (Math.abs(x - y) < thick || Math.abs(x + y - size + 1) < thick);

/** @param diagonal number of the diagonal, from the upper left corner */
const isHatched = (diagonal: number, size: number, thick: number): boolean =>
  size < SMALL
    ? diagonal === size - 1 || diagonal === size - 2
    : Math.floor(diagonal / (2 * thick)) % 2 === 0;

export interface Part {
  readonly layout: MapLayout;
  /** One byte per cell, severity in bits 0 and 1. */
  readonly cells: Uint8Array;
  readonly palette: Palette;
  /** First line of the map that is to be seen, in CSS pixels. */
  readonly top: number;
  /** Canvas pixels in a CSS pixel, a whole number. */
  readonly scale: number;
  /** By code of severity: false is drawn faint. */
  readonly isShown: readonly boolean[];
}

const nothing = new Uint32Array(0);

/** Fills the pixels of a canvas of this width and height with the part of the map that is seen. */
export function paint(pixels: Uint32Array, width: number, height: number, part: Part): void {
  const { layout, cells, top, scale } = part;
  const side = layout.cell * scale;
  const stamps = [0, 1, 2, 3].map((code) => stampOf(code, part));
  const pitch = layout.pitch * scale;
  pixels.fill(0);
  for (const block of layout.blocks) {
    const y0 = (block.y + TITLE_HEIGHT - top) * scale;
    const firstRow = Math.max(0, Math.floor(-y0 / pitch));
    const lastRow = Math.min(block.rows - 1, Math.ceil((height - y0) / pitch));
    for (let row = firstRow; row <= lastRow; row += 1) {
      const begin = row * block.columns;
      const end = Math.min(block.count, begin + block.columns);
      const y = y0 + row * pitch;
      const lineFrom = Math.max(0, -y);
      const lineTo = Math.min(side, height - y);
      // Line by line, as memory lies.
      for (let line = lineFrom; line < lineTo; line += 1) {
        let to = (y + line) * width + block.x * scale;
        for (let at = begin; at < end; at += 1, to += pitch) {
          const stamp = stamps[(cells[block.first + at] ?? 3) & 3] ?? nothing;
          const from = line * side;
          for (let dot = 0; dot < side; dot += 1) pixels[to + dot] = stamp[from + dot] ?? 0;
        }
      }
    }
  }
}

const FAINT = 0x30000000;

function stampOf(code: number, { layout, palette, scale, isShown }: Part): Uint32Array {
  const side = layout.cell * scale;
  const colour = (dot: Dot): number => {
    if (dot === 'none') return 0;
    const full = (dot === 'ink' ? palette.ink[code] : palette.ground[code]) ?? 0;
    return isShown[code] === false ? ((full & 0xffffff) | FAINT) >>> 0 : full;
  };
  return Uint32Array.from({ length: side * side }, (_, at) =>
    colour(dotOf(code, at % side, Math.floor(at / side), side)),
  );
}

/** `rgb(15, 118, 110)` as a pixel. */
export function pixelOf(colour: string, alpha = 255): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
