// Run by build.mjs, or alone: bundles the inspector's page to dist/inspector/ and the viewer to dist/inspector-view/: an index and hashed assets, each also packed as .br and .gz.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build, buildSync } from 'esbuild';

/** @typedef {{ name: string, bytes: Uint8Array }} Asset */

/** @param {string} root of the package */
async function buildPage(root) {
  const source = path.join(root, 'src/inspector/page');
  const target = path.join(root, 'dist/inspector');
  rmSync(target, { recursive: true, force: true });

  const worker = hashed('stream', '.js', bundle(source, 'stream/worker.ts', { format: 'iife' }));
  const theme = hashed('theme', '.js', bundle(source, 'theme.ts', { format: 'iife' }));
  const style = hashed('page', '.css', bundle(source, 'styles/page.css', {}));
  const later = hashed('later', '.css', bundle(source, 'styles/later.css', {}));
  const icon = hashed('icon', '.svg', readFileSync(path.join(source, 'icon.svg')));
  const page = await bundlePage(source, {
    STREAM_WORKER: JSON.stringify(`/assets/${worker.name}`),
    LATER_STYLE: JSON.stringify(`/assets/${later.name}`),
  });

  const names = { theme, style, icon, page: page.main };
  const index = readFileSync(path.join(source, 'index.html'), 'utf8').replaceAll(
    /%(theme|style|icon|page)%/g,
    (_, /** @type {keyof typeof names} */ name) => `/assets/${names[name].name}`,
  );
  write(target, { name: 'index.html', bytes: Buffer.from(index) });
  for (const asset of [worker, theme, style, later, icon, page.main, ...page.parts])
    write(path.join(target, 'assets'), asset);
}

/** The viewer for apps of others has a folder and a policy of its own, and shares no file with the page. @param {string} root of the package */
function buildView(root) {
  const source = path.join(root, 'src/inspector/page');
  const target = path.join(root, 'dist/inspector-view');
  rmSync(target, { recursive: true, force: true });
  const view = hashed('view', '.js', bundle(source, 'view/main.tsx', { format: 'iife' }));
  const style = hashed('view', '.css', bundle(source, 'view/view.css', {}));
  const names = { view, style };
  const index = readFileSync(path.join(source, 'view/index.html'), 'utf8').replaceAll(
    /%(view|style)%/g,
    (_, /** @type {keyof typeof names} */ name) => `/inspect/view/${names[name].name}`,
  );
  for (const asset of [{ name: 'index.html', bytes: Buffer.from(index) }, view, style])
    write(target, asset);
}

/**
 * @param {string} source @param {string} entry @param {import('esbuild').BuildOptions} options
 * @returns {Uint8Array}
 */
function bundle(source, entry, options) {
  const { outputFiles } = buildSync({
    ...common(source),
    entryPoints: [path.join(source, entry)],
    ...options,
  });
  const [file] = outputFiles ?? [];
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return file.contents;
}

/**
 * The page in one file, a file for each part loaded on demand, and one for all that several of those share:
 * left alone, esbuild makes a file for every set of parts that share something, and many are too small to pack well.
 * @param {string} source @param {Record<string, string>} define
 * @returns {Promise<{ main: Asset, parts: Asset[] }>}
 */
async function bundlePage(source, define) {
  const options = {
    ...common(source),
    ...{ define, entryPoints: { page: path.join(source, 'main.tsx') } },
    ...{
      format: /** @type {const} */ ('esm'),
      splitting: true,
      metafile: /** @type {const} */ (true),
    },
    ...{ outdir: path.join(source, 'out'), entryNames: '[name]-[hash]', chunkNames: 'part-[hash]' },
  };
  const { metafile } = await build(options);
  const grouped = await build({ ...options, plugins: [grouping(source, metafile.inputs)] });
  const assets = grouped.outputFiles.map(({ path: file, contents }) => ({
    name: path.basename(file),
    bytes: contents,
  }));
  const holding = Object.entries(grouped.metafile.outputs).find(
    ([, { inputs }]) => inputs['main.tsx'] !== undefined,
  );
  const main = assets.find(({ name }) => name === path.basename(holding?.[0] ?? ''));
  if (main === undefined) throw new Error('esbuild made no page');
  // The entry only imports the file that holds it all; the index names that one itself.
  const parts = assets.filter(({ name }) => name !== main.name && !name.startsWith('page-'));
  return { main, parts };
}

/**
 * Makes every part on demand import the page, and all that two parts or more share, so that each becomes one file.
 * @param {string} source @param {import('esbuild').Metafile['inputs']} inputs of a build without it
 * @returns {import('esbuild').Plugin}
 */
function grouping(source, inputs) {
  const imports = Object.values(inputs).flatMap((input) => input.imports);
  const parts = imports.filter(({ kind }) => kind === 'dynamic-import').map((each) => each.path);
  const ofPage = reached(inputs, 'main.tsx');
  const ofParts = [...new Set(parts)].map((part) => reached(inputs, part));
  const shared = Object.keys(inputs).filter(
    (name) => !ofPage.has(name) && ofParts.filter((each) => each.has(name)).length > 1,
  );
  const importing = (/** @type {string[]} */ names) =>
    names.map((name) => `import ${JSON.stringify(path.join(source, name))};`).join('\n');
  return {
    name: 'grouping',
    setup({ onLoad }) {
      onLoad({ filter: /\.tsx?$/ }, ({ path: file }) => {
        const name = path.relative(source, file).replaceAll(path.sep, '/');
        if (!parts.includes(name)) return undefined;
        const more = importing(['main.tsx', ...shared]);
        return { contents: `${readFileSync(file, 'utf8')}\n${more}`, loader: 'tsx' };
      });
    },
  };
}

/**
 * What a module imports at once, and itself.
 * @param {import('esbuild').Metafile['inputs']} inputs @param {string} from
 * @returns {Set<string>}
 */
function reached(inputs, from) {
  const found = new Set([from]);
  for (const name of found)
    for (const { path: imported, kind } of inputs[name]?.imports ?? [])
      if (kind !== 'dynamic-import') found.add(imported);
  return found;
}

/** @param {string} source @returns {import('esbuild').BuildOptions & { write: false }} */
const common = (source) => ({
  absWorkingDir: source,
  bundle: true,
  minify: true,
  write: false,
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'silent',
});

/** @param {string} name @param {string} ending @param {Uint8Array} bytes @returns {Asset} */
function hashed(name, ending, bytes) {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase();
  return { name: `${name}-${hash}${ending}`, bytes };
}

/** @param {string} folder @param {Asset} asset */
function write(folder, { name, bytes }) {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
  writeFileSync(
    `${file}.br`,
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
await buildPage(root);
buildView(root);
