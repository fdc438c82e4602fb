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
  const edge = size - 1;
  const thick = Math.max(1, Math.round(size / 8));
  if (code === 0) {
    if (size < 6) return 'ink';
    const isCross = Math.abs(x - y) < thick || Math.abs(x + y - edge) < thick;
    return isCross && x >= thick && y >= thick && x <= edge - thick && y <= edge - thick
      ? 'ground'
      : 'ink';
  }
  if (code === 1) {
    if (size < 6) return x + y === edge || x + y === edge - 1 ? 'ink' : 'ground';
    return Math.floor((x + y) / (2 * thick)) % 2 === 0 ? 'ink' : 'ground';
  }
  if (code === 2) return 'ink';
  const isRim = x < thick || y < thick || x > edge - thick || y > edge - thick;
  return isRim ? 'ink' : 'none';
}

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
          const stamp = stamps[(cells[block.first + at] ?? 3) & 3] as Uint32Array;
          const from = line * side;
          for (let dot = 0; dot < side; dot += 1) pixels[to + dot] = stamp[from + dot] as number;
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

/** `#0f766e` as a pixel. */
export function pixelOf(hex: string, alpha = 255): number {
  const value = Number.parseInt(hex.slice(1), 16);
  const [red, green, blue] = [value >> 16, (value >> 8) & 255, value & 255];
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
