/** A small file that readers see whole or not at all. */
import { renameSync, writeFileSync } from 'node:fs';

export function writeAtomically(file: string, text: string): void {
  const next = `${file}.${String(process.pid)}.next`;
  writeFileSync(next, text, { mode: 0o600 });
  renameSync(next, file);
}
