/** The processes of one run: servers, simulator, hosts, and a line of its own from each host to each server. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../../../src/stack/environment.ts';
import type { ChildFiles, SupervisedChild } from '../../../src/stack/child.ts';
import { hostChild, hostName } from '../../../src/stack/host.ts';
import type { HostReady } from '../../../src/stack/host.ts';
import { ensureNatsKeys, natsServer } from '../../../src/stack/nats-server.ts';
import type { NatsKeys, NatsReady } from '../../../src/stack/nats-server.ts';
import { simulatorChild } from '../../../src/stack/simulator.ts';
import type { SimulatorReady } from '../../../src/stack/simulator.ts';
import { natsServerBinary } from '../../servers/nats.ts';
import { Link } from './link.ts';
import { natsTrio } from './nats-trio.ts';

/** How much faster than real time the cloud, its polls and waits between tries run. */
const scale = 100;

export interface HostProcess {
  readonly name: string;
  readonly child: SupervisedChild<HostReady>;
  /** As records name it; known once it was ready. */
  readonly id: () => string;
  /** One per server. */
  readonly links: readonly Link[];
  /** To the simulated cloud. */
  readonly cloud: Link;
}

export interface World {
  readonly dir: string;
  readonly keys: NatsKeys;
  readonly servers: readonly SupervisedChild<NatsReady>[];
  readonly simulator: SupervisedChild<SimulatorReady>;
  readonly hosts: readonly HostProcess[];
  readonly isCluster: boolean;
  /** Life of a lease that nobody renews. */
  readonly leaseTtlMs: number;
  /** Past every link, separated by commas. */
  readonly natsUrls: string;
  /** Resolves with the reason when a process keeps ending by itself. */
  readonly failed: Promise<Error>;
  /** Unasked ends of hosts: none is right. */
  readonly crashes: () => number;
  readonly close: (isKept: boolean) => Promise<void>;
  readonly killAll: () => Promise<void>;
}

export interface WorldWish {
  readonly hosts: number;
  readonly isCluster: boolean;
  readonly seed: number;
  readonly say: (text: string) => void;
}

const ttlMs = { single: 5_000, cluster: 20_000 } as const;

/** Starts everything. @throws what the first part that does not start says, after stopping the others */
export async function openWorld(wish: WorldWish): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-chaos-'));
  for (const folder of ['logs', 'run']) mkdirSync(join(dir, folder));
  const world = await assemble(dir, wish);
  try {
    await Promise.all([...world.servers, world.simulator].map((child) => child.start()));
    const [first, ...others] = world.hosts;
    await first?.child.start(); // It makes the streams; the others find them.
    await Promise.all(others.map(({ child }) => child.start()));
    for (const { id } of world.hosts) id();
    return world;
  } catch (error) {
    await world.close(true);
    throw error;
  }
}

async function assemble(dir: string, wish: WorldWish): Promise<World> {
  const { isCluster } = wish;
  const keys = ensureNatsKeys(dir);
  const files = (name: string): ChildFiles => ({
    logFile: join(dir, 'logs', `${name}.log`),
    noteFile: join(dir, 'run', `${name}.json`),
    env: childEnvironment(join(dir, 'run')),
    say: wish.say,
  });
  const binary = natsServerBinary();
  const servers = isCluster
    ? await natsTrio({ dir: join(dir, 'nats'), binary, keys, files })
    : [oneServer(dir, binary, keys, files)];
  const simulator = simulatorChild({
    ...files('simulator'),
    ...{ dataDir: dir, scale, seed: wish.seed },
  });
  const hosts: HostProcess[] = [];
  for (let number = 1; number <= wish.hosts; number += 1)
    hosts.push(await hostOf(number, { dir, keys, servers, simulator, files, isCluster }));
  const all = [...hosts.map(({ child }) => child), simulator, ...servers];
  const failed = Promise.race(all.map((child) => child.failed));
  const closeLinks = () =>
    Promise.all(hosts.flatMap(({ links, cloud }) => [...links, cloud].map((l) => l.close())));
  return {
    ...{ dir, keys, servers, simulator, hosts, isCluster, failed },
    leaseTtlMs: isCluster ? ttlMs.cluster : ttlMs.single,
    get natsUrls() {
      return servers.map(({ ready }) => ready.url).join(',');
    },
    crashes: () => hosts.reduce((sum, { child }) => sum + child.restarts, 0),
    close: async (isKept) => {
      await Promise.all(hosts.map(({ child }) => child.stop()));
      await Promise.all([simulator, ...servers].map((child) => child.stop()));
      await closeLinks();
      if (!isKept) await rm(dir, { recursive: true, force: true });
    },
    killAll: async () => {
      await Promise.all(all.map((child) => child.kill('SIGKILL')));
    },
  };
}

const oneServer = (
  dataDir: string,
  binary: string,
  keys: NatsKeys,
  files: (name: string) => ChildFiles,
): SupervisedChild<NatsReady> =>
  natsServer({
    ...files('nats-server'),
    ...{ dataDir, binary, keys, installation: randomBytes(4).toString('hex') },
  });

interface Surroundings {
  readonly dir: string;
  readonly keys: NatsKeys;
  readonly servers: readonly SupervisedChild<NatsReady>[];
  readonly simulator: SupervisedChild<SimulatorReady>;
  readonly files: (name: string) => ChildFiles;
  readonly isCluster: boolean;
}

async function hostOf(number: number, around: Surroundings): Promise<HostProcess> {
  const { dir, keys, servers, simulator, files, isCluster } = around;
  const name = hostName(number);
  const links = await Promise.all(
    servers.map((server) =>
      Link.open(lastPort(() => (server.pid === undefined ? undefined : server.ready.url))),
    ),
  );
  const cloud = await Link.open(lastPort(() => simulator.ready.endpoint));
  const url = links.map(({ port }) => `nats://127.0.0.1:${port}`).join(',');
  const child = hostChild({
    ...files(name),
    ...{ dataDir: dir, number, scale, logLevel: 'info', environment: {} },
    nats: () => ({ url, ...keys, replicas: isCluster ? 3 : 1 }),
    simulator: () => ({ ...simulator.ready, endpoint: `http://127.0.0.1:${cloud.port}` }),
  });
  let known: string | undefined;
  return { name, child, links, cloud, id: () => (known ??= child.ready.hostId) };
}

/** A server keeps its port; while it is down the line still leads to where it was. */
function lastPort(url: () => string | undefined): () => { readonly port: number } {
  let port = 0;
  return () => {
    const now = url();
    if (now !== undefined) port = Number(new URL(now).port);
    return { port };
  };
}
