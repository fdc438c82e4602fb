// Finds a nats-server that keeps its promises: explicit, on PATH, cached, or Debian stable's package.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { unpackDebianNatsServer } from './debian-package.mjs';
import { SetupError, megabytes, secondsSince } from './report.mjs';

/** Older servers lose committed revisions after a crash, or lose streams (2.10.20 to 2.10.22). */
export const NATS_VERSION_FLOOR = '2.10.23';

/** @typedef {{ path: string, version: string, road: string }} NatsServer */
/** @typedef {(text: string) => void} Say */

/** Where Debian puts servers; not on every user's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/**
 * @param {{ folder: string, env: NodeJS.ProcessEnv, say: Say, systemFolders?: string[] }} step  folder: the checkout's `.fairlead`
 * @returns {NatsServer}
 * @throws {SetupError} when no road led to one, or NATS_SERVER_BIN is set and wrong: never a silent fall-through
 */
export function resolveNatsServer({ folder, env, say, systemFolders = SYSTEM_FOLDERS }) {
  const bin = path.join(folder, 'bin');
  return (
    explicit(env) ??
    onPath(env, say, systemFolders) ??
    cached(bin, say) ??
    fetched({ folder, bin, env, say })
  );
}

/** True when version `a` is `b` or newer; suffixes such as `-RC.1` count as older than the release. @param {string} a @param {string} b */
export function isAtLeast(a, b) {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (const [index, wanted] of right.entries()) {
    const have = left[index] ?? 0;
    if (have !== wanted) return have > wanted;
  }
  return !a.includes('-') || b.includes('-');
}

/** @param {string} version */
const numbersOf = (version) => (version.split('-')[0] ?? '').split('.').map(Number);

/** @param {NodeJS.ProcessEnv} env @returns {NatsServer | undefined} */
function explicit(env) {
  const file = env['NATS_SERVER_BIN'];
  if (file === undefined || file === '') return undefined;
  const version = versionOf(file);
  if (version === undefined) {
    throw new SetupError(
      `NATS_SERVER_BIN=${file} is not a nats-server that runs here. Unset or correct it.`,
    );
  }
  if (!isAtLeast(version, NATS_VERSION_FLOOR)) {
    throw new SetupError(
      `NATS_SERVER_BIN=${file} is ${version}, older than ${NATS_VERSION_FLOOR}: it loses committed revisions after a crash. Name a newer one or unset it.`,
    );
  }
  return { path: path.resolve(file), version, road: 'NATS_SERVER_BIN' };
}

/** @param {NodeJS.ProcessEnv} env @param {Say} say @param {string[]} systemFolders @returns {NatsServer | undefined} */
function onPath(env, say, systemFolders) {
  const folders = [...(env['PATH'] ?? '').split(':'), ...systemFolders];
  for (const folder of new Set(folders.filter((each) => path.isAbsolute(each)))) {
    const file = path.join(folder, 'nats-server');
    const version = existsSync(file) ? versionOf(file) : undefined;
    if (version === undefined) continue;
    if (isAtLeast(version, NATS_VERSION_FLOOR)) return { path: file, version, road: file };
    say(
      `${file} is ${version}, older than ${NATS_VERSION_FLOOR} (it loses committed revisions after a crash): passed over`,
    );
  }
  return undefined;
}

/** @param {string} bin @param {Say} say @returns {NatsServer | undefined} */
function cached(bin, say) {
  for (const name of existsSync(bin) ? readdirSync(bin) : []) {
    if (!/^nats-server-\d+\.\d+\.\d+$/.test(name)) continue;
    const file = path.join(bin, name);
    const noted = existsSync(`${file}.sha256`) ? readFileSync(`${file}.sha256`, 'utf8').trim() : '';
    const version = noted === sha256Of(file) ? versionOf(file) : undefined;
    if (version !== undefined && isAtLeast(version, NATS_VERSION_FLOOR)) {
      return { path: file, version, road: `.fairlead/bin/${name}` };
    }
    say(`.fairlead/bin/${name} does not match its checksum or does not run: removed`);
    rmSync(file, { force: true });
    rmSync(`${file}.sha256`, { force: true });
  }
  return undefined;
}

/** @param {{ folder: string, bin: string, env: NodeJS.ProcessEnv, say: Say }} step @returns {NatsServer} */
function fetched({ folder, bin, env, say }) {
  if (env['FAIRLEAD_NATS_FETCH'] === 'never')
    throw notFound('FAIRLEAD_NATS_FETCH=never forbids fetching one');
  const startedAtMs = Date.now();
  const work = path.join(folder, 'fetch');
  rmSync(work, { recursive: true, force: true });
  try {
    const unpacked = unpackDebianNatsServer({ work, env, say });
    const version = versionOf(unpacked);
    if (version === undefined || !isAtLeast(version, NATS_VERSION_FLOOR)) {
      throw notFound(`the fetched nats-server ${version ?? 'does not run here'} is not usable`);
    }
    const file = keep(unpacked, bin, version);
    say(
      `kept ${file}, ${megabytes(statSync(file).size)}, sha256 ${sha256Of(file)}, ${secondsSince(startedAtMs)}`,
    );
    return { path: file, version, road: `.fairlead/bin/${path.basename(file)}` };
  } catch (error) {
    throw error instanceof SetupError ? notFound(error.message) : error;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Checksum first, binary last: a crash between the two leaves nothing that looks complete. @param {string} unpacked @param {string} bin @param {string} version */
function keep(unpacked, bin, version) {
  const file = path.join(bin, `nats-server-${version}`);
  mkdirSync(bin, { recursive: true });
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

/** @param {string} reason */
function notFound(reason) {
  return new SetupError(
    [
      `no nats-server ${NATS_VERSION_FLOOR} or newer: ${reason}.`,
      '  Do one of these, then run the command again:',
      '  - Debian 13 or newer: sudo apt install nats-server',
      '  - any system: put a release of nats-io/nats-server on PATH, or set NATS_SERVER_BIN=/path/to/nats-server',
      '  - with Go: go install github.com/nats-io/nats-server/v2@v2.14.4, then set NATS_SERVER_BIN',
      '  - with Docker, instead of this command: docker compose up',
    ].join('\n'),
  );
}
