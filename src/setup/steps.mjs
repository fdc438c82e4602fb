// The steps of set-up in order, under one lock, and the note they leave for the stack.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { findChromium } from './chromium.mjs';
import { installDependencies } from './dependencies.mjs';
import { resolveNatsServer } from './nats-server.mjs';
import { tryLock } from './process-lock.mjs';
import { findPromtool } from './promtool.mjs';
import { SetupError, secondsSince } from './report.mjs';

const LOCK_WAIT_MS = 15 * 60_000;
const LOCK_POLL_MS = 200;

/**
 * Runs every step; each is quick when nothing changed.
 * @param {{ quiet: boolean, forTests: boolean }} options  quiet: report on stderr only; forTests: with what only tests need
 * @returns {number} exit code; 1 when a step failed, after saying what to do
 */
export function setUp({ quiet, forTests }) {
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
  const folder = path.join(root, '.fairlead');
  const stream = quiet ? process.stderr : process.stdout;
  const say = (/** @type {string} */ text) => void stream.write(`setup: ${text}\n`);
  const startedAtMs = Date.now();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const release = waitForLock(path.join(folder, 'setup.lock'), say);
    try {
      installDependencies({ root, folder, env: process.env, say });
      const natsServer = resolveNatsServer({ folder, env: process.env, say });
      const promtool = forTests ? findPromtool({ folder, env: process.env, say }) : undefined;
      const chromium = forTests ? findChromium({ env: process.env, say }) : undefined;
      writeNote(path.join(folder, 'setup.json'), {
        natsServer,
        ...(promtool && { promtool }),
        ...(chromium && { chromium }),
      });
      build({ root, say });
      say(
        `ready: nats-server ${natsServer.version} (${natsServer.road}), ${secondsSince(startedAtMs)}`,
      );
    } finally {
      release();
    }
    return 0;
  } catch (error) {
    const text = error instanceof SetupError ? error.message : describeUnexpected(error, folder);
    process.stderr.write(`setup: failed: ${text}\n`);
    return 1;
  }
}

/** What was found; of a tool that was not asked for this time, the earlier note stays. @param {string} file @param {Record<string, import('./tool.mjs').Tool>} tools */
function writeNote(file, tools) {
  const found = Object.entries(tools).map(([name, { path: where, version }]) => [
    name,
    { path: where, version },
  ]);
  const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  writeFileSync(file, `${JSON.stringify({ ...earlier, ...Object.fromEntries(found) })}\n`);
}

/** @param {string} file @param {(text: string) => void} say */
function waitForLock(file, say) {
  const deadlineMs = Date.now() + LOCK_WAIT_MS;
  let told = false;
  for (;;) {
    const attempt = tryLock(file);
    if (attempt.held) return attempt.release;
    if (!told) say(`another set-up runs here (pid ${attempt.holder.pid}); waiting for it`);
    told = true;
    if (Date.now() > deadlineMs) {
      throw new SetupError(
        `set-up with pid ${attempt.holder.pid} has held ${file} for ${LOCK_WAIT_MS / 60_000} minutes. End it, then run the command again.`,
      );
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

/** @param {unknown} error @param {string} folder */
function describeUnexpected(error, folder) {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const message = error instanceof Error ? error.message : '';
    return `${message}. The checkout must be writable for this user (it keeps ${folder}, node_modules and dist).`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
