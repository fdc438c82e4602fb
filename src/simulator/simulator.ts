/** The simulator put together: one data folder, one loopback port, the cloud and the machines in it. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCallLog } from './call-log.ts';
import { createClock } from './clock.ts';
import { createDraw } from './draw.ts';
import { instanceDirectory } from './ec2/directory.ts';
import { resumeMachines } from './ec2/machine-effects.ts';
import { createFaults } from './faults.ts';
import type { FaultRow } from './faults.ts';
import { createNodeHalf } from './node/half.ts';
import type { NodeHalf, NodeHalfOptions } from './node/half.ts';
import { createHttpServer } from './server.ts';
import { resumeDeliveries } from './ssm/delivery.ts';
import { writeAtomically } from './state/atomic-file.ts';
import { openJournal } from './state/journal.ts';
import { createThrottle } from './throttle.ts';
import type { Bucket } from './throttle.ts';
import { openVault } from './vault.ts';
import { openTables } from './world.ts';
import type { World } from './world.ts';

export interface SimulatorOptions {
  readonly dataDir: string;
  /** 0: the port of the last start if it is free, else any. */
  readonly port: number;
  /** Every duration of the cloud is divided by it; 1 is real time. */
  readonly scale: number;
  readonly seed: number;
  /** Forgets everything but access key and port. */
  readonly isFresh: boolean;
  /** The machines; tests of the cloud alone put in machines that run nothing. */
  readonly makeNodes?: (options: NodeHalfOptions) => NodeHalf;
}

export interface Simulator {
  readonly endpoint: string;
  readonly artifactsUrl: string;
  readonly accessKeyFile: string;
  /** `AKID:SECRET`. */
  readonly accessKey: string;
  close(): Promise<void>;
}

const journalName = 'journal.ndjson';
const nodesName = 'nodes';

/** Starts it and resumes what the folder holds. One process per folder. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { dataDir, scale, seed } = options;
  const makeNodes = options.makeNodes ?? createNodeHalf;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const accessKeyFile = join(dataDir, 'access-key');
  const vault = openVault(accessKeyFile);
  let endpoint = '';
  const nodes = (directory: NodeHalfOptions['directory']): NodeHalf =>
    makeNodes({
      folder: join(dataDir, nodesName),
      scale,
      seed,
      directory,
      baseUrl: () => endpoint,
      ssmEndpoint: () => endpoint,
      credentialsFor: vault.credentialsFor,
    });
  if (options.isFresh) wipe(dataDir, nodes);
  const journal = openJournal(join(dataDir, journalName));
  const tables = openTables(journal);
  const clock = createClock(scale);
  const half = nodes(instanceDirectory(tables, clock));
  half.runner.endLeftovers();
  const draw = createDraw(seed);
  const { together } = journal;
  const world: World = { clock, draw, tables, together, vault, runner: half.runner };
  const buckets = journal.table<Bucket>('buckets');
  const server = createHttpServer({
    control: {
      world,
      faults: createFaults(journal.table<FaultRow>('faults'), draw),
      buckets,
      log: createCallLog(clock.nowMs),
      machines: () => half.state(),
      reset: () => {
        forgetMachines(world);
        journal.clear();
      },
    },
    throttle: createThrottle(clock, buckets),
    nodes: half,
  });
  const port = await listen(server, options.port === 0 ? rememberedPort(dataDir) : options.port);
  endpoint = `http://127.0.0.1:${String(port)}`;
  writeAtomically(join(dataDir, 'port'), `${String(port)}\n`);
  resumeMachines(world);
  resumeDeliveries(world);
  return {
    endpoint,
    artifactsUrl: `${endpoint}/_artifacts`,
    accessKeyFile,
    accessKey: vault.accessKey,
    close: async () => {
      clock.stop();
      await closeServer(server);
      half.close();
      journal.close();
    },
  };
}

/** Only what the simulator itself made is removed: the folder was named by the caller and may hold other things. */
function wipe(dataDir: string, nodes: (directory: NodeHalfOptions['directory']) => NodeHalf): void {
  const nobody = {
    byId: () => undefined,
    byPrivateIp: () => undefined,
    upSinceMs: () => undefined,
  };
  const earlier = nodes(nobody);
  earlier.runner.endLeftovers();
  earlier.close();
  rmSync(join(dataDir, journalName), { force: true });
  rmSync(join(dataDir, nodesName), { recursive: true, force: true });
}

function forgetMachines(world: World): void {
  for (const { instanceId } of world.tables.instances.all()) {
    world.runner.halt(instanceId);
    world.runner.forget(instanceId);
  }
}

function rememberedPort(dataDir: string): number {
  try {
    return Number(readFileSync(join(dataDir, 'port'), 'utf8')) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Binds loopback only. A remembered port that somebody else has taken is given up for any free one. */
async function listen(server: Server, port: number): Promise<number> {
  try {
    return await bind(server, port);
  } catch (error) {
    if (port === 0 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return bind(server, 0);
  }
}

function bind(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => {
      if (error === undefined) resolve();
      else reject(error);
    });
    server.closeAllConnections();
  });
}
