/** A data folder belongs to one installation and one kind of cloud; a stack of another kind must not touch it. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { isAlive } from '../setup/process-lock.mjs';
import { endGently, readNote, untilGone } from './processes.ts';
import { StackError } from './stack-error.ts';
import { writeWhole } from './whole-file.ts';

const END_GRACE_MS = 5_000;

/** Everything a stack keeps; set-up's own things in the same folder are not among it. */
const OWN_ENTRIES =
  /^(nats|simulator|logs|run|host(-\d+)?(\.json)?|fairlead\.json|endpoint\.json)$/;

const meta = z.strictObject({
  installation: z.string().regex(/^[0-9a-f]{8}$/),
  mode: z.literal('simulator'),
  /** Set once the example fleet was applied: applying it again would revive what the user deleted. */
  exampleAppliedAt: z.iso.datetime().optional(),
});
type Meta = z.infer<typeof meta>;

export interface DataDir {
  readonly installation: string;
  readonly isExampleApplied: () => boolean;
  readonly markExampleApplied: () => void;
}

/** @throws StackError `stack.foreignData` when the folder belongs to another mode or its note cannot be read */
export function openDataDir(dataDir: string): DataDir {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  for (const folder of ['logs', 'run']) {
    mkdirSync(join(dataDir, folder), { recursive: true, mode: 0o700 });
  }
  const file = join(dataDir, 'fairlead.json');
  const write = (next: Meta): void => writeWhole(file, `${JSON.stringify(next)}\n`);
  let current = existsSync(file)
    ? readMeta(file)
    : { installation: randomBytes(4).toString('hex'), mode: 'simulator' as const };
  write(current);
  return {
    installation: current.installation,
    isExampleApplied: () => current.exampleAppliedAt !== undefined,
    markExampleApplied: () => {
      current = { ...current, exampleAppliedAt: new Date().toISOString() };
      write(current);
    },
  };
}

interface EndOptions {
  /** SIGTERM, then after this long SIGKILL. */
  readonly graceMs: number;
  /** Names of children that look after what they left themselves. Default: none. */
  readonly kept?: readonly string[];
  readonly say?: (text: string) => void;
}

/** Ends one after the other what a killed stack left running, and removes its notes. The caller holds the lock. */
export async function endLeftovers(dataDir: string, options: EndOptions): Promise<void> {
  const { graceMs, kept = [], say = () => undefined } = options;
  const run = join(dataDir, 'run');
  const noted = (existsSync(run) ? readdirSync(run) : [])
    .filter((file) => file.endsWith('.json'))
    .map((file) => basename(file, '.json'));
  const end = async (name: string): Promise<void> => {
    const note = join(run, `${name}.json`);
    const leftover = readNote(note);
    if (leftover !== undefined && isAlive(leftover)) {
      say(`${name} still runs from before (pid ${leftover.pid}): ended`);
      await endGently(leftover, untilGone(leftover), graceMs);
    }
    rmSync(note, { force: true });
  };
  // In order of their names: hosts have the server until they are through.
  for (const name of noted.sort()) if (!kept.includes(name)) await end(name);
}

/** Removes what stacks keep in the folder, after ending what a killed one left running. The caller holds the lock. */
export async function wipeDataDir(dataDir: string): Promise<void> {
  await endLeftovers(dataDir, { graceMs: END_GRACE_MS });
  for (const entry of readdirSync(dataDir).filter((name) => OWN_ENTRIES.test(name)))
    rmSync(join(dataDir, entry), { recursive: true, force: true });
}

function readMeta(file: string): Meta {
  let found: unknown;
  try {
    found = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    found = error;
  }
  const checked = meta.safeParse(found);
  if (checked.success) return checked.data;
  throw new StackError(
    'stack.foreignData',
    `${file} does not describe a local stack with the simulator. Use another folder, or start over here: npm start -- --fresh`,
  );
}
