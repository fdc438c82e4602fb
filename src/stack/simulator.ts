/** The stack's EC2/SSM simulator as a supervised child; it keeps its own port and journal. */
import { join } from 'node:path';
import { z } from 'zod';
import { SupervisedChild } from './child.ts';
import type { ChildFiles } from './child.ts';
import { builtFile } from './built-file.ts';

const simulatorReady = z.object({
  endpoint: z.url(),
  artifactsUrl: z.url(),
  accessKeyFile: z.string(),
  scale: z.number(),
});
export type SimulatorReady = z.infer<typeof simulatorReady>;

export interface SimulatorOptions extends ChildFiles {
  readonly dataDir: string;
  readonly scale: number;
  readonly seed?: number;
}

const READY_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 5_000;

export function simulatorChild(options: SimulatorOptions): SupervisedChild<SimulatorReady> {
  const { dataDir, scale, seed, ...files } = options;
  return new SupervisedChild({
    ...files,
    name: 'simulator',
    readyDeadlineMs: READY_DEADLINE_MS,
    stopGraceMs: STOP_GRACE_MS,
    command: () =>
      Promise.resolve({
        file: process.execPath,
        arguments: [
          builtFile('src/simulator/main.js'),
          ...['--data', join(dataDir, 'simulator'), '--port', '0', '--scale', String(scale)],
          ...(seed === undefined ? [] : ['--seed', String(seed)]),
        ],
      }),
    ready: async ({ firstLine }) => simulatorReady.parse(JSON.parse(await firstLine)),
  });
}
