/** What the page weighs, from the files that set-up has built. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { storedCharts } from '../../../../src/inspector/chart/stored.ts';
import { packageRoot } from '../../../../src/package-root.ts';

const folder = join(packageRoot(), 'dist/inspector');
const assets = join(folder, 'assets');
const names = readdirSync(assets);
const packed = (name: string): number => readFileSync(join(assets, `${name}.gz`)).byteLength;

/** Scripts and styles that the index asks for, and all that those import at once. */
function firstLoad(): string[] {
  const index = readFileSync(join(folder, 'index.html'), 'utf8');
  const found = [...index.matchAll(/\/assets\/([\w.-]+\.(?:js|css))/g)].map(
    ([, name = '']) => name,
  );
  for (const name of found) {
    const text = readFileSync(join(assets, name), 'utf8');
    for (const [, part = ''] of text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g))
      if (!found.includes(part)) found.push(part);
  }
  return [...found, ...names.filter((name) => /^stream-.*\.js$/.test(name))];
}

const weigh = (some: readonly string[]): number =>
  some.reduce((sum, name) => sum + packed(name), 0);
const isWeighed = (name: string): boolean => /\.(js|css)$/.test(name);

describe('the built page', () => {
  it('loads at most 40 kB of scripts and styles before its first view', () => {
    const first = firstLoad();
    const weighed = names.filter(isWeighed);
    console.info(
      `first load ${weigh(first)} bytes in ${first.length} files, the whole page ${weigh(weighed)} in ${weighed.length}, as gzip`,
    );
    expect(first.some((name) => name.endsWith('.css'))).toBe(true);
    // Preact alone is more: less than this would be a page without its scripts.
    expect(weigh(first.filter((name) => name.endsWith('.js')))).toBeGreaterThan(10_000);
    expect(weigh(first)).toBeLessThanOrEqual(40_000);
  });

  it('loads at most 10 kB more for any other part, and none that is too small to pack well', () => {
    const first = firstLoad();
    const parts = names.filter((name) => isWeighed(name) && !first.includes(name));
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.filter((name) => packed(name) > 10_000)).toEqual([]);
    expect(parts.filter((name) => packed(name) < 1000)).toEqual([]);
  });

  it('has every asset packed, and the packed one is the asset', () => {
    for (const name of names.filter((each) => !/\.(gz|br)$/.test(each))) {
      expect(names).toEqual(expect.arrayContaining([`${name}.gz`, `${name}.br`]));
      const bytes = gunzipSync(readFileSync(join(assets, `${name}.gz`)));
      expect(bytes.equals(readFileSync(join(assets, name)))).toBe(true);
    }
  });

  it('has neither scripts nor styles in its markup, and no other address', () => {
    const index = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(index).not.toMatch(/<style|style=|<script>|\son\w+=|https?:/);
  });
});

describe('charts', () => {
  it.each(Object.values(storedCharts()).map(({ chart, layout }) => [chart.id, { chart, layout }]))(
    '%s with its layout is at most 40 kB on the wire',
    (_id, drawn) => {
      expect(gzipSync(JSON.stringify(drawn)).byteLength).toBeLessThan(40_000);
    },
  );
});
