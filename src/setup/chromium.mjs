// A browser for the tests of the inspector's pages. Nothing else needs it, so its absence is only told.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { secondsSince } from './report.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const UPDATE_MS = 60_000;
const DOWNLOAD_MS = 180_000;
const INSTALL_MS = 120_000;
const WITHOUT = [
  'The tests of the inspector in a browser will not run. To have them, do one of these:',
  '  - Debian, Ubuntu: sudo apt-get install chromium',
  '  - any system: put chromium or google-chrome on PATH, or set CHROMIUM_BIN=/path/to/chromium',
].join('\n  ');

/**
 * Named by CHROMIUM_BIN, on PATH, or installed by apt-get where this user may do so; FAIRLEAD_CHROMIUM_FETCH=never forbids
 * that. Never fails.
 * @param {{ env: NodeJS.ProcessEnv, say: (text: string) => void, isRoot?: boolean }} step
 * @returns {import('./tool.mjs').Tool | undefined}
 */
export function findChromium({ env, say, isRoot = process.getuid?.() === 0 }) {
  const named = env['CHROMIUM_BIN'];
  if (named !== undefined && named !== '') {
    const version = versionOf(named);
    if (version !== undefined) return { path: path.resolve(named), version, road: 'CHROMIUM_BIN' };
    say(`CHROMIUM_BIN=${named} is not a Chromium that runs here. ${WITHOUT}`);
    return undefined;
  }
  const found = onPath(env) ?? (mayInstall(env, isRoot) ? installed(env, say) : undefined);
  if (found === undefined) say(`no Chromium. ${WITHOUT}`);
  return found;
}

/** @param {NodeJS.ProcessEnv} env @returns {import('./tool.mjs').Tool | undefined} */
function onPath(env) {
  const folders = (env['PATH'] ?? '').split(':').filter((each) => path.isAbsolute(each));
  for (const file of folders.flatMap((folder) => NAMES.map((name) => path.join(folder, name)))) {
    const version = existsSync(file) ? versionOf(file) : undefined;
    if (version !== undefined) return { path: file, version, road: file };
  }
  return undefined;
}

/** @param {NodeJS.ProcessEnv} env @param {boolean} isRoot */
const mayInstall = (env, isRoot) =>
  isRoot &&
  env['FAIRLEAD_CHROMIUM_FETCH'] !== 'never' &&
  spawnSync('apt-get', ['--version'], { env }).status === 0;

/** @param {NodeJS.ProcessEnv} env @param {(text: string) => void} say */
function installed(env, say) {
  const startedAtMs = Date.now();
  say(
    `installing chromium with apt-get, at most ${(UPDATE_MS + DOWNLOAD_MS + INSTALL_MS) / 60_000} minutes …`,
  );
  const quiet = /** @type {const} */ ({
    env: { ...env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: 'ignore',
  });
  // An update that fails may still leave lists that will do.
  spawnSync('apt-get', ['update'], { ...quiet, timeout: UPDATE_MS });
  const args = ['install', '-y', '--no-install-recommends', 'chromium'];
  // Only the download may be slow, and it can be cut off at any time; what follows should not be.
  const loaded = spawnSync('apt-get', [...args, '--download-only'], {
    ...quiet,
    timeout: DOWNLOAD_MS,
  });
  const done =
    loaded.status === 0 ? spawnSync('apt-get', args, { ...quiet, timeout: INSTALL_MS }) : loaded;
  const found = onPath(env);
  if (found !== undefined) say(`installed chromium ${found.version}, ${secondsSince(startedAtMs)}`);
  else say(`apt-get did not install chromium (${done.signal ?? `exit code ${done.status}`})`);
  return found;
}

/** @param {string} file @returns {string | undefined} undefined when it does not run */
function versionOf(file) {
  const asked = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  if (asked.status !== 0) return undefined;
  return /(\d+\.\d+\.\d+(?:\.\d+)?)/.exec(asked.stdout)?.[1];
}
