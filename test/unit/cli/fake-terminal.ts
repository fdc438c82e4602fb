/** A terminal that keeps what was printed. */
import { tmpdir } from 'node:os';
import type { Terminal } from '../../../src/cli/terminal.ts';

export interface FakeTerminal extends Terminal {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ctrl-C. */
  readonly interrupt: () => void;
}

export interface TerminalOptions {
  readonly isTty?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** What the person types when asked; asking without an answer fails the test. */
  readonly answer?: string;
}

/** Wall time of every fake terminal, and of the clusters in `views.ts`. */
export const nowMs = Date.UTC(2026, 0, 2, 12, 0, 0);

export function fakeTerminal(options: TerminalOptions = {}): FakeTerminal {
  let stdout = '';
  let stderr = '';
  const interrupt = new AbortController();
  const isTty = options.isTty === true;
  return {
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    outIsTty: isTty,
    errIsTty: isTty,
    inIsTty: isTty,
    columns: () => options.columns ?? 120,
    rows: () => options.rows ?? 24,
    readStdin: () => options.stdin ?? '',
    ask: async () => {
      if (options.answer === undefined) throw new Error('nobody is there to answer');
      return options.answer;
    },
    // An empty folder outside the checkout, so that no .fairlead/ of the developer is found.
    env: { HOME: tmpdir(), XDG_CONFIG_HOME: `${tmpdir()}/no-such-folder`, ...options.env },
    cwd: options.cwd ?? tmpdir(),
    nowMs: () => nowMs,
    interrupted: interrupt.signal,
    stdout: () => stdout,
    stderr: () => stderr,
    interrupt: () => {
      interrupt.abort();
    },
  };
}
