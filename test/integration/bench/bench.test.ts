/** `npm run bench` as a process: its groups, its lines, its profiles. Figures themselves are judged where a machine is idle. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packageRoot } from '../../../src/package-root.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
});
afterAll(() => rm(folder, { recursive: true }));

function bench(...words: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
  const main = join(packageRoot(), 'dist/test/bench/main.js');
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...words], { cwd: folder }, (_, out, err) => {
      resolve({ exit: child.exitCode ?? -1, stdout: out, stderr: err });
    });
  });
}

it('has a group for each part, and refuses one it does not have by name [G-46]', async () => {
  const { stdout, stderr, exit } = await bench('nonsense');
  expect([exit, stdout]).toEqual([2, '']);
  expect(stderr).toContain('there is no group nonsense');
  const groups = [...stderr.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name);
  const parts = ['commands', 'cluster', 'record', 'resilience', 'fanout', 'batch', 'operation'];
  expect(groups).toEqual(expect.arrayContaining(parts));
});

it('prints dated JSON lines, each beside what it is compared with, and writes CPU and heap profiles [P-39] [P-43] [D-30] [D-32]', async () => {
  const { stdout, stderr, exit } = await bench('delay', '--cpu-prof', '--heap-prof');
  expect(exit).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const [line] = lines.map((each) => JSON.parse(each) as Record<string, unknown>);
  expect(line).toMatchObject({
    name: 'delay',
    unit: 'ns',
    against: 'bar.delay',
    againstValue: 200,
  });
  expect(line?.['ratio']).toBeGreaterThan(0);
  expect(Math.abs(Date.now() - Date.parse(String(line?.['at'])))).toBeLessThan(120_000);
  expect(stderr).toMatch(/delay: \d+(\.\d+)? ns, bar 200: (held|MISSED)/);
  expect(stderr).toContain('profiles are in');
  const profiles = await readdir(join(folder, '.fairlead', 'profiles'));
  for (const kind of ['.cpuprofile', '.heapprofile'])
    expect(profiles.some((name) => name.endsWith(kind))).toBe(true);
});
