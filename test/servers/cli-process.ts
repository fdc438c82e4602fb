/** The CLI as a user runs it against a stack: the committed command in a process of its own. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';
import type { Stack } from '../../src/stack/stack.ts';

interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fairlead <words>` with this stack's address; `input` is its stdin. */
export function fairlead(
  { nats, keys, dataDir }: Stack,
  words: readonly string[],
  input = '',
): Promise<Ran> {
  const bin = join(packageRoot(), 'src', 'fairlead.mjs');
  const address = ['--nats', nats.ready.url, '--nkey', keys.cliSeedFile];
  const child = spawn(process.execPath, [bin, ...words, ...address], {
    cwd: dataDir,
    env: { PATH: process.env['PATH'], HOME: dataDir },
    stdio: 'pipe',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}
