/** The local stack: nats-server, EC2/SSM simulator and hosts, supervised, on loopback, in one data folder. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { SafetyTimes } from '../../machines/replication-limits.ts';
import type { HostConfigInput } from '../config/host-config.ts';
import { packageRoot } from '../package-root.ts';
import type { ChildFiles, SupervisedChild } from './child.ts';
import { endLeftovers, openDataDir, wipeDataDir } from './data-dir.ts';
import type { DataDir } from './data-dir.ts';
import { childEnvironment } from './environment.ts';
import { DRAIN_GRACE_MS, hostChild, hostName } from './host.ts';
import type { HostReady } from './host.ts';
import { lockDataDir } from './lock.ts';
import { ensureNatsKeys, natsServer } from './nats-server.ts';
import type { NatsKeys, NatsReady } from './nats-server.ts';
import { simulatorChild } from './simulator.ts';
import type { SimulatorReady } from './simulator.ts';
import { StackError } from './stack-error.ts';

export interface StackOptions {
  /** Made if absent; holds everything the stack keeps. */
  readonly dataDir: string;
  /** How much faster than real time the simulated cloud and its polls run. Default 20. */
  readonly scale?: number;
  /** Seed of the simulator's durations and faults. Default: its own. */
  readonly seed?: number;
  /** Hosts that share the actors; ports that are given or preferred are the first one's. Default 1. */
  readonly hosts?: number;
  /** Fixed ports; default: those of the last start, else any free one. */
  readonly ports?: { readonly nats?: number; readonly http?: number; readonly inspector?: number };
  /** Port of the inspector when it is free and no other is kept. Default: any. */
  readonly inspectorPortPreferred?: number;
  /** What to start; the host needs the other two. Default: all. */
  readonly parts?: readonly ('nats' | 'simulator' | 'host')[];
  /** Removes what an earlier stack kept in the folder, once its lock is ours. Default false. */
  readonly isFresh?: boolean;
  /** The nats-server binary. Default: the one set-up noted. */
  readonly natsServerBinary?: string;
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** Further environment of the host, as for fault points in tests. */
  readonly hostEnvironment?: Readonly<Record<string, string>>;
  /** API servers that the host reaches by itself. Default: none. */
  readonly kubernetes?: HostConfigInput['kubernetes'];
  /** What keeps late writers of a replication apart. Default: short, as the simulator answers in milliseconds. */
  readonly safety?: SafetyTimes;
  /** What the supervisor does unasked. Default: nobody is told. */
  readonly say?: (text: string) => void;
}

export interface Stack {
  readonly dataDir: string;
  readonly data: DataDir;
  readonly keys: NatsKeys;
  readonly nats: SupervisedChild<NatsReady>;
  readonly simulator: SupervisedChild<SimulatorReady>;
  /** The first host. */
  readonly host: SupervisedChild<HostReady>;
  readonly hosts: readonly SupervisedChild<HostReady>[];
  /** Resolves with the reason when a part keeps ending and was given up. */
  readonly failed: Promise<StackError>;
  /** Hosts, simulator, nats-server, in this order; frees the folder. */
  readonly stop: () => Promise<void>;
  /** SIGKILL to every part at once, for a second Ctrl-C. */
  readonly killAll: () => Promise<void>;
}

const SCALE_DEFAULT = 20;

const setupNote = z.object({ natsServer: z.object({ path: z.string(), version: z.string() }) });

/** @throws StackError with what to do, after stopping what was already started */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, parts = ['nats', 'simulator', 'host'], say } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockDataDir(dataDir);
  let stack: Stack | undefined;
  try {
    if (options.isFresh === true) await wipeDataDir(dataDir);
    stack = assemble(options, unlock);
    await allStarted([
      ...(parts.includes('nats') ? [stack.nats.start()] : []),
      ...(parts.includes('simulator') ? [stack.simulator.start()] : []),
    ]);
    // Hosts that this stack does not have: with the server there they can give their partitions back.
    const kept = [...stack.hosts, stack.simulator, stack.nats].map(({ name }) => name);
    await endLeftovers(dataDir, { kept, graceMs: DRAIN_GRACE_MS, ...(say && { say }) });
    if (parts.includes('host')) await allStarted(stack.hosts.map((host) => host.start()));
    return stack;
  } catch (error) {
    if (stack === undefined) unlock();
    else await stack.stop();
    throw error;
  }
}

/** Waits for all even when one fails, so that what comes up late can still be stopped. */
async function allStarted(starting: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(starting);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

function assemble(options: StackOptions, unlock: () => void): Stack {
  const { dataDir, scale = SCALE_DEFAULT, say = () => undefined } = options;
  const data = openDataDir(dataDir);
  const keys = ensureNatsKeys(dataDir);
  const files = (name: string): ChildFiles => ({
    logFile: join(dataDir, 'logs', `${name}.log`),
    noteFile: join(dataDir, 'run', `${name}.json`),
    env: childEnvironment(join(dataDir, 'run')),
    say,
  });
  const nats = natsServer({
    ...files('nats-server'),
    dataDir,
    installation: data.installation,
    binary: options.natsServerBinary ?? binaryOfSetup(),
    keys,
    ...(options.ports?.nats !== undefined && { port: options.ports.nats }),
  });
  const simulator = simulatorChild({
    ...files('simulator'),
    dataDir,
    scale,
    ...(options.seed !== undefined && { seed: options.seed }),
  });
  const hostOf = (number: number) =>
    hostChild({
      ...files(hostName(number)),
      ...{ dataDir, scale, number },
      logLevel: options.logLevel ?? 'info',
      environment: options.hostEnvironment ?? {},
      ...(options.kubernetes !== undefined && { kubernetes: options.kubernetes }),
      ...(options.safety !== undefined && { safety: options.safety }),
      nats: () => ({ url: nats.ready.url, ...keys }),
      simulator: () => simulator.ready,
      ...(number === 1 && portsOfFirst(options)),
    });
  const host = hostOf(1);
  const others = Array.from({ length: (options.hosts ?? 1) - 1 }, (_, at) => hostOf(at + 2));
  const hosts = [host, ...others];
  const children = [...hosts, simulator, nats];
  const failed = Promise.race(children.map((child) => child.failed));
  return {
    ...{ dataDir, data, keys, nats, simulator, host, hosts, failed },
    stop: async () => {
      // Together, or the last would be handed what all the others had.
      await Promise.all(hosts.map((each) => each.stop()));
      for (const child of [simulator, nats]) await child.stop();
      unlock();
    },
    killAll: async () => {
      await Promise.all(children.map((child) => child.kill('SIGKILL')));
      unlock();
    },
  };
}

function portsOfFirst({ ports, inspectorPortPreferred }: StackOptions) {
  return {
    ...(ports?.http !== undefined && { port: ports.http }),
    ...(ports?.inspector !== undefined && { inspectorPort: ports.inspector }),
    ...(inspectorPortPreferred !== undefined && { inspectorPortPreferred }),
  };
}

function binaryOfSetup(): string {
  const file = join(packageRoot(), '.fairlead', 'setup.json');
  try {
    return setupNote.parse(JSON.parse(readFileSync(file, 'utf8'))).natsServer.path;
  } catch (error) {
    throw new StackError(
      'stack.notSetUp',
      `${file} names no nats-server (${(error as Error).message}). Run: node src/setup.mjs`,
    );
  }
}
