/** Pixels of the fleet map: patterns that differ without colour, and stamps that stay where they belong. */
import { describe, expect, it } from 'vitest';
import { cornerOf, layOut } from '../../../../src/inspector/page/views/map/geometry.ts';
import { dotOf, paint, pixelOf } from '../../../../src/inspector/page/views/map/paint.ts';

const palette = { ink: [1, 2, 3, 4], ground: [5, 6, 7, 8] };
const all = [true, true, true, true];
const codes = [0, 1, 2, 3];

const picture = (code: number, size: number): string =>
  Array.from({ length: size * size }, (_, at) =>
    dotOf(code, at % size, Math.floor(at / size), size).slice(0, 1),
  ).join('');

describe('patterns', () => {
  it.each([8, 12, 16, 24])(
    'differ between all severities without colour, %i pixels wide',
    (size) => {
      expect(new Set(codes.map((code) => picture(code, size))).size).toBe(4);
    },
  );

  it('of 3 pixels tell all but failing from healthy, which only colour tells there', () => {
    const [failing, changing, healthy, unknown] = codes.map((code) => picture(code, 3));
    expect(new Set([changing, healthy, unknown]).size).toBe(3);
    expect(failing).toBe(healthy);
  });
});

describe('paint', () => {
  const layout = layOut([{ name: 'a', q: 'a', count: 60 }], 200);
  const cells = Uint8Array.from({ length: 60 }, (_, at) => at % 4);
  const painted = (top: number, height: number, scale = 1, isShown = all) => {
    const width = layout.width * scale;
    const pixels = new Uint32Array(width * height);
    paint(pixels, width, height, { ...{ layout, cells, palette, top, scale, isShown } });
    return (x: number, y: number) => pixels[y * width + x];
  };

  it('puts the colour of each severity into its cell, and nothing between cells', () => {
    const at = painted(0, layout.height);
    for (let index = 0; index < 60; index += 1) {
      const { x, y } = cornerOf(layout, index) ?? { x: 0, y: 0 };
      expect(at(x, y)).toBe(palette.ink[index % 4]);
      expect(at(x + layout.cell, y)).toBe(0);
    }
  });

  it('cuts cells at the upper and the lower edge of what is seen', () => {
    const whole = painted(0, layout.height);
    const part = painted(25, 20);
    const places = Array.from({ length: 20 * layout.width }, (_, at) => ({
      x: at % layout.width,
      y: Math.floor(at / layout.width),
    }));
    expect(places.filter(({ x, y }) => part(x, y) !== whole(x, y + 25))).toEqual([]);
    expect(places.some(({ x, y }) => part(x, y) !== 0)).toBe(true);
  });

  it('fills a cell twice as large where the screen has twice the pixels', () => {
    const at = painted(0, layout.height * 2, 2);
    const { x, y } = cornerOf(layout, 2) ?? { x: 0, y: 0 };
    expect(at(x * 2, y * 2)).toBe(3);
    const side = 2 * layout.cell;
    expect(at(x * 2 + side - 1, y * 2 + side - 1)).toBe(3);
    expect(at(x * 2 + side, y * 2)).toBe(0);
  });

  it('keeps the colour of what is not in question, but faint', () => {
    const at = painted(0, layout.height, 1, [true, true, false, true]);
    const { x, y } = cornerOf(layout, 2) ?? { x: 0, y: 0 };
    expect(at(x, y)).toBe(0x30000003);
  });
});

it('turns a colour into a pixel with red first in memory', () => {
  expect(pixelOf('rgb(15, 118, 110)')).toBe(0xff6e760f);
  expect(pixelOf('rgb(255, 255, 255)', 0x50)).toBe(0x50ffffff);
});
