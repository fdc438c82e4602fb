/** A real nats-server with JetStream as a child, on loopback and a free port, in a folder that can outlive it. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { packageRoot } from '../../src/package-root.ts';

export interface NatsServer {
  readonly url: string;
  /** Seed of the user for hosts and for everything else. */
  readonly nkeySeedFile: string;
  readonly pid: number | undefined;
  /** Ends the process; with SIGKILL nothing is saved that was not yet. Resolves when it is gone. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
  /** Ends the process and removes a folder that was made here. */
  stop(): Promise<void>;
}

export interface NatsServerOptions {
  /** Keeps the store; a throw-away folder when left out. */
  readonly dir?: string;
  /** Default true. */
  readonly jetStream?: boolean;
}

/** The binary named by NATS_SERVER_BIN, the one the set-up step found, or the one in PATH. */
export function natsServerBinary(): string {
  const named = process.env['NATS_SERVER_BIN'];
  if (named !== undefined && named !== '') return named;
  const noted = path.join(packageRoot(), '.fairlead', 'setup.json');
  if (existsSync(noted)) {
    const setup = JSON.parse(readFileSync(noted, 'utf8')) as { natsServer?: { path?: string } };
    if (setup.natsServer?.path !== undefined) return setup.natsServer.path;
  }
  if (spawnSync('nats-server', ['--version']).status === 0) return 'nats-server';
  throw new Error('no nats-server: run `node src/setup.mjs`, or set NATS_SERVER_BIN');
}

export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = natsServerBinary();
  const folder = options.dir ?? mkdtempSync(path.join(tmpdir(), 'fairlead-nats-'));
  const ports = path.join(folder, 'ports');
  mkdirSync(ports, { recursive: true });
  const seedFile = path.join(folder, 'host.nk');
  const config = path.join(folder, 'server.conf');
  if (!existsSync(seedFile)) writeFileSync(seedFile, nkeys.createUser().getSeed(), { mode: 0o600 });
  const publicKey = nkeys.fromSeed(readFileSync(seedFile)).getPublicKey();
  let port = -1;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    writeFileSync(config, configText({ port, folder, publicKey, ...options }), { mode: 0o600 });
    const args = ['--config', config, '--ports_file_dir', ports];
    const started = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    let log = '';
    started.stderr.on('data', (text: Buffer) => (log = (log + text.toString()).slice(-4_000)));
    const file = path.join(ports, `${path.basename(binary)}_${String(started.pid)}.ports`);
    // The file is written at once but not atomically: unreadable counts as not there yet.
    for (let tries = 0; tries < 500; tries += 1) {
      if (started.exitCode !== null) throw new Error(`nats-server ended:\n${log}`);
      const url = existsSync(file) ? firstUrl(readFileSync(file, 'utf8')) : undefined;
      if (url !== undefined) {
        port = Number(new URL(url).port);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    started.kill('SIGKILL');
    throw new Error(`nats-server is not ready:\n${log}`);
  };

  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const dying = child;
    if (dying?.exitCode !== null || dying.signalCode !== null) return;
    const gone = new Promise((resolve) => dying.once('exit', resolve));
    dying.kill(signal);
    await gone;
  };

  const remove = (): void => {
    if (options.dir === undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    remove();
    throw error;
  }
  return {
    get url() {
      return `nats://127.0.0.1:${port}`;
    },
    get pid() {
      return child?.pid;
    },
    nkeySeedFile: seedFile,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    stop: async () => {
      await kill();
      remove();
    },
  };
}

function firstUrl(text: string): string | undefined {
  return /"nats":\["([^"]+)"/.exec(text)?.[1];
}

function configText(given: {
  port: number;
  folder: string;
  publicKey: string;
  jetStream?: boolean;
}): string {
  const store = path.join(given.folder, 'js');
  return [
    `listen: "127.0.0.1:${given.port}"`,
    'server_name: "fairlead-test"',
    ...(given.jetStream === false
      ? []
      : [`jetstream { store_dir: ${JSON.stringify(store)}, sync_interval: "1s" }`]),
    `authorization { users: [ { nkey: ${given.publicKey} } ] }`,
    '',
  ].join('\n');
}
