/** Puts a recorder before every tool a simulated machine can start: which programs ran, with which arguments. */
import { chmodSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machines } from './machines.ts';

export interface ToolLog {
  /** One line per started program: its name and all of its arguments. */
  lines(): string[];
}

export function recordTools(machines: Machines): ToolLog {
  const tools = join(machines.folder, 'tools');
  const log = join(machines.folder, 'tool-log');
  writeFileSync(log, '');
  for (const name of readdirSync(tools).filter((each) => !['bash', 'uname'].includes(each))) {
    const real = join(tools, `.${name}`);
    renameSync(join(tools, name), real);
    const recorder = `#!/bin/bash\nprintf '%s\\n' "${name} \${*//$'\\n'/ }" >>'${log}'\nexec -a "$0" '${real}' "$@"\n`;
    writeFileSync(join(tools, name), recorder);
    chmodSync(join(tools, name), 0o755);
  }
  return { lines: () => readFileSync(log, 'utf8').trimEnd().split('\n') };
}
