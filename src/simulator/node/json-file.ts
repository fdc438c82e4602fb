/** State that outlives a killed simulator: one small JSON file, replaced in one step before the change is acknowledged. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

export function writeJsonFile(file: string, value: unknown): void {
  writeFileSync(`${file}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The stored value, or undefined when there is no such file. @throws on anything unreadable */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
