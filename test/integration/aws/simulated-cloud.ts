/** The adapter and the simulator in one process, over real HTTP and the real SDK, with the shipped node scripts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createAws } from '../../../src/aws/cloud.ts';
import type { Aws } from '../../../src/aws/cloud.ts';
import { createSessions } from '../../../src/aws/session.ts';
import type { Sessions, SessionsConfig } from '../../../src/aws/session.ts';
import { parseResult, renderScript, verbs } from '../../../src/k3s/script.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';
import { sharedCalls } from '../../fakes/shared-calls.ts';
import type { ClusterPlan, LaunchOrder } from '../../../machines/messages.ts';
import type { ClusterSpec } from '../../../machines/specs.ts';

export const scale = 400;
export const scope = { account: 'main', region: 'eu-central-1' } as const;

export interface SimulatedCloud extends Omit<Aws, 'close'> {
  /** For reads the ports do not offer. */
  readonly sessions: Sessions;
  /** One request on the side path. */
  side(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** The same cloud seen with other credentials. */
  withKey(accessKeyId: string): Aws;
  close(): Promise<void>;
}

export async function startCloud(): Promise<SimulatedCloud> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fairlead-aws-'));
  const simulator = await startSimulator({ dataDir, port: 0, scale, seed: 7, isFresh: true });
  const [accessKeyId = '', secretAccessKey = ''] = simulator.accessKey.split(':');
  const settings = (id: string): SessionsConfig => ({
    mode: 'simulator',
    endpoint: simulator.endpoint,
    credentials: { accessKeyId: id, secretAccessKey },
    accounts: { main: { ownerId: '000000000000' } },
  });
  const withKey = (id: string) =>
    createAws({
      ...settings(id),
      pacingScale: scale,
      shared: sharedCalls(),
      artifactsUrl: simulator.artifactsUrl,
      script: {
        render: (verb, parameters) => {
          const known = verbs.find((each) => each === verb);
          if (known === undefined) throw new Error(`there is no script ${verb}`);
          return renderScript(known, parameters);
        },
        parse: parseResult,
      },
    });
  const aws = withKey(accessKeyId);
  const sessions = createSessions(settings(accessKeyId));
  const side = async (method: string, path: string, body?: object) => {
    const reply = await fetch(`${simulator.endpoint}/_sim/${path}`, {
      method,
      headers: { 'x-sim-key': simulator.accessKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    return (await reply.json()) as Record<string, unknown>;
  };
  return {
    ...aws,
    sessions,
    side,
    withKey,
    close: async () => {
      aws.close();
      sessions.close();
      await simulator.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const attempt = () => ({
  signal: AbortSignal.timeout(30_000),
  correlationId: 'integration',
});

/** Repeats what the adapter calls retryable, as the operation machine does: new things are not seen everywhere at once. */
export async function repeated<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      const { fault } = error as { fault?: { type: string } };
      if (fault?.type !== 'Retryable' || tries === 20) throw error;
      await pause(20);
    }
  }
}

/** A launch as the cluster machine renders it. */
export const orderOf = (
  offer: LaunchOrder['offer'],
  uid: string,
  more: Partial<LaunchOrder> = {},
): LaunchOrder => ({
  ...scope,
  offer,
  rootDevice: '/dev/xvda',
  rootVolume: { sizeGiB: 30, encrypted: true, kmsKeyId: '' },
  securityGroupIds: [],
  instanceProfile: 'fairlead-server',
  publicIp: false,
  protected: false,
  tags: {
    'fairlead:managed-by': 'fairlead',
    'fairlead:uid': uid,
    'fairlead:role': 'server',
    'fairlead:slot': 's0',
    'fairlead:incarnation': '1',
  },
  ...more,
});

/** What `stage` is told of a server, beside its names. */
export const stagedServer = (
  { version, architecture }: ClusterPlan,
  { network, snapshots }: ClusterSpec,
  privateIp: string,
) => ({
  ...{ FL_ROLE: 'server', FL_VERSION: version, FL_ARCH: architecture, FL_NODE_IP: privateIp },
  FL_CLUSTER_CIDR: network.clusterCIDR,
  FL_SERVICE_CIDR: network.serviceCIDR,
  FL_CLUSTER_DNS: network.clusterDNS,
  FL_FLANNEL: network.flannelBackend,
  FL_SECRETS_ENCRYPTION: 'true',
  FL_SNAPSHOT_CRON: snapshots.schedule.replaceAll(' ', '_'),
  FL_SNAPSHOT_RETAIN: String(snapshots.retain),
});
