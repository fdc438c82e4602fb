/** What a verb works with: the words and flags it was called with, the terminal, and the line to the service. */
import type { Exit } from './exit-codes.ts';
import type { OutputFormat, OutputWish } from './output.ts';
import type { Connect, Session } from './session.ts';
import { findAddress } from './settings.ts';
import type { Address } from './settings.ts';
import { styleFor } from './style.ts';
import type { Style } from './style.ts';
import type { Terminal } from './terminal.ts';

/** Every flag of every verb; absent means not given. Spelled as commander makes them of `--all-namespaces`. */
export interface Flags {
  readonly output?: OutputFormat;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly headers?: boolean;
  readonly color?: 'auto' | 'always' | 'never';
  readonly nats?: string;
  readonly nkey?: string;
  readonly creds?: string;
  readonly context?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly filename?: readonly string[];
  readonly dryRun?: 'turn' | 'client';
  /** A goal; `done` is what the verb is for. */
  readonly wait?: string;
  readonly for?: string;
  readonly reason?: string;
  readonly commandId?: string;
  readonly ifRevision?: number;
  readonly force?: boolean;
  readonly overview?: boolean;
  readonly yes?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly follow?: boolean;
  readonly limit?: number;
  readonly correlation?: string;
  readonly region?: string;
  readonly servers?: number;
  readonly agents?: number;
  readonly instanceType?: readonly string[];
  readonly agentType?: readonly string[];
  readonly profile?: string;
  readonly channel?: string;
  readonly k3s?: string;
  /** Who asks. */
  readonly by?: string;
  readonly sortBy?: string;
  /** `key=value` each. */
  readonly selector?: readonly string[];
  readonly cluster?: string;
  readonly now?: boolean;
  /** In the language of the inspector's lists. */
  readonly query?: string;
  readonly once?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly allowTeardown?: boolean;
  readonly failures?: number;
  readonly open?: number;
  readonly successes?: number;
  readonly probes?: number;
  readonly attemptTimeout?: number;
  readonly concurrent?: number;
  readonly rate?: number;
  readonly burst?: number;
  readonly live?: boolean;
  readonly interval?: number;
  readonly export?: boolean;
  readonly format?: 'json' | 'prometheus' | 'csv';
  readonly nodes?: readonly string[];
  readonly pool?: string;
  readonly count?: number;
  readonly verb?: string;
  readonly concurrency?: number;
  readonly endpoint?: 'home' | 'away';
  readonly planned?: boolean;
  readonly forced?: boolean;
  readonly point?: number;
  readonly expectEpoch?: number;
  readonly token?: string;
  /** Cluster that everything is moved to. */
  readonly to?: string;
  readonly phase?: 'ready' | 'fenced' | 'made';
  readonly group?: string;
  readonly order?: number;
  readonly hold?: boolean;
  /** Name of what is about to be changed for good. */
  readonly confirm?: string;
  readonly ack?: string;
  /** Ids of children, joined by `/`. */
  readonly child?: string;
  /** Milliseconds. */
  readonly ttl?: number;
  readonly mode?: 'synchronous' | 'asynchronous';
  /** As manifests write it: `5m`. */
  readonly every?: string;
  readonly undo?: boolean;
  /** Name of a host. */
  readonly host?: string;
}

export interface Shell {
  readonly terminal: Terminal;
  readonly operands: readonly string[];
  readonly flags: Flags;
  /** Namespace of names that carry none. */
  readonly namespace: string;
  readonly wish: OutputWish;
  readonly outStyle: Style;
  readonly errStyle: Style;
  /** Where the service is; throws when it is nowhere or broken. */
  readonly address: () => Address;
  /** One session per run, opened on first use and closed at the end. */
  session(): Promise<Session>;
  close(): Promise<void>;
  /** A line for people, on stderr. */
  note(text: string): void;
}

/** Runs to its exit code, or throws a Failure. */
export type Verb = (shell: Shell) => Promise<Exit>;

export function openShell(
  terminal: Terminal,
  operands: readonly string[],
  flags: Flags,
  connect: Connect,
): Shell {
  let session: Promise<Session> | undefined;
  const address = (): Address => findAddress(flags, terminal);
  return {
    terminal,
    operands,
    flags,
    namespace: flags.namespace ?? namespaceIn(terminal.env) ?? 'default',
    wish: {
      format: flags.output ?? 'table',
      headers: flags.headers ?? true,
      ...(flags.sortBy === undefined ? {} : { sortBy: flags.sortBy }),
    },
    outStyle: styleFor(terminal, 'out', flags.color),
    errStyle: styleFor(terminal, 'err', flags.color),
    address,
    session: () => (session ??= connect(address())),
    close: async () => {
      // A session that never opened has told so already.
      const open = await session?.catch(() => undefined);
      await open?.close();
    },
    note: (text) => {
      terminal.err(`${text}\n`);
    },
  };
}

/** An empty variable is an unset one. */
const namespaceIn = (env: Terminal['env']): string | undefined =>
  env['FAIRLEAD_NAMESPACE'] === '' ? undefined : env['FAIRLEAD_NAMESPACE'];
