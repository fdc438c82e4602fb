/** The CLI as users run it: built, in a process of its own, without a service. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/package-root.ts';

const bin = join(packageRoot(), 'src/fairlead.mjs');
const folder = mkdtempSync(join(tmpdir(), 'fairlead-built-'));
const env = { PATH: process.env['PATH'], HOME: folder };

beforeAll(() => {
  const built = join(packageRoot(), 'dist/src/cli.js');
  if (!existsSync(built)) throw new Error('the CLI is not built: run `node src/setup.mjs`');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fairlead(...args: string[]): { exit: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { exit: status, stdout, stderr };
}

describe('the built CLI', () => {
  it('tells its version', () => {
    const { exit, stdout } = fairlead('version');
    expect(stdout).toMatch(/^fairlead \d+\.\d+\.\d+ \(node \d+/);
    expect(exit).toBe(0);
    expect(fairlead('--version').stdout).toBe(stdout);
  });

  it('prints help on stdout when asked, on stderr with exit 2 when not', () => {
    const asked = fairlead('--help');
    expect([asked.exit, asked.stderr]).toEqual([0, '']);
    expect(asked.stdout).toContain('Usage: fairlead <command>');
    const bare = fairlead();
    expect([bare.exit, bare.stdout]).toEqual([2, '']);
    expect(bare.stderr).toContain('Usage: fairlead <command>');
  });

  it.each([
    [2, ['gte']],
    [2, ['apply', '-f', 'no-such-file']],
    [2, ['get', 'clusters', '--nats', 'http://x']],
    [6, ['get', 'clusters']],
    [6, ['get', 'clusters', '--nats', 'nats://127.0.0.1:1']],
    [6, ['doctor']],
    [0, ['help', 'exit-codes']],
    [0, ['completion', 'bash']],
  ])('ends with %i for %j', (exit, args) => {
    const ran = fairlead(...args);
    expect([ran.exit, ran.stderr]).toEqual([exit, exit === 0 ? '' : expect.any(String)]);
  });

  it('says how to start a service when none is there', () => {
    expect(fairlead('get', 'clusters').stderr).toContain('try:     npm start');
  });

  it('names the part of the way that is broken', () => {
    const { stdout } = fairlead('doctor', '--nats', 'nats://127.0.0.1:1');
    expect(stdout).toMatch(
      /^ok {4}node .*\nok {4}address .*\nFAIL {2}nats .*\n +fix: npm start\n$/,
    );
  });

  it('survives a reader that closes early', async () => {
    const child = spawn(
      'bash',
      ['-c', `"$0" "$1" help apply | head -1; exit "\${PIPESTATUS[0]}"`, process.execPath, bin],
      {
        cwd: folder,
        env,
      },
    );
    const exit = await new Promise((resolve) => child.once('exit', resolve));
    expect(exit).toBe(0);
  });

  it('finds the local stack from a folder below it', () => {
    const { exit, stderr } = fairlead('get', 'clusters');
    expect([exit, stderr.includes('cli.noAddress')]).toEqual([6, true]);
    spawnSync('mkdir', ['-p', join(folder, '.fairlead')]);
    const endpoint = { url: 'nats://127.0.0.1:1', httpPort: 1 };
    writeFileSync(join(folder, '.fairlead/endpoint.json'), JSON.stringify(endpoint));
    expect(fairlead('get', 'clusters').stderr).toContain(
      'no nats-server answers at nats://127.0.0.1:1',
    );
  });
});
