/** What "why can't I?", the list of commands and a dry run answer: the same words for page, command line and NATS. */
import type { Because } from '../../machines/because.ts';

export type { Because };

/** Whether a command would be taken now, and everything that speaks for and against it. */
export interface Why {
  readonly command: string;
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly allowed: 'yes' | 'no' | 'unknown';
  /** It would be taken, and change nothing. */
  readonly unchanged: boolean;
  readonly state: string;
  /** Fault code of the refusal; empty when allowed. */
  readonly code: string;
  readonly message: string;
  /** That the command would be answered with: 200 when allowed. */
  readonly status: number;
  readonly because: readonly Because[];
  /** Arguments that are missing. */
  readonly needs: readonly string[];
  readonly allowedNext: readonly string[];
  /** Commands and waits that lead there, when there is a way: `["demote", "wait for replica", "promote"]`. */
  readonly path: readonly string[];
  readonly retryAfterMs?: number;
}

/** One command of the list of all: the reason in a line. */
export interface CommandHead {
  readonly command: string;
  readonly allowed: Why['allowed'];
  readonly unchanged: boolean;
  readonly code: string;
  readonly reason: string;
  readonly needs: readonly string[];
  /** With which it would be taken, where the defaults would not do. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/** What the turn of a command would do to the root machine; what it starts is listed, not run. */
export interface RehearsedTurn {
  readonly revision: number;
  readonly stateBefore: string;
  readonly stateAfter: string;
  /** Root machine's taken edges. */
  readonly edges: readonly string[];
  readonly changes: readonly {
    readonly path: string;
    readonly before: unknown;
    readonly after: unknown;
  }[];
  /** Machines and calls that would be started. */
  readonly starts: readonly {
    readonly id: string;
    readonly src: string;
    readonly input: unknown;
  }[];
  readonly timers: readonly { readonly event: string; readonly delayMs: number }[];
  readonly events: readonly string[];
  /** Changes and starts beyond the bound of the answer; absent when all are there. */
  readonly leftOut?: number;
}

export interface DryRun {
  readonly why: Why;
  /** Absent when refused, and when nothing would change. */
  readonly turn?: RehearsedTurn;
}
