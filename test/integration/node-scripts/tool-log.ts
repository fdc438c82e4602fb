/** Puts a recorder before every tool a simulated machine can start: which programs ran, with which arguments. */
import { chmodSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machines } from './machines.ts';

export interface ToolLog {
  /** One line per started program: its name and all of its arguments. */
  lines(): string[];
  /** The progress of the only operation at the start of each, in order and once. */
  percents(): string[];
}

/** Puts another program in the place of a tool, on all machines. */
export function replaceTool(machines: Machines, name: string, body: string): void {
  const tool = join(machines.folder, 'tools', name);
  rmSync(tool);
  writeFileSync(tool, `#!/bin/bash\n${body}\n`, { mode: 0o755 });
}

export function recordTools(machines: Machines): ToolLog {
  const tools = join(machines.folder, 'tools');
  const log = join(machines.folder, 'tool-log');
  const progress = join(machines.folder, 'progress-log');
  writeFileSync(log, '');
  writeFileSync(progress, '');
  for (const name of readdirSync(tools).filter((each) => !['bash', 'uname'].includes(each))) {
    const real = join(tools, `.${name}`);
    renameSync(join(tools, name), real);
    const recorder = `#!/bin/bash\nprintf '%s\\n' "${name} \${*//$'\\n'/ }" >>'${log}'\n{ read -r now _ <"$FAIRLEAD_ROOT"/var/lib/fairlead/ops/*.progress && printf '%s\\n' "$now" >>'${progress}'; } 2>/dev/null\nexec -a "$0" '${real}' "$@"\n`;
    writeFileSync(join(tools, name), recorder);
    chmodSync(join(tools, name), 0o755);
  }
  const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');
  return { lines: () => linesOf(log), percents: () => [...new Set(linesOf(progress))] };
}
