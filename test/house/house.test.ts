/** The house keeps its shape: sizes are printed, and what rots first is refused. */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { NATS_VERSION_FLOOR } from '../../src/setup/nats-server.mjs';
import { serverVersionFloor } from '../../src/nats/version.ts';

const root = packageRoot();

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => !/(^|[/])(node_modules|artifacts)[/]/.test(file))
    .filter((file) => statSync(join(root, file)).isFile());
}

const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const rings = ['machines', 'actors', 'src'] as const;
const sources = rings.flatMap(filesUnder).filter((file) => /\.(ts|mjs|sh)$/.test(file));
const tests = filesUnder('test').filter((file) => file.endsWith('.ts'));
const own = [...sources, ...tests].filter((file) => file !== 'test/house/house.test.ts');

function linesWith(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    text(file)
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
}

/** Paths of relative imports as they lie in the repository. */
function importsOf(file: string): string[] {
  return [...text(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((found) =>
    normalize(join(dirname(file), found[1] ?? '')),
  );
}

describe('the house', () => {
  it('prints how large its files are', () => {
    const sizes = sources
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ file, lines: text(file).split('\n').length - 1 }))
      .sort((a, b) => b.lines - a.lines);
    const median = sizes[Math.floor(sizes.length / 2)]?.lines ?? 0;
    const large = sizes.filter(({ lines }) => lines > 300);
    console.log(
      [
        `${sizes.length} source files, median ${median} lines, largest ${sizes[0]?.lines ?? 0}`,
        ...large.map(({ file, lines }) => `over 300 lines: ${file} ${lines}`),
      ].join('\n'),
    );
    expect(median).toBeLessThan(160);
  });

  it('names files and folders after what they are', () => {
    const vague = /^(utils?|helpers?|common|types|misc|lib)$/;
    const named = [...sources, ...tests].filter((file) =>
      file.split('/').some((part) => vague.test(basename(part).replace(/\..*$/, ''))),
    );
    expect(named).toEqual([]);
  });

  it('keeps no promises in comments', () => {
    expect(linesWith(own, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([]);
  });

  it('swallows no error without saying why', () => {
    expect(linesWith(sources, /catch *(\([^)]*\))? *\{ *\}|\.catch\(\(\) *=> *\{ *\}\)/)).toEqual(
      [],
    );
  });

  it('gives a reason with every switched-off rule and skipped test [U-51]', () => {
    expect(linesWith(own, /eslint-disable(?!.* -- )/)).toEqual([]);
    expect(linesWith(own, /@ts-(ignore|nocheck)/)).toEqual([]);
    expect(linesWith(tests, /\b(it|test|describe)\.(only|todo|fails)\b/)).toEqual([]);
  });

  it('points its arrows inward', () => {
    const outward = (ring: string, allowed: RegExp): string[] =>
      sources
        .filter((file) => file.startsWith(`${ring}/`))
        .flatMap((file) =>
          importsOf(file)
            .filter((target) => !allowed.test(target))
            .map((target) => `${file} → ${target}`),
        );
    expect(outward('machines', /^machines\//)).toEqual([]);
    expect(outward('actors', /^(actors|machines)\//)).toEqual([]);
    expect(outward('src', /^(src|actors|machines)\//)).toEqual([]);
  });

  it('has one opinion on the oldest nats-server', () => {
    expect(NATS_VERSION_FLOOR).toBe(serverVersionFloor);
  });
});
