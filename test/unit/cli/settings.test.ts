import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/cli/failure.ts';
import { findAddress } from '../../../src/cli/settings.ts';
import type { AddressFlags } from '../../../src/cli/settings.ts';

let home: string;
let cwd: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'fairlead-settings-'));
  cwd = join(home, 'work', 'deep');
  mkdirSync(cwd, { recursive: true });
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const find = (flags: AddressFlags = {}, env: Record<string, string> = {}) =>
  findAddress(flags, { cwd, env: { HOME: home, ...env } });

function failureOf(act: () => unknown): Failure {
  try {
    act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

function localStack(endpoint: unknown): string {
  const folder = join(home, 'work', '.fairlead');
  mkdirSync(folder, { recursive: true });
  const text = typeof endpoint === 'string' ? endpoint : JSON.stringify(endpoint);
  writeFileSync(join(folder, 'endpoint.json'), text);
  return folder;
}

function context(name: string, fields: Record<string, unknown>): void {
  const folder = join(home, '.config', 'nats', 'context');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(fields));
}
const select = (name: string): void => {
  writeFileSync(join(home, '.config', 'nats', 'context.txt'), name);
};

describe('the address', () => {
  it('comes from the flag, then the environment, then the local stack, then the selected context', () => {
    const folder = localStack({
      url: 'nats://127.0.0.1:4333',
      nkeyFile: 'nats/cli.nk',
      httpPort: 8080,
    });
    mkdirSync(join(folder, 'nats'));
    writeFileSync(join(folder, 'nats', 'cli.nk'), 'seed');
    context('far', { url: 'nats://far:4222' });
    select('far');
    const env = { NATS_URL: 'nats://env:4222' };
    expect(find({ nats: 'nats://flag:4222' }, env).url).toBe('nats://flag:4222');
    expect(find({}, { ...env, FAIRLEAD_NATS_URL: 'nats://own:1' }).url).toBe('nats://own:1');
    expect(find({}, env)).toEqual({ url: 'nats://env:4222', origin: 'NATS_URL' });
    expect(find()).toMatchObject({
      url: 'nats://127.0.0.1:4333',
      nkeySeedFile: join(folder, 'nats', 'cli.nk'),
      httpPort: 8080,
    });
    rmSync(folder, { recursive: true });
    expect(find()).toMatchObject({
      url: 'nats://far:4222',
      origin: 'the selected nats context, context far',
    });
  });

  it('carries key and creds files, resolved and checked', () => {
    writeFileSync(join(cwd, 'me.creds'), 'creds');
    expect(find({ nats: 'localhost' }, { NATS_CREDS: 'me.creds' }).credsFile).toBe(
      join(cwd, 'me.creds'),
    );
    const missing = failureOf(() => find({ nats: 'localhost', nkey: 'no.nk' }));
    expect(missing.problem.message).toContain('no.nk does not exist');
    expect(missing.exit).toBe(2);
  });

  it.each([
    ['another scheme', { nats: 'http://localhost:4222' }, {}],
    ['no host', { nats: 'nats://' }, {}],
    ['a bad one among several', { nats: 'nats://a:1,ftp://b' }, {}],
    ['a context that is not there', { context: 'nowhere' }, {}],
    ['a context name with a path', { context: '../x' }, {}],
    ['a bad variable', {}, { NATS_URL: '::::' }],
  ])('is refused, never passed over, with %s', (_what, flags, env: Record<string, string>) => {
    localStack({ url: 'nats://127.0.0.1:4333' });
    const failure = failureOf(() => find(flags, env));
    expect([failure.problem.code, failure.exit]).toEqual(['cli.address', 2]);
    expect(failure.problem.reason).toContain('nothing else was tried');
  });

  it('never holds a password', () => {
    for (const url of ['nats://me:hunter2@host:4222', 'http://me:hunter2@host:4222']) {
      const { problem } = failureOf(() => find({ nats: url }));
      expect(JSON.stringify(problem)).not.toContain('hunter2');
    }
  });

  it('is refused when the local stack left a broken file', () => {
    localStack('{"url": ');
    expect(failureOf(() => find()).problem.message).toContain('endpoint.json cannot be read');
    localStack({ port: 1 });
    expect(failureOf(() => find()).problem.message).toContain('names no url');
  });

  it('refuses a context whose way to log in is not supported, by name', () => {
    context('old', { url: 'nats://far:4222', user: 'me', password: 'hunter2' });
    const { problem } = failureOf(() => find({ context: 'old' }));
    expect(problem.message).toContain('uses user, password, which is not supported');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('says how to start a service when there is none', () => {
    const failure = failureOf(() => find());
    expect([failure.problem.code, failure.exit, failure.tries[0]]).toEqual([
      'cli.noAddress',
      6,
      'npm start',
    ]);
  });

  it('ignores empty variables', () => {
    localStack({ url: 'nats://127.0.0.1:4333' });
    expect(find({}, { NATS_URL: '', FAIRLEAD_CONTEXT: '' }).url).toBe('nats://127.0.0.1:4333');
  });
});
