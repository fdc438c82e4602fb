/** A program that ends: its reader gets all of it, however late it reads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../src/package-root.ts';

it('ends with its code once everything written is read, by a pipe that is full as well', async () => {
  const leave = resolve(packageRoot(), 'dist/test/workers/leave.js');
  const lines = 20_000;
  const program = `
    import { leave } from ${JSON.stringify(leave)};
    for (let at = 0; at < ${lines}; at += 1) process.stdout.write('a line of the trace ' + at + '\\n');
    process.stderr.write('told\\n');
    process.stdout.write('last\\n');
    await leave(3);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
  // By now it has written more than the pipe holds, and wants to end.
  const [said] = (await once(child.stderr, 'data')) as [Buffer];
  expect(String(said)).toBe('told\n');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [number];
  const all = text.split('\n');
  expect([code, all.length, all.at(-2)]).toEqual([3, lines + 2, 'last']);
});
