/** The stack's own nats-server: keys, config, readiness by its ports file, adoption of a living one. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { NATS_VERSION_FLOOR } from '../setup/nats-server.mjs';
import { isAtLeast } from '../setup/tool.mjs';
import type { ProcessIdentity } from '../setup/process-lock.mjs';
import { SupervisedChild } from './child.ts';
import type { ChildFiles } from './child.ts';
import { natsConfig } from './nats-config.ts';
import { keptPort } from './ports.ts';
import { StackError } from './stack-error.ts';
import { writeWhole } from './whole-file.ts';

export interface NatsReady {
  readonly url: string;
  readonly version: string;
}

export interface NatsOptions extends ChildFiles {
  readonly dataDir: string;
  readonly installation: string;
  /** The binary that set-up resolved. */
  readonly binary: string;
  readonly keys: NatsKeys;
  readonly port?: number;
}

export interface NatsKeys {
  readonly hostSeedFile: string;
  readonly cliSeedFile: string;
}

const READY_DEADLINE_MS = 15_000;
const STOP_GRACE_MS = 5_000;
const POLL_MS = 10;

/** Seeds are made once per data folder, mode 0600; the server learns public keys only. */
export function ensureNatsKeys(dataDir: string): NatsKeys {
  const folder = join(dataDir, 'nats');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keys = { hostSeedFile: join(folder, 'host.nk'), cliSeedFile: join(folder, 'cli.nk') };
  for (const file of Object.values(keys)) {
    if (existsSync(file)) continue;
    writeWhole(file, `${new TextDecoder().decode(nkeys.createUser().getSeed())}\n`);
  }
  return keys;
}

export function natsServer(options: NatsOptions): SupervisedChild<NatsReady> {
  const { keys } = options;
  const folder = join(options.dataDir, 'nats');
  const serverName = `fairlead-${options.installation}`;
  const port = keptPort(join(folder, 'port'), options.port);
  const portsFolder = join(folder, 'ports');
  const checked = (url: string): Promise<NatsReady> =>
    checkServer(url, keys.hostSeedFile, serverName);

  return new SupervisedChild<NatsReady>({
    name: 'nats-server',
    env: options.env,
    logFile: options.logFile,
    noteFile: options.noteFile,
    readyDeadlineMs: READY_DEADLINE_MS,
    stopGraceMs: STOP_GRACE_MS,
    say: options.say,
    command: async () => {
      rmSync(portsFolder, { recursive: true, force: true });
      mkdirSync(portsFolder, { mode: 0o700 });
      const configFile = join(folder, 'server.conf');
      const wish = await port.wish();
      writeWhole(
        configFile,
        natsConfig({
          serverName,
          port: wish === 0 ? -1 : wish,
          storeDir: join(folder, 'js'),
          hostKey: publicKey(keys.hostSeedFile),
          cliKey: publicKey(keys.cliSeedFile),
        }),
      );
      const pidFile = join(folder, 'server.pid');
      const files = ['--ports_file_dir', portsFolder, '--pid', pidFile];
      return { file: options.binary, arguments: ['--config', configFile, ...files] };
    },
    ready: async ({ pid, signal }) => {
      const portsFile = join(portsFolder, portsFileName(options.binary, pid));
      const url = await urlFromPortsFile(portsFile, signal);
      port.keep(Number(new URL(url).port));
      return checked(url);
    },
    adopt: async (leftover: ProcessIdentity) => {
      const portsFile = join(portsFolder, portsFileName(options.binary, leftover.pid));
      const url = existsSync(portsFile) ? urlIn(portsFile) : undefined;
      if (url === undefined) return undefined;
      return checked(url).catch((error: unknown) => {
        if (error instanceof StackError) throw error;
        return undefined; // Alive but not answering: ended and started anew.
      });
    },
  });
}

/** @throws StackError when another server answers there or it is too old; other errors when nothing answers */
async function checkServer(url: string, seedFile: string, serverName: string): Promise<NatsReady> {
  const seed = new TextEncoder().encode(readFileSync(seedFile, 'utf8').trim());
  const client = await connect({
    servers: url,
    authenticator: nkeyAuthenticator(seed),
    reconnect: false,
    timeout: 3_000,
    name: 'fairlead-stack',
  });
  try {
    const { server_name: name, version = 'unknown' } = client.info ?? {};
    if (name !== serverName) {
      throw new StackError(
        'stack.foreignServer',
        `${url} answers as ${name ?? 'an unnamed server'}, not as ${serverName}. Stop that server, then start again.`,
      );
    }
    if (!isAtLeast(version, NATS_VERSION_FLOOR)) {
      throw new StackError(
        'stack.natsTooOld',
        `nats-server ${version} at ${url} is older than ${NATS_VERSION_FLOOR}: it loses committed revisions after a crash. Stop it, then start again.`,
      );
    }
    return { url, version };
  } finally {
    await client.close();
  }
}

const portsFileName = (binary: string, pid: number): string =>
  `${binary.slice(binary.lastIndexOf('/') + 1)}_${pid}.ports`;

async function urlFromPortsFile(file: string, signal: AbortSignal): Promise<string> {
  for (;;) {
    const url = existsSync(file) ? urlIn(file) : undefined;
    if (url !== undefined) return url;
    await sleep(POLL_MS, undefined, { signal });
  }
}

function urlIn(portsFile: string): string | undefined {
  try {
    const ports = JSON.parse(readFileSync(portsFile, 'utf8')) as { readonly nats?: string[] };
    return ports.nats?.[0];
  } catch {
    return undefined; // Half written: looked at again.
  }
}

function publicKey(seedFile: string): string {
  const seed = new TextEncoder().encode(readFileSync(seedFile, 'utf8').trim());
  return nkeys.fromSeed(seed).getPublicKey();
}
