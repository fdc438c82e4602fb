// Compiles the sources to dist/ when they changed since the last build.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, secondsSince, tail } from './report.mjs';

/** What the programs that tsconfig.build.json includes take from the tests. */
const WORLDS = [
  ...['model', 'fakes', 'servers', 'workers', 'page'],
  ...['unit/machines', 'unit/actors', 'unit/inspector'],
].map((name) => `test/${name}`);
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** @param {{ root: string, say: (text: string) => void }} step */
export function build({ root, say }) {
  const note = path.join(root, 'dist', '.built-from.json');
  const files = sourceFiles(root);
  const fingerprint = fingerprintOf(root, files);
  const last = readNote(note);
  if (last?.fingerprint === fingerprint) return;

  // The compiler never removes output, and a module that is gone must not be found again.
  const isShrunk = last?.files.some((file) => !files.includes(file)) ?? true;
  if (isShrunk) rmSync(path.join(root, 'dist'), { recursive: true, force: true });

  say('compiling to dist/ …');
  const startedAtMs = Date.now();
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  // Types are the business of `npm run types` and .ci/run; checking them here would triple the first start.
  const args = [compiler, '-p', 'tsconfig.build.json', '--noCheck'];
  const done = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.status !== 0) {
    throw new SetupError(
      `the sources do not compile:\n${tail(`${done.stdout}${done.stderr}`, 30)}\nMend them, then run the command again.`,
    );
  }
  bundlePage(root);
  writeFileSync(note, JSON.stringify({ fingerprint, files }));
  say(`compiled in ${secondsSince(startedAtMs)}`);
}

/** In a process of its own: its bundler is a package, and this file is read before packages are there. @param {string} root */
function bundlePage(root) {
  const args = [path.join(root, 'src/setup/page.mjs')];
  const done = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (done.status === 0) return;
  throw new SetupError(
    `the inspector's page does not build:\n${tail(done.stderr, 30)}\nMend it, then run the command again.`,
  );
}

/** @param {string} root @returns {string[]} */
function sourceFiles(root) {
  const { include } = JSON.parse(readFileSync(path.join(root, 'tsconfig.build.json'), 'utf8'));
  return [...include, ...WORLDS]
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
        path.join(folder, name),
      ),
    )
    .filter((file) => /\.m?tsx?$|\.mjs$|^src\/inspector\/page\//.test(file))
    .sort();
}

/** @param {string} root @param {string[]} files */
function fingerprintOf(root, files) {
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of [...SETTINGS, ...files]) {
    const { mtimeMs, size } = statSync(path.join(root, file));
    hash.update(`${file} ${mtimeMs} ${size}\n`);
  }
  return hash.digest('hex');
}

/** @param {string} note @returns {{ fingerprint: string, files: string[] } | undefined} */
function readNote(note) {
  return existsSync(note) ? JSON.parse(readFileSync(note, 'utf8')) : undefined;
}
