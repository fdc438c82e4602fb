/** Clusters as the service shows them. */
import type { ClusterStatus, ClusterView, NodeView } from '../../../src/cli/view.ts';
import { nowMs } from './fake-terminal.ts';

const node = (
  name: string,
  role: string,
  state: string,
  more: Partial<NodeView> = {},
): NodeView => ({
  name,
  role,
  pool: role === 'server' ? 'server' : 'pool',
  slot: role === 'server' ? 's0' : 'a0',
  incarnation: 1,
  instanceId: 'i-0a1b2c3d4e5f60718',
  zone: 'eu-central-1a',
  type: 'm6i.large',
  state,
  progress: 0,
  privateIp: '10.0.0.11',
  sinceMs: nowMs - 90_000,
  reason: '',
  ...more,
});

interface Wish {
  readonly name: string;
  readonly namespace?: string;
  readonly revision?: number;
  readonly status?: Partial<ClusterStatus>;
}

/** A running cluster of one server and one agent, changed as wished. */
export const clusterView = ({
  name,
  namespace = 'default',
  revision = 7,
  status,
}: Wish): ClusterView => ({
  apiVersion: 'fairlead.dev/v1',
  kind: 'Cluster',
  metadata: { namespace, name, uid: `01jd${name}`, labels: { team: 'web' } },
  spec: {
    region: 'eu-central-1',
    version: { channel: 'stable' },
    servers: { count: 1 },
    agentPools: [{ name: 'pool', count: 1 }],
  },
  status: {
    phase: 'Running',
    state: 'running.steady',
    generation: 1,
    paused: false,
    health: 'healthy',
    resolved: { version: 'v1.31.4+k3s1', zones: ['eu-central-1a', 'eu-central-1b'] },
    nodes: [
      node(`${name}-server-0-1`, 'server', 'ready'),
      node(`${name}-pool-0-1`, 'agent', 'ready'),
    ],
    progress: {
      percent: 100,
      steps: [
        { name: 'Provisioning', state: 'Done' },
        { name: 'Installing', state: 'Done' },
      ],
    },
    conditions: [{ type: 'Ready', status: 'True', reason: 'ClusterReady', message: '2 of 2' }],
    createdAtMs: nowMs - 2 * 3_600_000,
    sinceMs: nowMs - 3_600_000,
    ...status,
  },
  revision,
  asOf: new Date(nowMs).toISOString(),
  allowedNext: ['apply', 'delete', 'pause'],
});

/** The same cluster on its way: one server staging, nothing ready. */
export const installingView = (name: string, revision = 3): ClusterView =>
  clusterView({
    name,
    revision,
    status: {
      phase: 'Installing',
      state: 'installing.staging',
      health: 'unknown',
      nodes: [node(`${name}-server-0-1`, 'server', 'staging', { progress: 75 })],
      conditions: [{ type: 'Ready', status: 'False', reason: 'Staging', message: '0 of 1' }],
    },
  });

/** Rests until a person helps. */
export const blockedView = (name: string, revision = 4): ClusterView =>
  clusterView({
    name,
    revision,
    status: {
      phase: 'Failed',
      state: 'failed.blocked',
      health: 'unknown',
      lastError: {
        type: 'QuotaExceeded',
        code: 'VcpuLimitExceeded',
        message: 'your quota allows 8 vCPUs',
        step: 'provisioning.nodes',
        hint: 'raise the quota or ask for less, then retry',
      },
    },
  });
