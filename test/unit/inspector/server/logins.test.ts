/** The token file: made once for its owner alone, and refused with the line that is wrong. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  ensureTokenFile,
  loginByToken,
  readLogins,
} from '../../../../src/inspector/server/logins.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-logins-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'tokens');
const long = 't'.repeat(40);

it('is made with one admin token and then left as it is', async () => {
  const made = join(folder, 'made');
  await ensureTokenFile(made);
  const text = readFileSync(made, 'utf8');
  expect([text.split(' ').length, statSync(made).mode & 0o777]).toEqual([3, 0o600]);
  await ensureTokenFile(made);
  expect(readFileSync(made, 'utf8')).toBe(text);
  const logins = await readLogins(made);
  expect(loginByToken(logins, text.trim().split(' ')[2] ?? '')).toMatchObject({ role: 'admin' });
  expect(loginByToken(logins, long)).toBeUndefined();
});

it.each([
  ['an unknown role', `root ann ${long}`, /line 1 .*viewer, operator or admin/],
  ['a short token', 'admin ann short', /line 1 .*a token of 32 or more/],
  ['a missing word', `# who\nadmin ${long}`, /line 2 .*three words/],
  ['a fourth word', `admin ann ${long} more`, /three words/],
  ['a token twice', `admin ann ${long}\nviewer bob ${long}`, /line 2 .*repeats a token/],
  ['nobody', '\n# nobody\n', /has no line/],
])('is refused with %s, and the token is not told', async (_what, text, message) => {
  writeFileSync(file, text, { mode: 0o600 });
  const refused = readLogins(file);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.not.toThrow(long);
});

it('is refused while others can read it', async () => {
  writeFileSync(file, `admin ann ${long}\n`);
  chmodSync(file, 0o640);
  await expect(readLogins(file)).rejects.toThrow(/chmod 600/);
});
