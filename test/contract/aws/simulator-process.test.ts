/** The simulator as the stack runs it: a built process, killed without warning, that has forgotten nothing. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { afterEach, expect, it } from 'vitest';
import { groundTruth } from '../../../src/stack/ground-truth.ts';
import { launchIds, launchInput } from './scene.ts';
import { clients } from './target.ts';
import type { Target } from './target.ts';

interface Note {
  readonly pid: number;
  readonly endpoint: string;
  readonly accessKeyFile: string;
  readonly scale: number;
}

const main = join(import.meta.dirname, '../../../dist/src/simulator/main.js');
const dataDir = mkdtempSync(join(tmpdir(), 'fairlead-sim-process-'));
let child: ChildProcess | undefined;

afterEach(async () => {
  if (child !== undefined) await end(child, 'SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

async function end(process: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (process.exitCode !== null || process.signalCode !== null) return process.exitCode;
  const exited = once(process, 'exit');
  process.kill(signal);
  const [code] = (await exited) as [number | null];
  return code;
}

async function start(): Promise<{ process: ChildProcess; note: Note }> {
  const args = [main, '--data', dataDir, '--scale', '100'];
  const process = spawn(globalThis.process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = process;
  for await (const line of createInterface({ input: process.stdout })) {
    return { process, note: JSON.parse(line) as Note };
  }
  throw new Error('the simulator ended before it was ready');
}

function targetOf(note: Note): Target {
  const [accessKeyId = '', secretAccessKey = ''] = readFileSync(note.accessKeyFile, 'utf8')
    .trim()
    .split(':');
  const region = 'eu-central-1';
  return {
    name: 'sim',
    region,
    ...clients(note.endpoint, { accessKeyId, secretAccessKey }, region),
    abilities: new Set(),
    instanceProfile: 'fairlead-server',
    patienceMs: 5_000,
  };
}

it('keeps every launch it has answered for through kill -9, and its port', async () => {
  const first = await start();
  const target = targetOf(first.note);
  const inputs = await Promise.all(Array.from({ length: 5 }, () => launchInput(target)));
  const answered = new Map<string, string[]>();
  const launches = inputs.map(async (input) => {
    answered.set(input.ClientToken ?? '', await launchIds(target, input));
  });
  // Killed as soon as one reply is there: the others may or may not have been done.
  await Promise.any(launches);
  await end(first.process, 'SIGKILL');
  await Promise.allSettled(launches);

  const second = await start();
  expect(second.note.endpoint).toBe(first.note.endpoint);
  const later = targetOf(second.note);
  for (const input of inputs) {
    const { Instances = [] } = await later.ec2.send(new RunInstancesCommand(input));
    const ids = Instances.map((it) => it.InstanceId);
    expect(ids).toEqual(answered.get(input.ClientToken ?? '') ?? ids);
  }
  expect((await groundTruth(second.note)).instances).toHaveLength(5);

  expect(statSync(second.note.accessKeyFile).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(join(dataDir, 'simulator.json'), 'utf8'))).toEqual(second.note);
  expect(await end(second.process, 'SIGTERM')).toBe(0);
});
