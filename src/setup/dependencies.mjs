// npm packages: installed from the lockfile when it differs from the one node_modules was made from.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SetupError, secondsSince } from './report.mjs';

/** @param {{ root: string, folder: string, env: NodeJS.ProcessEnv, say: (text: string) => void }} step */
export function installDependencies({ root, folder, env, say }) {
  const wanted = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  // Lives inside node_modules: whoever removes or replaces that folder removes the note with it.
  const note = path.join(root, 'node_modules', '.fairlead-lockfile-sha256');
  if (existsSync(note) && readFileSync(note, 'utf8').trim() === wanted) return;

  say('fetching npm packages of package-lock.json (npm ci) …');
  const startedAtMs = Date.now();
  const npm = npmCommand(env);
  // npm must see a test or CI run as it sees a developer: scripts need the development packages too.
  const done = spawnSync(npm.command, [...npm.arguments, 'ci', '--include=dev', '--no-progress'], {
    cwd: root,
    env: { ...env, ...writableCache(folder, env) },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (done.error !== undefined) {
    throw new SetupError(`npm could not be started (${done.error.message}). Install npm 10+.`);
  }
  if (done.status !== 0) {
    throw new SetupError(
      `npm ci ended with ${done.status ?? done.signal}:\n${reasonIn(`${done.stderr}\n${done.stdout}`)}\n` +
        'Check the network or the npm registry setting (npm ping), then run the command again.',
    );
  }
  writeFileSync(note, `${wanted}\n`);
  say(`npm packages installed in ${secondsSince(startedAtMs)}`);
}

/** The npm that runs us if there is one, so that a pinned npm stays the one in use. @param {NodeJS.ProcessEnv} env */
function npmCommand(env) {
  const script = env['npm_execpath'];
  if (script !== undefined && path.basename(script).startsWith('npm') && existsSync(script)) {
    return { command: process.execPath, arguments: [script] };
  }
  return { command: 'npm', arguments: [] };
}

/** Service users often have no usable home; npm then needs a cache it can write. @param {string} folder @param {NodeJS.ProcessEnv} env */
function writableCache(folder, env) {
  const configured = env['npm_config_cache'] ?? path.join(os.homedir(), '.npm');
  if (path.isAbsolute(configured) && canWrite(configured)) return {};
  return { npm_config_cache: path.join(folder, 'npm-cache') };
}

/** @param {string} cache */
function canWrite(cache) {
  try {
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return true;
  } catch {
    return false; // Whatever the reason, another cache is used instead.
  }
}

/** npm says the reason first and a page of usage after it. @param {string} output */
const reasonIn = (output) =>
  output
    .split('\n')
    .filter((line) => !line.startsWith('npm warn'))
    .slice(0, 12)
    .join('\n');
