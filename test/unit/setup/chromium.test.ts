import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findChromium } from '../../../src/setup/chromium.mjs';

let folder = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-chromium-'));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

const find = (env: NodeJS.ProcessEnv, isRoot = false) =>
  findChromium({ env: { PATH: folder, ...env }, isRoot, say: (text) => void said.push(text) });

it('takes the named one before one on PATH', () => {
  const file = program('chromium', 'echo "Chromium 120.0.1.2 built on Debian"');
  const mine = program('mine', 'echo "Google Chrome 121.0.1.2"');
  expect(find({})).toMatchObject({ path: file, version: '120.0.1.2' });
  expect(find({ CHROMIUM_BIN: mine })).toMatchObject({ path: mine, version: '121.0.1.2' });
  expect(said).toEqual([]);
});

it('says which tests will not run, and fails for nothing', () => {
  expect(find({})).toBeUndefined();
  expect(find({ CHROMIUM_BIN: program('broken', 'exit 1') })).toBeUndefined();
  expect(said).toHaveLength(2);
  for (const text of said) expect(text).toMatch(/will not run.*apt-get install chromium/s);
});

it('installs one as root, unless that is forbidden', () => {
  const text = '#!/bin/sh\\necho Chromium 122.0.1.2';
  program(
    'apt-get',
    `case "$*" in *download-only*) ;; *install*) printf '${text}' > ${folder}/chromium; /bin/chmod +x ${folder}/chromium;; esac`,
  );
  expect(find({}, false)).toBeUndefined();
  expect(find({ FAIRLEAD_CHROMIUM_FETCH: 'never' }, true)).toBeUndefined();
  expect(find({}, true)).toMatchObject({ version: '122.0.1.2' });
  expect(said.at(-1)).toMatch(/^installed chromium 122\.0\.1\.2, /);
});
