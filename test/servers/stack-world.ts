/** A running stack with the means to hold a call, kill a part, and judge by the simulator's own books. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SafetyTimes } from '../../machines/replication-limits.ts';
import { clusterManifestSchema } from '../../machines/specs.ts';
import type { HostConfigInput } from '../../src/config/host-config.ts';
import { connectClient } from '../../src/nats/client.ts';
import type { FairleadClient, Outcome } from '../../src/nats/client.ts';
import { groundTruth } from '../../src/stack/ground-truth.ts';
import type { GroundTruth } from '../../src/stack/ground-truth.ts';
import { sidePath } from '../../src/stack/side-path.ts';
import { startStack } from '../../src/stack/stack.ts';
import type { Stack } from '../../src/stack/stack.ts';

export interface StackWorld {
  readonly stack: Stack;
  readonly client: FairleadClient;
  /** Applies a cluster of this many servers and agents in namespace `test`. */
  apply(name: string, servers: number, agents?: number): Promise<Outcome>;
  remove(name: string): Promise<Outcome>;
  /** State path, or the problem's code when there is no such cluster. */
  state(name: string): Promise<string>;
  until(what: string, holds: () => Promise<boolean>, boundMs?: number): Promise<void>;
  /** Sends to the simulator's side path. */
  simulator(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  truth(): Promise<GroundTruth>;
  restartHost(): Promise<void>;
  close(): Promise<void>;
}

interface StackWorldOptions {
  readonly scale: number;
  readonly seed: number;
  /** Default 1. */
  readonly hosts?: number;
  readonly logLevel?: 'debug' | 'info';
  /** Variables of the host, as FAIRLEAD_PROFILE. */
  readonly hostEnvironment?: Readonly<Record<string, string>>;
  /** API servers that the host reaches by itself. */
  readonly kubernetes?: HostConfigInput['kubernetes'];
  /** What keeps late writers of a replication apart. */
  readonly safety?: SafetyTimes;
  /** Protects machines from being terminated by accident. Default false. */
  readonly isProtected?: boolean;
}

export async function stackWorld({
  isProtected = false,
  ...options
}: StackWorldOptions): Promise<StackWorld> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-world-'));
  const stack = await startStack({ dataDir, ...options });
  const client = await connectClient({
    url: stack.nats.ready.url,
    nkeySeedFile: stack.keys.cliSeedFile,
  });
  const address = (name: string) => ({ namespace, kind: 'cluster', name });
  const truth = () => groundTruth(stack.simulator.ready);

  return {
    ...{ stack, client, truth },
    apply: (name, servers, agents = 0) =>
      client.command(
        {
          ...address(name),
          verb: 'apply',
          arguments: { manifest: manifest(name, servers, agents, isProtected) },
        },
        { timeoutMs: 30_000 },
      ),
    remove: (name) =>
      client.command({ ...address(name), verb: 'delete', arguments: {} }, { timeoutMs: 30_000 }),
    async state(name) {
      try {
        const view = await client.query({ ...address(name), verb: 'get' });
        return (view['status'] as { state: string }).state;
      } catch (error) {
        return (error as { problem?: { code?: string } }).problem?.code ?? String(error);
      }
    },
    async until(what, holds, boundMs = 60_000) {
      const deadlineMs = performance.now() + boundMs;
      while (!(await holds())) {
        if (performance.now() > deadlineMs) throw new Error(`not within ${boundMs} ms: ${what}`);
        await tick();
      }
    },
    simulator: (method, path, body) => sidePath(stack.simulator.ready, method, path, { body }),
    async restartHost() {
      await stack.host.kill('SIGKILL');
      await stack.host.start();
    },
    async close() {
      await client.close();
      await stack.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

/** All clusters of the world live here. */
const namespace = 'test';

/** Between two looks at a condition. */
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 25));

export const manifest = (name: string, servers = 1, agents = 0, isProtected = false) =>
  clusterManifestSchema.parse({
    apiVersion: 'fairlead.dev/v1',
    kind: 'Cluster',
    metadata: { namespace, name },
    spec: {
      region: 'eu-central-1',
      servers: { count: servers, instanceTypes: ['t3.medium'] },
      protection: { instances: isProtected },
      agentPools:
        agents === 0 ? [] : [{ name: 'web', count: agents, instanceTypes: ['t3.medium'] }],
    },
  });

/** Live instances of a uid that share a slot with another live one. */
export function doubledSlots({ instances }: GroundTruth): string[] {
  const live = instances.filter((each) => !['terminated', 'shutting-down'].includes(each.state));
  const places = live.map((each) => `${each.uid ?? 'no uid'}/${each.slot ?? 'no slot'}`);
  return places.filter((place, index) => places.indexOf(place) !== index);
}

export const liveCount = ({ instances }: GroundTruth): number =>
  instances.filter((each) => each.state !== 'terminated').length;
