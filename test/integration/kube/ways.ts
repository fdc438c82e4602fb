/** Both ways to a cluster's API, over one pretended server: what the contract of KubePort is run on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubePort } from '../../../actors/kube-port.ts';
import type { Attempt } from '../../../actors/ports.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { createAccessSource } from '../../../src/k3s/kube-access.ts';
import { createDirectKube } from '../../../src/k3s/kube-direct.ts';
import { createSsmKube } from '../../../src/k3s/kube-ssm.ts';
import { startKubeServer } from '../../servers/kube/api-server.ts';
import type { KubeServer, KubeServerOptions } from '../../servers/kube/api-server.ts';
import { startNodeRemote } from '../../servers/kube/node-remote.ts';
import type { NodeRemote } from '../../servers/kube/node-remote.ts';

export const cluster = 'shop/eu';

export const attempt = (signal = new AbortController().signal): Attempt => ({
  ...{ signal, correlationId: 'test' },
});

export interface Way<Port extends KubePort = KubePort> {
  readonly server: KubeServer;
  readonly port: Port;
  stop(): Promise<void>;
}

export type DirectWay = Way<Required<KubePort>> & { readonly folder: string };
export type SsmWay = Way & { readonly remote: NodeRemote };

export const kubeconfig = (server: string, token = 'test-token', more: object = {}): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    clusters: [{ name: 'c', cluster: { server, ...more } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  });

export async function direct(options: KubeServerOptions = {}): Promise<DirectWay> {
  const server = await startKubeServer({ token: 'test-token', ...options });
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-kube-'));
  const kubeconfigFile = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigFile, kubeconfig(server.url));
  const access = createAccessSource(cluster, { kubeconfigFile }, systemClock);
  return {
    ...{ server, folder },
    port: createDirectKube({ cluster, access, clock: systemClock, random: systemRandom }),
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const nodes = ['i-1', 'i-2', 'i-3'].map((instanceId, index) => ({
  ...{ account: 'main', region: 'eu-test-1', instanceId },
  node: `eu-s0-${String(index + 1)}`,
}));

export async function overSsm(options: KubeServerOptions = {}): Promise<SsmWay> {
  const server = await startKubeServer(options);
  const remote = await startNodeRemote(server.url);
  return {
    ...{ server, remote },
    port: createSsmKube({
      ...{ cluster, remote, clock: systemClock, random: systemRandom },
      servers: () => Promise.resolve({ uid: 'uid-1', nodes }),
    }),
    stop: async () => {
      await server.stop();
      await remote.stop();
    },
  };
}
