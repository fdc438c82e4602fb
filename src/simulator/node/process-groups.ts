/** Ends the processes of a simulated machine by the groups it noted, and never a stranger that got the same number. */
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the groups of a machine are noted: one file per group leader, holding its start time in clock ticks. */
export function groupsFolder(machine: string): string {
  return join(machine, 'run/groups');
}

/** Notes a group whose leader was just started. Without /proc there is nothing to tell it by later: it is not noted. */
export function noteGroup(machine: string, leader: number): void {
  const startedAt = startTicks(leader);
  if (startedAt !== undefined) {
    writeFileSync(join(groupsFolder(machine), String(leader)), `${startedAt}\n`);
  }
}

export function dropGroup(machine: string, leader: number): void {
  rmSync(join(groupsFolder(machine), String(leader)), { force: true });
}

/** Kills every noted group that is still the one that was noted. */
export function killGroups(machine: string): void {
  const folder = groupsFolder(machine);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const leader = Number(name);
    const noted = readFileSync(join(folder, name), 'utf8').trim();
    if (noted !== '' && startTicks(leader) === noted) killGroup(leader);
    dropGroup(machine, leader);
  }
}

/** Kills one group by its leader; a group that is gone already is no error. */
export function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Field 22 of /proc/<pid>/stat; the command name before it may hold blanks and brackets. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[19];
  } catch {
    return undefined; // no such process, or no /proc: nothing to compare, so nothing is killed
  }
}
