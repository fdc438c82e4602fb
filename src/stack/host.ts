/** A host of the stack as a supervised child: its config file, and of the first the endpoint file by which the CLI finds it. */
import { join } from 'node:path';
import { z } from 'zod';
import type { SafetyTimes } from '../../machines/replication-limits.ts';
import type { HostConfigInput } from '../config/host-config.ts';
import { builtFile } from './built-file.ts';
import { SupervisedChild } from './child.ts';
import type { ChildFiles } from './child.ts';
import { keptPort } from './ports.ts';
import type { NatsKeys } from './nats-server.ts';
import type { SimulatorReady } from './simulator.ts';
import { writeWhole } from './whole-file.ts';

const hostReady = z.object({
  ready: z.literal(true),
  hostId: z.string(),
  httpPort: z.int(),
  /** Absent when the inspector is not served. */
  inspectorPort: z.int().optional(),
  tokenFile: z.string().optional(),
});
export type HostReady = z.infer<typeof hostReady>;

export interface HostOptions extends ChildFiles {
  readonly dataDir: string;
  /** 1 is the host whose inspector and health the stack tells of. Default 1. */
  readonly number?: number;
  readonly scale: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  readonly port?: number;
  readonly inspectorPort?: number;
  /** Of the inspector, where no port is given and none is kept. Default: any. */
  readonly inspectorPortPreferred?: number;
  /** Added to the scrubbed environment, as for fault points in tests. */
  readonly environment: Readonly<Record<string, string>>;
  readonly kubernetes?: HostConfigInput['kubernetes'];
  readonly safety?: SafetyTimes;
  /** With `replicas` 3 its servers keep every stream as often. */
  readonly nats: () => NatsKeys & { readonly url: string; readonly replicas?: 1 | 3 };
  readonly simulator: () => SimulatorReady;
}

/** Calls to the simulator are over in milliseconds; what has to be waited for because of them is shorter by as much. */
const stackSafety = {
  ...{ issueWindowMs: 3_000, attemptTimeoutMs: 2_000, clockSkewMs: 500 },
  ...{ ssmDeliveryMs: 2_000, proofGapMs: 500 },
};

/** Of a host's child, files and folders. */
export const hostName = (number: number): string => (number === 1 ? 'host' : `host-${number}`);

const READY_DEADLINE_MS = 30_000;
/** From SIGTERM to SIGKILL. */
export const DRAIN_GRACE_MS = 15_000;

export function hostChild(options: HostOptions): SupervisedChild<HostReady> {
  const { dataDir, number = 1, environment, env, logFile, noteFile, say } = options;
  const configFile = join(dataDir, `${hostName(number)}.json`);
  const isFirst = number === 1;
  const portFile = (of: string) => join(dataDir, 'run', `${of}${isFirst ? '' : `-${number}`}.port`);
  const port = keptPort(portFile('http'), options.port);
  const inspectorPort = keptPort(
    portFile('inspector'),
    options.inspectorPort,
    options.inspectorPortPreferred,
  );
  return new SupervisedChild({
    ...{ logFile, noteFile, say },
    env: { ...env, ...environment },
    name: hostName(number),
    readyDeadlineMs: READY_DEADLINE_MS,
    stopGraceMs: DRAIN_GRACE_MS,
    command: async () => {
      const ports = { http: await port.wish(), inspector: await inspectorPort.wish() };
      writeWhole(configFile, JSON.stringify(hostConfig(options, ports), undefined, 2));
      return {
        file: process.execPath,
        arguments: [builtFile('src/main.js'), '--config', configFile],
      };
    },
    ready: async ({ pid, firstLine }) => {
      const ready = hostReady.parse(JSON.parse(await firstLine));
      const { httpPort, inspectorPort: opened, tokenFile } = ready;
      port.keep(httpPort);
      if (opened !== undefined) inspectorPort.keep(opened);
      if (!isFirst) return ready;
      const { url, cliSeedFile } = options.nats();
      const inspector = { inspectorPort: opened, inspectorTokenFile: tokenFile };
      const endpoint = { url, nkeyFile: cliSeedFile, httpPort, ...inspector, pid };
      writeWhole(join(dataDir, 'endpoint.json'), `${JSON.stringify(endpoint)}\n`);
      return ready;
    },
  });
}

function hostConfig(
  options: HostOptions,
  ports: { readonly http: number; readonly inspector: number },
): HostConfigInput {
  const { url, hostSeedFile, replicas = 1 } = options.nats();
  const { endpoint, accessKeyFile, artifactsUrl } = options.simulator();
  return {
    dataDir: join(options.dataDir, hostName(options.number ?? 1)),
    nats: { url, nkeySeedFile: hostSeedFile, replicas },
    aws: { mode: 'simulator', endpoint, accessKeyFile },
    artifacts: { url: artifactsUrl },
    pacing: { scale: options.scale },
    replication: { safety: options.safety ?? stackSafety },
    http: { host: '127.0.0.1', port: ports.http },
    inspector: { host: '127.0.0.1', port: ports.inspector },
    log: { level: options.logLevel },
    ...(options.kubernetes !== undefined && { kubernetes: options.kubernetes }),
  };
}
