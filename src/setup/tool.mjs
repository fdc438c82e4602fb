// Finds a program in a version that will do: named by a variable, on PATH, cached, or from Debian stable's package.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unpackDebianProgram } from './debian-package.mjs';
import { SetupError, megabytes, secondsSince } from './report.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} name         the program
 * @property {string} debian       the package that holds it
 * @property {string} floor        oldest version that will do
 * @property {string} whyNotOlder  what is wrong with older ones
 * @property {string} variable     names the program's path and wins over every other road
 * @property {string} fetchVariable  `never` there forbids fetching
 * @property {string[]} remedies   what a person can do when no road led to one
 */
/** @typedef {{ path: string, version: string, road: string }} Tool */
/** @typedef {(text: string) => void} Say */

/** Where Debian puts servers; not on every user's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * @param {Wanted} wanted
 * @param {{ folder: string, env: NodeJS.ProcessEnv, say: Say, systemFolders?: string[] }} step  folder: the checkout's `.fairlead`
 * @returns {Tool}
 * @throws {SetupError} when no road led to one, or the variable is set and wrong: never a silent fall-through
 */
export function resolveTool(wanted, { folder, env, say, systemFolders = SYSTEM_FOLDERS }) {
  const bin = path.join(folder, 'bin');
  return (
    explicit(wanted, env) ??
    onPath(wanted, env, say, systemFolders) ??
    cached(wanted, bin, say) ??
    fetched(wanted, { folder, bin, env, say })
  );
}

/** True when version `a` is `b` or newer; suffixes such as `-RC.1` count as older than the release. @param {string} a @param {string} b */
export function isAtLeast(a, b) {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (const [index, least] of right.entries()) {
    const have = left[index] ?? 0;
    if (have !== least) return have > least;
  }
  return !a.includes('-') || b.includes('-');
}

/** @param {string} version */
const numbersOf = (version) => (version.split('-')[0] ?? '').split('.').map(Number);

/** @param {Wanted} wanted @param {NodeJS.ProcessEnv} env @returns {Tool | undefined} */
function explicit({ name, floor, whyNotOlder, variable }, env) {
  const file = env[variable];
  if (file === undefined || file === '') return undefined;
  const version = versionOf(file);
  if (version === undefined) {
    throw new SetupError(
      `${variable}=${file} is not a ${name} that runs here. Unset or correct it.`,
    );
  }
  if (!isAtLeast(version, floor)) {
    throw new SetupError(
      `${variable}=${file} is ${version}, older than ${floor}: ${whyNotOlder}. Name a newer one or unset it.`,
    );
  }
  return { path: path.resolve(file), version, road: variable };
}

/** @param {Wanted} wanted @param {NodeJS.ProcessEnv} env @param {Say} say @param {string[]} systemFolders @returns {Tool | undefined} */
function onPath({ name, floor, whyNotOlder }, env, say, systemFolders) {
  const folders = [...(env['PATH'] ?? '').split(':'), ...systemFolders];
  for (const folder of new Set(folders.filter((each) => path.isAbsolute(each)))) {
    const file = path.join(folder, name);
    const version = existsSync(file) ? versionOf(file) : undefined;
    if (version === undefined) continue;
    if (isAtLeast(version, floor)) return { path: file, version, road: file };
    say(`${file} is ${version}, older than ${floor} (${whyNotOlder}): passed over`);
  }
  return undefined;
}

/** @param {Wanted} wanted @param {string} bin @param {Say} say @returns {Tool | undefined} */
function cached({ name, floor }, bin, say) {
  for (const each of existsSync(bin) ? readdirSync(bin) : []) {
    if (!each.startsWith(`${name}-`) || !/-\d+\.\d+\.\d+$/.test(each)) continue;
    const file = path.join(bin, each);
    const noted = existsSync(`${file}.sha256`) ? readFileSync(`${file}.sha256`, 'utf8').trim() : '';
    const version = noted === sha256Of(file) ? versionOf(file) : undefined;
    if (version !== undefined && isAtLeast(version, floor)) {
      return { path: file, version, road: `.fairlead/bin/${each}` };
    }
    say(`.fairlead/bin/${each} does not match its checksum or does not run: removed`);
    rmSync(file, { force: true });
    rmSync(`${file}.sha256`, { force: true });
  }
  return undefined;
}

/** @param {Wanted} wanted @param {{ folder: string, bin: string, env: NodeJS.ProcessEnv, say: Say }} step @returns {Tool} */
function fetched(wanted, { folder, bin, env, say }) {
  const { name, debian, floor, fetchVariable } = wanted;
  if (env[fetchVariable] === 'never')
    throw notFound(wanted, `${fetchVariable}=never forbids fetching one`);
  const startedAtMs = Date.now();
  const work = path.join(folder, `fetch-${name}`);
  rmSync(work, { recursive: true, force: true });
  try {
    const unpacked = unpackDebianProgram({ name, debian, work, env, say });
    const version = versionOf(unpacked);
    if (version === undefined || !isAtLeast(version, floor)) {
      throw new SetupError(`the fetched ${name} ${version ?? 'does not run here'} is not usable`);
    }
    const file = keep(unpacked, path.join(bin, `${name}-${version}`));
    say(
      `kept ${file}, ${megabytes(statSync(file).size)}, sha256 ${sha256Of(file)}, ${secondsSince(startedAtMs)}`,
    );
    return { path: file, version, road: `.fairlead/bin/${path.basename(file)}` };
  } catch (error) {
    throw error instanceof SetupError ? notFound(wanted, error.message) : error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Checksum first, binary last: a crash between the two leaves nothing that looks complete. @param {string} unpacked @param {string} file */
function keep(unpacked, file) {
  mkdirSync(path.dirname(file), { recursive: true });
  copyFileSync(unpacked, `${file}.new`);
  chmodSync(`${file}.new`, 0o755);
  writeFileSync(`${file}.sha256`, `${sha256Of(`${file}.new`)}\n`);
  renameSync(`${file}.new`, file);
  return file;
}

/** @param {string} file @returns {string | undefined} undefined when it does not run */
function versionOf(file) {
  const asked = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  if (asked.status !== 0) return undefined;
  return /v?(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(`${asked.stdout}${asked.stderr}`)?.[1];
}

/** @param {string} file */
const sha256Of = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** @param {Wanted} wanted @param {string} reason */
function notFound({ name, floor, remedies }, reason) {
  return new SetupError(
    [
      `no ${name} ${floor} or newer: ${reason}.`,
      '  Do one of these, then run the command again:',
      ...remedies.map((each) => `  - ${each}`),
    ].join('\n'),
  );
}
