/** The index as a file in the state folder, so that pages can be read after a restart while NATS is away. */
import { chmod, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { severities } from '../../../actors/steps/step.ts';
import type { Row, Step } from '../../../actors/steps/step.ts';
import { snapshotLimits } from '../../../machines/limits-inspector.ts';

export interface Snapshot {
  readonly savedAtMs: number;
  readonly asOfMs: number;
  /** Rows and steps come redacted from their owners. */
  readonly rows: readonly Row[];
  /** By actor, oldest first. */
  readonly steps: Readonly<Record<string, readonly Step[]>>;
}

const fileVersion = 1;

const row: z.ZodType<Row> = z.object({
  ...{ actor: z.string().regex(/^[^/]+\/[^/]+\/[^/]+$/), uid: z.string(), state: z.string() },
  ...{ severity: z.enum(severities), sinceMs: z.number(), reason: z.string() },
  ...{ revision: z.number(), seq: z.number(), host: z.string(), region: z.string() },
  ...{ expectedMs: z.number(), isGone: z.boolean() },
});

/** What a page reads of a step; the rest is passed on as it lies there. */
const step = z.looseObject({
  ...{ seq: z.number(), revision: z.number(), atMs: z.number(), actor: z.string() },
  ...{ uid: z.string(), hash: z.string(), state: z.string(), correlationId: z.string() },
  ...{ importance: z.enum(['command', 'change', 'tick']), isRestored: z.boolean() },
  ...{ taken: z.array(z.unknown()), host: z.string(), fence: z.number(), row },
});

const file = z.object({
  version: z.literal(fileVersion, { error: `expected ${fileVersion}` }),
  ...{ savedAtMs: z.number(), asOfMs: z.number(), rows: z.array(row) },
  steps: z.record(z.string(), z.array(step)),
});

export const snapshotPath = (stateDir: string): string => join(stateDir, 'index.json');

/** Written beside its place and moved there whole; readable by its owner alone. */
export async function saveSnapshot(stateDir: string, snapshot: Snapshot): Promise<void> {
  const path = snapshotPath(stateDir);
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    for (const text of textOf(snapshot)) {
      await handle.write(text);
      // A large fleet must not hold up the process: other work goes between the pieces.
      await breathe();
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** Undefined when there is none. Rejects with what is wrong when it cannot be used. */
export async function loadSnapshot(stateDir: string): Promise<Snapshot | undefined> {
  const path = snapshotPath(stateDir);
  try {
    const { size } = await stat(path);
    if (size > snapshotLimits.bytesMax) throw new Error(`it has ${size} bytes`);
    const parsed = file.safeParse(JSON.parse(await readFile(path, 'utf8')));
    if (parsed.success) return { ...parsed.data, steps: parsed.data.steps as Snapshot['steps'] };
    const [issue] = parsed.error.issues;
    throw new Error(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function* textOf({ rows, steps, ...head }: Snapshot): Generator<string> {
  const { rowsPerPiece } = snapshotLimits;
  yield `${JSON.stringify({ version: fileVersion, ...head }).slice(0, -1)},"rows":[`;
  for (let from = 0; from < rows.length; from += rowsPerPiece) {
    const piece = JSON.stringify(rows.slice(from, from + rowsPerPiece)).slice(1, -1);
    yield from === 0 ? piece : `,${piece}`;
  }
  yield `],"steps":${JSON.stringify(steps)}}\n`;
}
