/** Three nats-servers that keep every stream three times: the cluster variant of chaos. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, nkeyAuthenticator, nkeys } from '@nats-io/transport-node';
import { SupervisedChild } from '../../../src/stack/child.ts';
import type { ChildFiles } from '../../../src/stack/child.ts';
import type { NatsKeys, NatsReady } from '../../../src/stack/nats-server.ts';
import { writeWhole } from '../../../src/stack/whole-file.ts';

export interface TrioOptions {
  readonly dir: string;
  readonly binary: string;
  readonly keys: NatsKeys;
  readonly files: (name: string) => ChildFiles;
}

const names = ['n1', 'n2', 'n3'] as const;
const READY_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 12_000;
const POLL_MS = 50;

/** Not started yet; start all at once, since one alone never gets ready. */
export async function natsTrio(options: TrioOptions): Promise<SupervisedChild<NatsReady>[]> {
  const clients = await freePorts(names.length);
  const routes = await freePorts(names.length);
  return names.map((name, index) => {
    const port = clients[index] ?? 0;
    const folder = join(options.dir, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const config = join(folder, 'server.conf');
    const text = configText({ name, folder, port, routes, route: routes[index] ?? 0, ...options });
    writeWhole(config, text);
    return new SupervisedChild<NatsReady>({
      ...options.files(name),
      name,
      readyDeadlineMs: READY_DEADLINE_MS,
      stopGraceMs: STOP_GRACE_MS,
      command: () => Promise.resolve({ file: options.binary, arguments: ['--config', config] }),
      ready: ({ signal }) => untilAnswers(`nats://127.0.0.1:${port}`, options.keys, signal),
    });
  });
}

async function untilAnswers(url: string, keys: NatsKeys, signal: AbortSignal): Promise<NatsReady> {
  const seed = new TextEncoder().encode(readFileSync(keys.hostSeedFile, 'utf8').trim());
  const authenticator = nkeyAuthenticator(seed);
  for (;;) {
    try {
      const nc = await connect({ servers: url, authenticator, reconnect: false, timeout: 1_000 });
      const { version = 'unknown' } = nc.info ?? {};
      await nc.close();
      return { url, version };
    } catch {
      await sleep(POLL_MS, undefined, { signal }); // Not up yet; the caller's deadline ends this.
    }
  }
}

function configText(given: {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  readonly route: number;
  readonly routes: readonly number[];
  readonly keys: NatsKeys;
}): string {
  const keyOf = (file: string): string =>
    nkeys.fromSeed(new TextEncoder().encode(readFileSync(file, 'utf8').trim())).getPublicKey();
  const others = given.routes.filter((port) => port !== given.route);
  return `server_name: "${given.name}"
listen: "127.0.0.1:${given.port}"
jetstream { store_dir: ${JSON.stringify(join(given.folder, 'js'))}, sync_interval: "1s" }
cluster {
  name: "chaos"
  listen: "127.0.0.1:${given.route}"
  # Clients keep to the addresses they were given: each of them is a line that can be broken.
  no_advertise: true
  routes: [${others.map((port) => `"nats://127.0.0.1:${port}"`).join(', ')}]
}
authorization { users: [
  { nkey: ${keyOf(given.keys.hostSeedFile)} }
  { nkey: ${keyOf(given.keys.cliSeedFile)} }
] }
`;
}

/** Ports that were free a moment ago: a cluster's servers must know each other's before any of them runs. */
async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, () => {
      const probe = createServer();
      return new Promise<typeof probe>((resolve, reject) => {
        probe.once('error', reject).listen(0, '127.0.0.1', () => resolve(probe));
      });
    }),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
