/** A child's log on disk with a size bound; the child writes to it itself, so it survives the stack's death. */
import { appendFileSync, closeSync, copyFileSync, existsSync, openSync } from 'node:fs';
import { readFileSync, statSync, truncateSync } from 'node:fs';

const LOG_BYTES_MAX = 20_000_000;

/** Opens for appending; the caller hands the descriptor to the child and closes its own. */
export function openLog(file: string): number {
  bound(file);
  return openSync(file, 'a', 0o600);
}

/** Keeps the file below the bound; what was there moves to `<file>.1`. Lines written meanwhile may be lost. */
export function bound(file: string): void {
  if (!existsSync(file) || statSync(file).size < LOG_BYTES_MAX) return;
  copyFileSync(file, `${file}.1`);
  truncateSync(file);
}

/** The last lines, for a message about a child that ended. */
export function lastLines(file: string, lines: number): string {
  if (!existsSync(file)) return '(no log)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Notes an event of the supervisor between the child's own lines. */
export function note(file: string, text: string): void {
  appendFileSync(file, `--- ${new Date().toISOString()} ${text}\n`, { mode: 0o600 });
}

export { closeSync as closeLog };
