import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, identityOf } from '../../../src/setup/process-lock.mjs';
import { fleetCli } from '../../../src/stack/fleet-cli.ts';
import { groundTruth, livingInstances } from '../../../src/stack/ground-truth.ts';
import { howToTalk } from '../../../src/stack/how-to-talk.ts';
import { startStack } from '../../../src/stack/stack.ts';
import type { Stack } from '../../../src/stack/stack.ts';
import { killableStack } from './killable-stack.ts';

const MANIFEST = `
apiVersion: fairlead.dev/v1
kind: Cluster
metadata: { name: web }
spec: { region: eu-central-1, profile: development }
`;

const AMBIENT = {
  NATS_URL: 'nats://127.0.0.1:1',
  AWS_PROFILE: 'production',
  AWS_ACCESS_KEY_ID: 'AKIDAMBIENT',
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
};

let dataDir = '';
let stack: Stack;
const never = new AbortController().signal;

/** Requests exactly as a printed `nats req …` line says. */
async function request(line: string): Promise<Record<string, unknown>> {
  const words = /--server (\S+) --nkey (\S+) (\S+) '(.*)'$/.exec(line.trim()) ?? [];
  const [, server = '', nkey = '', subject = '', payload = ''] = words;
  const seed = new TextEncoder().encode(readFileSync(nkey, 'utf8').trim());
  const nc = await connect({ servers: server, authenticator: nkeyAuthenticator(seed) });
  try {
    const reply = await nc.request(subject, payload, { timeout: 5_000 });
    return reply.json<Record<string, unknown>>();
  } finally {
    await nc.close();
  }
}

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'fairlead-whole-'));
  const before = { ...process.env };
  Object.assign(process.env, AMBIENT);
  try {
    stack = await startStack({ dataDir });
  } finally {
    process.env = before;
  }
});
afterAll(async () => {
  await stack.stop();
  rmSync(dataDir, { recursive: true });
});

describe('the local stack', () => {
  it('shows its children nothing of the ambient NATS and AWS settings', () => {
    for (const child of [stack.host, stack.simulator, stack.nats]) {
      const environment = readFileSync(`/proc/${String(child.pid)}/environ`, 'utf8');
      for (const value of Object.values(AMBIENT)) expect(environment).not.toContain(value);
    }
  });

  it('writes down for the CLI where it is, for this user only', () => {
    const file = join(dataDir, 'endpoint.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: stack.nats.ready.url,
      nkeyFile: stack.keys.cliSeedFile,
      httpPort: stack.host.ready.httpPort,
      inspectorPort: stack.host.ready.inspectorPort,
      inspectorTokenFile: join(dataDir, 'host', 'inspector-tokens'),
      pid: stack.host.pid,
    });
    expect(statSync(join(dataDir, 'host', 'inspector-tokens')).mode & 0o777).toBe(0o600);
  });

  it('answers the nats lines it prints', async () => {
    const manifest = join(dataDir, 'web.yaml');
    writeFileSync(manifest, MANIFEST);
    expect(await fleetCli(stack, never).fairlead(['apply', '-f', manifest])).toBe(0);
    const lines = howToTalk(stack)
      .split('\n')
      .filter((line) => line.includes('nats req'));
    expect(lines).toHaveLength(3);
    expect(await request(lines[0] ?? '')).toMatchObject({ metadata: { name: 'web' } });
    expect(await request(lines[1] ?? '')).toMatchObject({ stream: 'FAIRLEAD_CMD' });
    expect(await request(lines[2] ?? '')).toMatchObject({ stream: 'FAIRLEAD_CMD' });
  });

  it('starts a host that died by itself again, at the same ports', async () => {
    const ready = stack.host.ready;
    process.kill(Number(stack.host.pid), 'SIGKILL');
    for (let tries = 0; stack.host.restarts === 0 && tries < 400; tries += 1) await sleep(50);
    expect(stack.host.ready).toEqual(ready);
    const cli = fleetCli(stack, never);
    expect((await cli.clusters()).map(({ metadata }) => metadata.name)).toEqual(['web']);
    await cli.close();
  });

  it('leaves nothing in the cloud once the cluster is deleted', async () => {
    const words = ['delete', 'cluster', 'web', '--yes', '--wait', '--timeout', '60s'];
    expect(await fleetCli(stack, never).fairlead(words)).toBe(0);
    expect(livingInstances(await groundTruth(stack.simulator.ready))).toBe(0);
  });
});

describe('a stack after one that was killed', () => {
  it('ends what that one left running and takes over', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-left-'));
    const killed = await killableStack(folder, ['nats', 'simulator']);
    const left = identityOf(killed.simulatorPid);
    await killed.kill();
    expect(left && isAlive(left)).toBe(true);
    const next = await startStack({ dataDir: folder, parts: ['nats', 'simulator'], isFresh: true });
    expect(left && isAlive(left)).toBe(false);
    await next.stop();
    expect(readdirSync(join(folder, 'run')).filter((name) => name.endsWith('.json'))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
