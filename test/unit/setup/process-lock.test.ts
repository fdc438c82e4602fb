import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf, isAlive, tryLock } from '../../../src/setup/process-lock.mjs';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const takenBy = (holder: unknown): void => writeFileSync(file, `${JSON.stringify(holder)}\n`);

describe('the process lock', () => {
  it('is held once, named while held, and free after release', () => {
    const first = tryLock(file);
    const second = tryLock(file);
    expect(second).toMatchObject({ held: false, holder: { pid: process.pid } });
    if (first.held) first.release();
    expect(tryLock(file).held).toBe(true);
  });

  it('is taken over from a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)']);
    const identity = identityOf(child.pid ?? 0);
    takenBy(identity);
    expect(tryLock(file)).toMatchObject({ held: false, holder: { pid: child.pid } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(tryLock(file).held).toBe(true);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid });
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is taken over when the pid was reused, and after a reboot', () => {
    const own = identityOf(process.pid);
    takenBy({ ...own, startTime: '1' });
    expect(tryLock(file).held).toBe(true);
    takenBy({ ...own, bootId: 'another boot' });
    expect(tryLock(file).held).toBe(true);
  });

  it('is taken over when its content is torn', () => {
    writeFileSync(file, '{"pid":');
    expect(tryLock(file).held).toBe(true);
  });

  it('goes to exactly one of many that find a dead holder', async () => {
    takenBy({ pid: 999_999_999, startTime: '1', bootId: 'x' });
    const module = new URL('../../../src/setup/process-lock.mjs', import.meta.url).href;
    const script = `import { tryLock } from '${module}'; process.stdout.write(tryLock('${file}').held ? 'held' : 'no'); process.stdin.resume();`;
    const children = Array.from({ length: 8 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    const answers = await Promise.all(
      children.map(async ({ stdout }) => String((await once(stdout, 'data'))[0])),
    );
    for (const child of children) child.stdin.end();
    await Promise.all(children.map((child) => once(child, 'exit')));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
  }, 30_000);

  it('knows that a process is alive only with its start time', () => {
    const own = identityOf(process.pid);
    expect(own && isAlive(own)).toBe(true);
    expect(own && isAlive({ ...own, startTime: '1' })).toBe(false);
    expect(identityOf(999_999_999)).toBeUndefined();
  });
});
