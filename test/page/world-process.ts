/** Starts a made fleet in a process of its own: what a page waits for is not held up by the test, nor by what a test's code costs. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';

export interface WorldTold {
  readonly port: number;
  /** Address with an operator's token in its fragment. */
  readonly link: string;
  readonly actors: readonly string[];
}

export interface WorldSeen {
  /** Streams that are open now. */
  readonly streams: number;
  readonly errors: readonly string[];
}

export interface WorldProcess extends WorldTold {
  see(): Promise<WorldSeen>;
  close(): Promise<void>;
}

export async function startWorld(count: number): Promise<WorldProcess> {
  const child = fork(join(packageRoot(), 'dist/test/page/host/main.js'), [String(count)]);
  const told = await next<WorldTold>(child);
  return {
    ...told,
    see: () => {
      const seen = next<WorldSeen>(child);
      child.send('see');
      return seen;
    },
    async close() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/** Rejects when the process ends without a word. */
function next<Told>(child: ChildProcess): Promise<Told> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null): void => {
      reject(new Error(`the process of the made fleet ended: ${String(code)}`));
    };
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as Told);
    });
  });
}
