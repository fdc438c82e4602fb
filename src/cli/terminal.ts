/** The world the CLI sees: streams, environment, clock and Ctrl-C. Tests hand in their own. */
import { readFileSync } from 'node:fs';
import { takeScreen } from './screen.ts';
import type { Screen, ScreenHearing } from './screen.ts';

export interface Terminal {
  /** Data; nothing else goes to stdout. */
  out(text: string): void;
  /** Everything that is not data. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** True when a person can be asked. */
  readonly inIsTty: boolean;
  /** Width of the terminal in columns, for cutting the last column of tables on a TTY. */
  columns(): number;
  /** Height in lines, for keeping what is redrawn on the screen; 24 when left out. */
  rows?(): number;
  /** The whole screen, and every key as it is typed; for a terminal only. */
  readonly takeScreen?: (hearing: ScreenHearing) => Screen;
  readStdin(): string;
  /** Asks on stderr and resolves with the line typed, without its end. */
  ask(question: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  nowMs(): number;
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** What is under way when Ctrl-C comes, as a connect to a silent server, may take this long to end by itself. */
const detachMaxMs = 2_000;

/** The terminal of this process. The first Ctrl-C detaches, the second ends the process at once. */
export function processTerminal(): Terminal {
  const interrupt = new AbortController();
  process.on('SIGINT', () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
    setTimeout(() => process.exit(130), detachMaxMs).unref();
  });
  // `fairlead get … | head` closes our stdout early: that is the reader's right, not a failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY,
    errIsTty: process.stderr.isTTY,
    inIsTty: process.stdin.isTTY && process.stderr.isTTY,
    columns: () => process.stdout.columns || process.stderr.columns || 120,
    rows: () => process.stderr.rows || process.stdout.rows || 24,
    takeScreen: (hearing) => takeScreen(process, hearing),
    readStdin: () => readFileSync(0, 'utf8'),
    ask: async (question) => {
      const { createInterface } = await import('node:readline/promises');
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return await lines.question(question, { signal: interrupt.signal });
      } finally {
        lines.close();
      }
    },
    env: process.env,
    cwd: process.cwd(),
    nowMs: () => Date.now(),
    interrupted: interrupt.signal,
  };
}
