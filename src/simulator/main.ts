/** The simulator as a process: `main.js --data <dir> [--port 0] [--scale 20] [--seed N] [--fresh]`. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.ts';
import { writeAtomically } from './state/atomic-file.ts';

const usage = 'usage: simulator --data <dir> [--port 0] [--scale 20] [--seed 1] [--fresh]';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '0' },
      scale: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      fresh: { type: 'boolean', default: false },
    },
  });
  if (values.data === undefined) throw new Error(usage);
  const dataDir = resolve(values.data);
  const noteFile = join(dataDir, 'simulator.json');
  await refuseSecond(noteFile);
  const scale = readNumber('scale', values.scale, 1, 10_000);
  const simulator = await startSimulator({
    dataDir,
    port: readNumber('port', values.port, 0, 65_535),
    scale,
    seed: readNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    isFresh: values.fresh,
  });
  const { endpoint, artifactsUrl, accessKeyFile } = simulator;
  const bootId = readBootId();
  const note = {
    pid: process.pid,
    ...(bootId === undefined ? {} : { bootId }),
    endpoint,
    artifactsUrl,
    accessKeyFile,
    scale,
  };
  writeAtomically(noteFile, `${JSON.stringify(note)}\n`);
  const stop = (): void => {
    simulator.close().then(
      () => process.exit(0),
      (error: unknown) => {
        fail(error);
      },
    );
  };
  // Whoever started it may be gone: a report that nobody reads must not end the cloud.
  process.stderr.on('error', () => undefined);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify(note)}\n`);
}

/** Two processes on one journal would spoil it; the note of the last start tells whether one still answers. */
async function refuseSecond(noteFile: string): Promise<void> {
  const note = readNote(noteFile);
  if (note === undefined) return;
  const ready = await askReady(note);
  if (ready?.pid !== note.pid) return;
  throw new Error(
    `a simulator with pid ${String(note.pid)} already serves this folder at ${note.endpoint}; stop it first`,
  );
}

interface Note {
  readonly pid: number;
  readonly endpoint: string;
  readonly accessKeyFile: string;
}

function readNote(noteFile: string): Note | undefined {
  try {
    return JSON.parse(readFileSync(noteFile, 'utf8')) as Note;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Undefined when nothing of ours answers there. */
async function askReady(note: Note): Promise<{ pid?: number } | undefined> {
  try {
    const key = readFileSync(note.accessKeyFile, 'utf8').trim();
    const reply = await fetch(`${note.endpoint}/_sim/ready`, {
      headers: { 'x-sim-key': key },
      signal: AbortSignal.timeout(2_000),
    });
    return reply.ok ? ((await reply.json()) as { pid?: number }) : undefined;
  } catch {
    // Nobody listens there, or something that is no simulator: the earlier process has ended.
    return undefined;
  }
}

function readNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(
    `--${name} is ${text}: it must be a whole number from ${String(min)} to ${String(max)}`,
  );
}

/** Tells a pid of this boot from the same number after a restart of the machine; Linux only. */
function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

function fail(error: unknown): void {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

main().catch(fail);
