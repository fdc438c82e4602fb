// A lock file that dies with its process: it names pid, start time and boot, so a reused pid or a reboot frees it.
import { createHash, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';

/** @typedef {{ pid: number, startTime: string, bootId: string }} ProcessIdentity */
/** @typedef {{ held: true, release: () => void } | { held: false, holder: ProcessIdentity }} LockAttempt */

/**
 * Takes the lock, or tells who holds it. Never waits. A lock whose process is gone is taken over.
 * @param {string} file  its folder must exist
 * @returns {LockAttempt}
 */
export function tryLock(file) {
  const mine = `${JSON.stringify(ownIdentity())}\n`;
  for (;;) {
    if (createWhole(file, mine)) return { held: true, release: () => releaseLock(file, mine) };
    const current = readIfThere(file);
    if (current === undefined) continue; // Released between our two looks.
    const holder = parseIdentity(current);
    if (holder !== undefined && isAlive(holder)) return { held: false, holder };
    const takeover = takeOver(file, current, mine);
    if (takeover !== undefined) return takeover;
  }
}

/** @param {number} pid @returns {ProcessIdentity | undefined} undefined when no such process runs */
export function identityOf(pid) {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

/** True while exactly this process runs: same boot, same pid, same start. @param {ProcessIdentity} identity */
export function isAlive(identity) {
  const now = identityOf(identity.pid);
  return now?.startTime === identity.startTime && now.bootId === identity.bootId;
}

/** @returns {ProcessIdentity} */
function ownIdentity() {
  const identity = identityOf(process.pid);
  if (identity === undefined) throw new Error('this process cannot read its own start time');
  return identity;
}

/**
 * Replaces a dead holder's lock. Two that see the same dead holder must not both win, so the right to replace *this*
 * content is itself a lock; the second one finds the content changed.
 * @param {string} file @param {string} dead @param {string} mine
 * @returns {LockAttempt | undefined} undefined: look again
 */
function takeOver(file, dead, mine) {
  const digest = createHash('sha256').update(dead).digest('hex').slice(0, 12);
  const right = tryLock(`${file}.${digest}`);
  if (!right.held) return right;
  try {
    if (readIfThere(file) !== dead) return undefined;
    const fresh = writeBeside(file, mine);
    renameSync(fresh, file);
    return { held: true, release: () => releaseLock(file, mine) };
  } finally {
    right.release();
  }
}

/** @param {string} file @param {string} mine */
function releaseLock(file, mine) {
  if (readIfThere(file) === mine) unlinkSync(file);
}

/** Creates the file with its content in one step, so that nobody reads half of it. @param {string} file @param {string} text */
function createWhole(file, text) {
  const fresh = writeBeside(file, text);
  try {
    linkSync(fresh, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(fresh);
  }
}

/** @param {string} file @param {string} text */
function writeBeside(file, text) {
  const fresh = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
  return fresh;
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} text @returns {ProcessIdentity | undefined} */
function parseIdentity(text) {
  try {
    const value = JSON.parse(text);
    return typeof value.pid === 'number' ? value : undefined;
  } catch {
    return undefined; // Not ours to understand: nobody alive wrote it.
  }
}

/** @param {number} pid */
function startTimeOf(pid) {
  if (process.platform !== 'linux') {
    const listed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return listed.stdout.trim() || undefined;
  }
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The name in parentheses may hold blanks; fields count from behind it. State comes first, start time 20th.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isGone = fields === undefined || fields[0] === 'Z' || fields[0] === 'X';
  return isGone ? undefined : fields[19];
}

function bootId() {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}
