/** Stryker, pinned and kept apart from the project's packages, run on one file. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';

/** @typedef {import('./reporter.mjs').Mutant} Mutant */

/** The last one for Node 20. */
const version = '9.5.1';
const folder = resolve('.fairlead/mutation');
const modules = `${folder}/node_modules/@stryker-mutator`;

/** Installs it once; vitest is the project's own, found in the folders above. */
export function install() {
  const manifest = `${folder}/package.json`;
  const packages = ['core', 'vitest-runner'].map((name) => `@stryker-mutator/${name}`);
  const dependencies = Object.fromEntries(packages.map((name) => [name, version]));
  const wanted = JSON.stringify({ name: 'fairlead-mutation', private: true, dependencies });
  const isThere = existsSync(`${modules}/vitest-runner/package.json`);
  if (isThere && readFileSync(manifest, 'utf8') === wanted) return;
  console.log(`mutation: installing Stryker ${version} in .fairlead/mutation (70 MB)`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(manifest, wanted);
  const words = ['install', '--no-audit', '--no-fund', '--legacy-peer-deps', '--loglevel=error'];
  const { status } = spawnSync('npm', words, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm could not install Stryker; see above, and run again');
}

/**
 * Mutates a file in a copy of the project until all of it is judged or `endMs` has come.
 *
 * @param {{ mutate: string, tests: readonly string[], endMs: number }} wanted  `mutate` may end in `:FIRST-LAST`
 * @returns {Promise<{ planned: number, mutants: Mutant[], crash?: string }>}  `planned` is 0 when Stryker never got to the mutants
 *   `crash` is the exit code or signal of a Stryker that failed before its time was over
 */
export async function run({ mutate, tests, endMs }) {
  const lines = `${folder}/lines.jsonl`;
  const settings = `${folder}/stryker.json`;
  writeFileSync(lines, '');
  writeFileSync(settings, JSON.stringify(config(mutate)));
  const env = {
    ...process.env,
    FAIRLEAD_MUTATION_LINES: lines,
    FAIRLEAD_MUTATION_TESTS: tests.join(' '),
  };
  const words = [`${modules}/core/bin/stryker.js`, 'run', settings];
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  let isLate = false;
  const stop = () => {
    isLate = true;
    child.kill('SIGTERM');
  };
  const timer = setTimeout(stop, Math.max(0, endMs - Date.now()));
  const end = await new Promise((ended) => {
    child.once('close', (code, signal) => ended(code === 0 ? '' : `${code ?? signal}`));
  });
  clearTimeout(timer);
  rmSync(`${folder}/tmp`, { recursive: true, force: true });
  return { ...read(lines), ...(end !== '' && !isLate && { crash: end }) };
}

/** @param {string} mutate */
function config(mutate) {
  return {
    testRunner: 'vitest',
    plugins: [`${modules}/vitest-runner/dist/src/index.js`, resolve('test/mutation/reporter.mjs')],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    mutate: [mutate],
    coverageAnalysis: 'perTest',
    concurrency: 1,
    reporters: ['lines'],
    tempDirName: '.fairlead/mutation/tmp',
    ignorePatterns: ['dist', '.fairlead', 'docs', 'test/artifacts'],
    timeoutMS: 8000,
    disableTypeChecks: false,
    allowConsoleColors: false,
  };
}

/** @param {string} path */
function read(path) {
  const [first, ...mutants] = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { planned: Number(first?.planned ?? 0), mutants };
}
