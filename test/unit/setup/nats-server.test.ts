import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveNatsServer } from '../../../src/setup/nats-server.mjs';
import { isAtLeast } from '../../../src/setup/tool.mjs';

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-nats-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A stand-in that knows its version and nothing else. */
function binary(path: string, version: string): string {
  const text = `#!/bin/sh\necho "nats-server: v${version}"\n`;
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return createHash('sha256').update(text).digest('hex');
}

const resolve = (env: NodeJS.ProcessEnv) =>
  resolveNatsServer({
    folder,
    env: { FAIRLEAD_NATS_FETCH: 'never', ...env },
    say: (text) => void said.push(text),
    systemFolders: [],
  });

describe('finding a nats-server', () => {
  it('orders versions by number, and a candidate before its release', () => {
    expect(isAtLeast('2.10.23', '2.10.23')).toBe(true);
    expect(isAtLeast('2.10.9', '2.10.23')).toBe(false);
    expect(isAtLeast('2.11.0', '2.10.23')).toBe(true);
    expect(isAtLeast('3.0.0', '2.10.23')).toBe(true);
    expect(isAtLeast('2.10.23-RC.1', '2.10.23')).toBe(false);
  });

  it('takes the named binary before any other', () => {
    binary(join(folder, 'path/nats-server'), '2.12.0');
    binary(join(folder, 'mine'), '2.11.0');
    const found = resolve({ NATS_SERVER_BIN: join(folder, 'mine'), PATH: join(folder, 'path') });
    expect(found).toMatchObject({ path: join(folder, 'mine'), version: '2.11.0' });
  });

  it('refuses a named binary that is too old or absent instead of trying others', () => {
    binary(join(folder, 'path/nats-server'), '2.12.0');
    binary(join(folder, 'old'), '2.9.10');
    const env = { PATH: join(folder, 'path') };
    expect(() => resolve({ ...env, NATS_SERVER_BIN: join(folder, 'old') })).toThrow(
      /2\.9\.10, older/,
    );
    expect(() => resolve({ ...env, NATS_SERVER_BIN: join(folder, 'gone') })).toThrow(
      /Unset or correct/,
    );
  });

  it('passes over an old server on PATH and says so', () => {
    binary(join(folder, 'a/nats-server'), '2.9.10');
    binary(join(folder, 'b/nats-server'), '2.10.27');
    const found = resolve({ PATH: `${join(folder, 'a')}:${join(folder, 'b')}` });
    expect(found.path).toBe(join(folder, 'b/nats-server'));
    expect(said.join()).toMatch(/2\.9\.10, older than 2\.10\.23/);
  });

  it('takes the cached binary while its checksum holds, and removes it when not', () => {
    const cached = join(folder, 'bin/nats-server-2.10.27');
    writeFileSync(`${cached}.sha256`, `${binary(cached, '2.10.27')}\n`);
    expect(resolve({ PATH: '' }).path).toBe(cached);
    writeFileSync(cached, '#!/bin/sh\necho tampered 2.10.27\n');
    expect(() => resolve({ PATH: '' })).toThrow(/FAIRLEAD_NATS_FETCH=never/);
    expect(readdirSync(join(folder, 'bin'))).toEqual([]);
  });

  it('names what to install when nothing is found', () => {
    expect(() => resolve({ PATH: '' })).toThrow(/apt install nats-server[\s\S]*NATS_SERVER_BIN/);
  });
});
