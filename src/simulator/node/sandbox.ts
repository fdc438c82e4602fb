/** The folder that stands for a machine, and the one folder of tools its scripts can reach: stand-ins and listed links. */
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../package-root.ts';
import type { SimulatedInstance } from './contract.ts';
import { groupsFolder } from './process-groups.ts';

const standIns = ['systemctl', 'systemd-run', 'journalctl', 'uname'];

/** Every program of the host that a node script or stand-in may start, with the Debian package that brings it. */
const hostTools: Readonly<Record<string, string>> = {
  bash: 'bash',
  chmod: 'coreutils',
  curl: 'curl',
  date: 'coreutils',
  df: 'coreutils',
  flock: 'util-linux',
  ln: 'coreutils',
  mkdir: 'coreutils',
  mv: 'coreutils',
  rm: 'coreutils',
  sha256sum: 'coreutils',
  sleep: 'coreutils',
  stat: 'coreutils',
  tail: 'coreutils',
  timeout: 'coreutils',
};

/**
 * Makes the tool folder anew and returns its path.
 * @throws Error that names the missing program and its package
 */
export function prepareTools(folder: string): string {
  const tools = join(folder, 'tools');
  rmSync(tools, { recursive: true, force: true });
  mkdirSync(tools, { recursive: true });
  for (const name of standIns) {
    const target = join(tools, name);
    copyFileSync(join(packageRoot(), `src/simulator/node/stubs/${name}.sh`), target);
    chmodSync(target, 0o755);
  }
  const missing: string[] = [];
  for (const [name, debianPackage] of Object.entries(hostTools)) {
    const found = findProgram(name);
    if (found === undefined) missing.push(`${name} (Debian package ${debianPackage})`);
    else symlinkSync(found, join(tools, name));
  }
  if (missing.length > 0) {
    throw new Error(
      `the simulated machines run real shell scripts and need ${missing.join(', ')}; install it and start again`,
    );
  }
  return tools;
}

/** Makes sure the machine's root folder exists, with what its kernel tells: architecture, memory, and an id per boot. */
export function prepareMachine(
  machine: string,
  instance: SimulatedInstance,
  bootedAtMs: number,
): void {
  mkdirSync(groupsFolder(machine), { recursive: true });
  mkdirSync(join(machine, 'proc/sys/kernel/random'), { recursive: true });
  const name = instance.architecture === 'arm64' ? 'aarch64' : 'x86_64';
  writeFileSync(join(machine, 'run/machine'), `${name}\n`);
  writeFileSync(join(machine, 'proc/meminfo'), memoryInfo(instance.memoryMiB));
  const boot = bootId(`${instance.instanceId}/${String(bootedAtMs)}`);
  writeFileSync(join(machine, 'proc/sys/kernel/random/boot_id'), `${boot}\n`);
}

/** The kernel keeps about a sixteenth for itself. */
function memoryInfo(memoryMiB: number): string {
  return `MemTotal:       ${String(memoryMiB * 960)} kB\nMemFree:        ${String(memoryMiB * 640)} kB\n`;
}

/** The same for every look at one boot, in the form of a UUID. */
function bootId(boot: string): string {
  const hex = createHash('sha256').update(boot).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

function findProgram(name: string): string | undefined {
  const path = `${process.env['PATH'] ?? ''}${delimiter}/usr/local/bin${delimiter}/usr/bin${delimiter}/bin`;
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
