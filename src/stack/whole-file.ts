/** Private files that appear whole or not at all, even when this process is killed while writing. */
import { renameSync, writeFileSync } from 'node:fs';

/** Mode 0600; replaces what is there. */
export function writeWhole(file: string, text: string): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
