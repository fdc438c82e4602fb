import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  groupsFolder,
  killGroup,
  killGroups,
  noteGroup,
} from '../../../../src/simulator/node/process-groups.ts';

let machine: string;

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'fairlead-groups-'));
  mkdirSync(groupsFolder(machine), { recursive: true });
});

afterEach(() => {
  rmSync(machine, { recursive: true, force: true });
});

function startSleeper() {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const ended = new Promise<string | null>((resolve) => {
    child.on('exit', (_, signal) => {
      resolve(signal);
    });
  });
  return { pid: child.pid ?? 0, ended };
}

it('ends a group that was noted, and forgets the note', async () => {
  const { pid, ended } = startSleeper();
  noteGroup(machine, pid);
  killGroups(machine);
  expect(await ended).toBe('SIGKILL');
  expect(readdirSync(groupsFolder(machine))).toEqual([]);
});

it('leaves a process alone that got the number of an earlier one', async () => {
  const { pid, ended } = startSleeper();
  writeFileSync(join(groupsFolder(machine), String(pid)), '1\n');
  killGroups(machine);
  process.kill(pid, 'SIGTERM');
  expect(await ended).toBe('SIGTERM');
});

it('takes a group that is gone already for ended', () => {
  expect(() => {
    killGroup(2 ** 22 + 1);
  }).not.toThrow();
});
