/** The CLI against this stack, in this process: start and demo do nothing that a user could not type. */
import type { Exit } from '../cli/exit-codes.ts';
import { listClusters, readResource } from '../cli/reads.ts';
import { run } from '../cli/run.ts';
import { connectNats } from '../cli/session.ts';
import type { Session } from '../cli/session.ts';
import type { Terminal } from '../cli/terminal.ts';
import type { ClusterView } from '../cli/view.ts';
import type { Stack } from './stack.ts';

const DISPLAY_VARIABLES = [
  ...['TERM', 'NO_COLOR', 'FORCE_COLOR', 'CLICOLOR_FORCE'],
  ...['LANG', 'LC_ALL', 'LC_CTYPE'],
];

export interface FleetCli {
  /** Runs `fairlead <words>` with this stack's address; prints as the CLI does and never rejects. */
  readonly fairlead: (words: readonly string[]) => Promise<Exit>;
  /** All clusters of all namespaces. Rejects while no host answers. */
  readonly clusters: () => Promise<readonly ClusterView[]>;
  /** One resource of the default namespace, as `get` shows it. Rejects when there is none. */
  readonly resource: (kind: string, name: string) => Promise<unknown>;
  readonly close: () => Promise<void>;
}

/** @param interrupted  ends what waits, as Ctrl-C does in the CLI */
export function fleetCli(stack: Stack, interrupted: AbortSignal): FleetCli {
  const { url } = stack.nats.ready;
  const nkeySeedFile = stack.keys.cliSeedFile;
  const terminal = stackTerminal(interrupted);
  let session: Session | undefined;
  const connected = async (): Promise<Session> =>
    (session ??= await connectNats({ url, nkeySeedFile, origin: 'the local stack' }));
  return {
    fairlead: (words) =>
      run([...words, '--nats', url, '--nkey', nkeySeedFile], terminal, connectNats),
    clusters: async () => listClusters(await connected(), 'default', true),
    resource: async (kind, name) =>
      readResource(await connected(), { kind, namespace: 'default', name }),
    close: async () => session?.close(),
  };
}

/**
 * Not the CLI's own terminal: that one claims Ctrl-C for itself, and this one's environment can change how things look,
 * never where commands go.
 */
function stackTerminal(interrupted: AbortSignal): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    outIsTty: process.stdout.isTTY,
    errIsTty: process.stderr.isTTY,
    inIsTty: false,
    columns: () => process.stderr.columns || 120,
    readStdin: () => '',
    ask: () => Promise.resolve(''),
    env: Object.fromEntries(DISPLAY_VARIABLES.map((name) => [name, process.env[name]])),
    cwd: process.cwd(),
    nowMs: () => Date.now(),
    interrupted,
  };
}
