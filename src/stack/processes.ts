/** Watching and ending processes by identity, so that a reused pid is never touched. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../setup/process-lock.mjs';
import type { ProcessIdentity } from '../setup/process-lock.mjs';

const POLL_MS = 200;

/** How it ended, in words: a signal or an exit code. */
export function untilExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
  });
}

/** For a process that is not our child: nobody tells us, so we look. */
export async function untilGone(identity: ProcessIdentity): Promise<string> {
  while (isAlive(identity)) await sleep(POLL_MS, undefined, { ref: false });
  return 'gone';
}

/** SIGTERM, and SIGKILL after the grace; resolves when it has ended. */
export async function endGently(
  identity: ProcessIdentity,
  ended: Promise<string>,
  graceMs: number,
): Promise<void> {
  sendSignal(identity, 'SIGTERM');
  const grace = new AbortController();
  const forced = sleep(graceMs, undefined, { signal: grace.signal }).then(
    () => sendSignal(identity, 'SIGKILL'),
    () => undefined,
  );
  await Promise.race([ended, forced.then(() => ended)]);
  grace.abort();
}

export function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  // Checked first: a pid alone may be somebody else's by now.
  if (isAlive(identity)) process.kill(identity.pid, signal);
}

/** The first whole line on stdout; later output is drained so that the child never blocks on it. */
export function firstLineOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.includes('\n')) return;
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
}

/** Who a note file names, if it can be read. */
export function readNote(file: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity;
  } catch {
    return undefined; // No note, or torn by a crash: then the process below it was never ready.
  }
}
