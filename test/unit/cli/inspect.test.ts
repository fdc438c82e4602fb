/** `fairlead inspect`: the link that logs a browser in, or what keeps it from being known. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../../src/cli/run.ts';
import { fakeService } from './fake-service.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { fairlead } from './running.ts';
import type { Ran } from './running.ts';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fairlead-inspect-'));
  mkdirSync(join(cwd, '.fairlead'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

const inFolder = (name: string): string => join(cwd, '.fairlead', name);

/** @param tokens  lines of the token file; none is written without */
function localStack(tokens?: string, more: object = {}): void {
  const endpoint = { url: 'nats://127.0.0.1:4333', inspectorPort: 8080, ...more };
  const named = { inspectorTokenFile: inFolder('inspector-tokens'), ...endpoint };
  writeFileSync(inFolder('endpoint.json'), JSON.stringify(named));
  if (tokens !== undefined) writeFileSync(inFolder('inspector-tokens'), tokens);
}

async function inspect(flags = ''): Promise<Ran> {
  const terminal = fakeTerminal({ cwd });
  const connect = (): never => {
    throw new Error('connected');
  };
  const words = `inspect ${flags}`.trim().split(' ');
  const exit = await run(words, terminal, connect);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}

const link = 'http://127.0.0.1:8080/#t=secret-of-ada';

describe('the link to the inspector', () => {
  it('is printed alone, for the login with the most rights, without a look at the service', async () => {
    localStack('viewer vic secret-of-vic\nadmin ada secret-of-ada\noperator olga secret-of-olga\n');
    expect(await inspect()).toEqual({ exit: 0, stdout: `${link}\n`, stderr: '' });
  });

  it('comes as data too', async () => {
    localStack('admin ada secret-of-ada\n');
    const found = { link, port: 8080, tokenFile: inFolder('inspector-tokens') };
    const whole = { apiVersion: 'fairlead.dev/v1', kind: 'Inspector', ...found };
    expect(JSON.parse((await inspect('-o json')).stdout)).toEqual(whole);
    expect(parse((await inspect('-o yaml')).stdout)).toEqual(whole);
    expect(JSON.parse((await inspect('-o jsonl')).stdout)).toEqual(found);
  });

  it('finds a token file that is named from where endpoint.json lies', async () => {
    localStack('admin ada secret-of-ada\n', { inspectorTokenFile: 'inspector-tokens' });
    expect((await inspect()).stdout).toBe(`${link}\n`);
  });
});

describe('without a link', () => {
  const refused = async (...words: readonly string[]): Promise<void> => {
    const { exit, stdout, stderr } = await inspect();
    expect([exit, stdout]).toEqual([6, '']);
    for (const word of ['cli.noInspector', 'npm start', ...words]) expect(stderr).toContain(word);
  };

  it('says that the stack serves no inspector', async () => {
    localStack('admin ada secret-of-ada\n', { inspectorPort: undefined });
    await refused('endpoint.json names no inspector');
  });

  it('says so of an address that no local stack gave', async () => {
    const { exit, stderr } = await fairlead('inspect', fakeService());
    expect(exit).toBe(6);
    expect(stderr).toContain('only the endpoint.json of a local stack names its inspector');
  });

  it('names the token file that is not there, cannot be read, or holds no login', async () => {
    localStack();
    await refused('cannot be read', inFolder('inspector-tokens'));
    mkdirSync(inFolder('inspector-tokens'));
    await refused('cannot be read', 'EISDIR');
    rmSync(inFolder('inspector-tokens'), { recursive: true });
    localStack('# nobody\n');
    await refused('holds no login');
  });
});
