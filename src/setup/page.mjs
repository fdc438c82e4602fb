// Run by build.mjs, or alone: bundles the inspector's page to dist/inspector/ and the viewer to dist/inspector-view/: an index and hashed assets, each also packed as .br and .gz.
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

/** @typedef {{ name: string, bytes: Uint8Array }} Asset */

/** @param {string} root of the package */
function buildPage(root) {
  const source = path.join(root, 'src/inspector/page');
  const target = path.join(root, 'dist/inspector');
  rmSync(target, { recursive: true, force: true });

  const worker = hashed('stream', '.js', bundle(source, 'stream/worker.ts', { format: 'iife' }));
  const theme = hashed('theme', '.js', bundle(source, 'theme.ts', { format: 'iife' }));
  const style = hashed('page', '.css', bundle(source, 'styles/page.css', {}));
  const icon = hashed('icon', '.svg', readFileSync(path.join(source, 'icon.svg')));
  const page = bundlePage(source, worker.name);

  const names = { theme, style, icon, page: page.main };
  const index = readFileSync(path.join(source, 'index.html'), 'utf8').replaceAll(
    /%(theme|style|icon|page)%/g,
    (_, /** @type {keyof typeof names} */ name) => `/assets/${names[name].name}`,
  );
  write(target, { name: 'index.html', bytes: Buffer.from(index) });
  for (const asset of [worker, theme, style, icon, page.main, ...page.parts])
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
 * The page and its views that are loaded on demand; esbuild puts the hashes into the names itself.
 * @param {string} source @param {string} workerName
 * @returns {{ main: Asset, parts: Asset[] }}
 */
function bundlePage(source, workerName) {
  const { outputFiles } = buildSync({
    ...common(source),
    entryPoints: { page: path.join(source, 'main.tsx') },
    format: 'esm',
    splitting: true,
    outdir: path.join(source, 'out'),
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[hash]',
    define: { STREAM_WORKER: JSON.stringify(`/assets/${workerName}`) },
  });
  const assets = (outputFiles ?? []).map(({ path: file, contents }) => ({
    name: path.basename(file),
    bytes: contents,
  }));
  const main = assets.find(({ name }) => name.startsWith('page-'));
  if (main === undefined) throw new Error('esbuild made no page');
  return { main, parts: assets.filter((asset) => asset !== main) };
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
buildPage(root);
buildView(root);
