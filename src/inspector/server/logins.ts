/** Who may log in: the token file, one line `role user token` each, read at start. Kept as digests only. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { Role } from '../api.ts';

export interface Login {
  readonly role: Role;
  /** As it goes into commands. */
  readonly user: string;
  /** SHA-256 of the token. */
  readonly digest: Buffer;
}

const line = z.tuple(
  [
    z.enum(['viewer', 'operator', 'admin'], { error: 'expected viewer, operator or admin first' }),
    z
      .string()
      .regex(/^[\w.@+-]{1,64}$/, 'expected a user of letters, digits and . @ + - _, 64 at most'),
    z
      .string()
      .regex(
        /^[\w.~+/=-]+$/,
        'expected a token of letters, digits and - _ . ~ + / = (as of `openssl rand -hex 32`)',
      )
      .min(limits.tokenCharactersMin, `expected a token of ${limits.tokenCharactersMin} or more`)
      .max(512, 'expected a token of at most 512 characters'),
  ],
  { error: 'expected three words: role user token' },
);

export const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * Reads a token file. Empty lines and lines that begin with # are left out.
 * @throws Error that names line and fault, never a token
 */
export async function readLogins(file: string): Promise<readonly Login[]> {
  const { mode } = await stat(file).catch((error: unknown) => {
    throw new Error(`the token file ${file} cannot be read: ${(error as Error).message}`);
  });
  if ((mode & 0o077) !== 0)
    throw new Error(`the token file ${file} is open to others; run: chmod 600 ${file}`);
  const logins = loginsOf(await readFile(file, 'utf8'), file);
  if (logins.length === 0)
    throw new Error(`the token file ${file} has no line; write one: admin <user> <token>`);
  return logins;
}

function loginsOf(text: string, file: string): Login[] {
  const logins: Login[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    if (raw.trim() === '' || raw.startsWith('#')) continue;
    const found = line.safeParse(raw.trim().split(/\s+/));
    const where = `line ${at + 1} of the token file ${file}`;
    if (!found.success) throw new Error(`${where}: ${found.error.issues[0]?.message ?? ''}`);
    const [role, user, token] = found.data;
    const digest = digestOf(token);
    if (logins.some((other) => other.digest.equals(digest)))
      throw new Error(`${where} repeats a token; give each login its own`);
    logins.push({ role, user, digest });
  }
  if (logins.length > limits.loginsMax)
    throw new Error(`the token file ${file} has more than ${limits.loginsMax} logins; remove some`);
  return logins;
}

/** Writes a file with one admin token when there is none. */
export async function ensureTokenFile(file: string): Promise<void> {
  const isThere = await stat(file).then(
    () => true,
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    },
  );
  if (isThere) return;
  const token = randomBytes(32).toString('base64url');
  await writeFile(`${file}.new`, `admin local ${token}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Looks at every login, so that the time says nothing about which one it was. */
export function loginByToken(logins: readonly Login[], token: string): Login | undefined {
  const digest = digestOf(token);
  let found: Login | undefined;
  for (const login of logins) if (timingSafeEqual(login.digest, digest)) found = login;
  return found;
}
