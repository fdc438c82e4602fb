import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityOf } from '../../../src/setup/process-lock.mjs';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { killableStack } from './killable-stack.ts';

let dataDir = '';
let open: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'fairlead-stack-'));
});
afterEach(async () => {
  for (const close of open.reverse()) await close();
  open = [];
  rmSync(dataDir, { recursive: true });
});

async function startNats(): Promise<Stack> {
  const stack = await startStack({ dataDir, parts: ['nats'] });
  open.push(() => stack.stop());
  return stack;
}

async function client(url: string, seedFile?: string): Promise<NatsConnection> {
  const seed = seedFile === undefined ? undefined : readFileSync(seedFile, 'utf8').trim();
  const nc = await connect({
    servers: url,
    reconnect: false,
    ...(seed !== undefined && { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
  });
  open.push(() => nc.close());
  return nc;
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries += 1) {
    if (tries > 200) throw new Error(`waited 10 s in vain: ${what}`);
    await sleep(50);
  }
}

describe("the stack's nats-server", () => {
  it('listens on loopback with JetStream and keeps its secrets private', async () => {
    const stack = await startNats();
    expect(new URL(stack.nats.ready.url).hostname).toBe('127.0.0.1');
    const nc = await client(stack.nats.ready.url, stack.keys.hostSeedFile);
    expect((await (await jetstreamManager(nc)).getAccountInfo()).streams).toBe(0);
    for (const file of [
      stack.keys.hostSeedFile,
      stack.keys.cliSeedFile,
      join(dataDir, 'nats/server.conf'),
    ]) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    const seed = readFileSync(stack.keys.hostSeedFile, 'utf8').trim();
    const commandLine = readFileSync(`/proc/${String(stack.nats.pid)}/cmdline`, 'utf8');
    const log = readFileSync(join(dataDir, 'logs/nats-server.log'), 'utf8');
    expect(`${commandLine}${log}`).not.toContain(seed);
  });

  it('refuses strangers and keeps the CLI key away from records [U-60]', async () => {
    const stack = await startNats();
    await expect(client(stack.nats.ready.url)).rejects.toThrow();
    const nc = await client(stack.nats.ready.url, stack.keys.cliSeedFile);
    await expect(nc.request('$JS.API.STREAM.NAMES')).resolves.toBeDefined();
    await expect(nc.request('$JS.API.STREAM.CREATE.X', '{}', { timeout: 2_000 })).rejects.toThrow(
      /ermission/,
    );
  });

  it('comes back at the same address with its data after SIGKILL', async () => {
    const stack = await startNats();
    const { url } = stack.nats.ready;
    const before = await client(url, stack.keys.hostSeedFile);
    await (await jetstreamManager(before)).streams.add({ name: 'S', subjects: ['s'] });
    await jetstream(before).publish('s', 'kept');
    const firstPid = Number(stack.nats.pid);
    process.kill(firstPid, 'SIGKILL');
    await until('a restart', () => stack.nats.restarts === 1);
    expect(stack.nats.ready.url).toBe(url);
    const after = await client(url, stack.keys.hostSeedFile);
    expect((await (await jetstreamManager(after)).streams.info('S')).state.messages).toBe(1);
  });

  it('keeps address and keys over a clean stop', async () => {
    const first = await startStack({ dataDir, parts: ['nats'] });
    const { url } = first.nats.ready;
    const seed = readFileSync(first.keys.cliSeedFile, 'utf8');
    await first.stop();
    const second = await startNats();
    expect(second.nats.ready.url).toBe(url);
    expect(readFileSync(second.keys.cliSeedFile, 'utf8')).toBe(seed);
  });

  it('refuses a second stack on the same folder and names the first', async () => {
    await startNats();
    await expect(startStack({ dataDir, parts: ['nats'] })).rejects.toThrow(`pid ${process.pid}`);
  });

  it('adopts the server that a killed stack left behind', async () => {
    const first = await killableStack(dataDir, ['nats']);
    await first.kill();
    const stack = await startNats();
    expect(stack.nats.pid).toBe(first.natsPid);
    expect(stack.nats.ready.url).toBe(first.natsUrl);
    process.kill(first.natsPid, 'SIGKILL');
    await until('a restart of the adopted server', () => stack.nats.restarts === 1);
  });

  it('ends what a killed stack left that is no child of this one, and nothing else', async () => {
    const left = (name: string): number => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)']);
      open.push(async () => void child.kill('SIGKILL'));
      const note = JSON.stringify(identityOf(child.pid ?? 0));
      mkdirSync(join(dataDir, 'run'), { recursive: true });
      writeFileSync(join(dataDir, 'run', `${name}.json`), note);
      child.once('exit', () => ended.push(name));
      return child.pid ?? 0;
    };
    const ended: string[] = [];
    const said: string[] = [];
    left('host');
    const pid = left('host-2');
    left('host-3');
    const say = (text: string): void => void said.push(text);
    const stack = await startStack({ dataDir, parts: ['nats'], hosts: 1, say });
    open.push(() => stack.stop());
    await until('both have ended', () => ended.length === 2);
    expect(ended.sort()).toEqual(['host-2', 'host-3']);
    expect(said).toContain(`host-2 still runs from before (pid ${pid}): ended`);
    const notes = readdirSync(join(dataDir, 'run')).filter((name) => name.endsWith('.json'));
    expect(notes.sort()).toEqual(['host.json', 'nats-server.json']);
  });

  it('refuses a living server that answers as another installation', async () => {
    const first = await killableStack(dataDir, ['nats']);
    await first.kill();
    open.push(async () => void process.kill(first.natsPid, 'SIGKILL'));
    const file = join(dataDir, 'fairlead.json');
    const meta = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...meta, installation: '00000000' }));
    await expect(startStack({ dataDir, parts: ['nats'] })).rejects.toThrow(
      /not as fairlead-00000000/,
    );
  });

  it('refuses a folder that belongs to something else', async () => {
    writeFileSync(join(dataDir, 'fairlead.json'), '{"installation":"0a0b0c0d","mode":"real"}');
    await expect(startStack({ dataDir, parts: ['nats'] })).rejects.toThrow(/--fresh/);
  });

  it('gives up loudly, with the log, when the server keeps ending', async () => {
    const stack = await startNats();
    for (let kills = 0; kills < 3; kills += 1) {
      await until(
        'a running server',
        () => stack.nats.pid !== undefined && stack.nats.restarts === kills,
      );
      process.kill(Number(stack.nats.pid), 'SIGKILL');
    }
    expect((await stack.failed).message).toMatch(/ended 3 times[\s\S]*Server is ready/);
  });

  it('says why a server that cannot start did not', async () => {
    const started = startStack({ dataDir, parts: ['nats'], natsServerBinary: '/bin/false' });
    await expect(started).rejects.toThrow(/nats-server did not get ready: exit code 1/);
  });
});
