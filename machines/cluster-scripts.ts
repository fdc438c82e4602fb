/** Parameters of the node scripts, rendered from the spec; one function per step. Pure, and free of secrets. */
import { nodeName } from './ids.ts';
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import { planOf, specOf } from './cluster-context.ts';
import { changes } from './limits.ts';

type Parameters = Record<string, string>;

const common = (context: ClusterContext, entry: NodeEntry): Parameters => ({
  FL_UID: context.uid,
  FL_CLUSTER: `${context.namespace}/${context.name}`,
  FL_NODE: nodeName(context.name, entry.pool, entry.ordinal, entry.incarnation),
});

const serverIps = (context: ClusterContext): string[] =>
  Object.values(context.nodes)
    .filter((entry) => entry.role === 'server' && entry.privateIp !== '')
    .map((entry) => entry.privateIp);

const pairs = (map: Readonly<Record<string, string>>): string =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

/** `stage`: download, verify and configure; identical on every node but for role and labels. */
export function stageScript(context: ClusterContext, entry: NodeEntry): Parameters {
  const spec = specOf(context);
  const plan = planOf(context);
  const pool = spec.agentPools.find((each) => each.name === entry.pool) ?? spec.servers;
  const sans = [...serverIps(context), spec.network.registrationAddress].filter((san) => san);
  return {
    ...common(context, entry),
    FL_ROLE: entry.role,
    FL_VERSION: plan.version,
    FL_ARCH: plan.architecture,
    FL_ARTIFACTS: spec.artifacts.baseUrl,
    FL_NODE_IP: entry.privateIp,
    FL_CLUSTER_CIDR: spec.network.clusterCIDR,
    FL_SERVICE_CIDR: spec.network.serviceCIDR,
    FL_CLUSTER_DNS: spec.network.clusterDNS,
    FL_FLANNEL: spec.network.flannelBackend,
    FL_DISABLE: spec.addons.disable.join(','),
    FL_SECRETS_ENCRYPTION: String(spec.secretsEncryption),
    FL_SNAPSHOT_CRON: spec.snapshots.schedule.replaceAll(' ', '_'),
    FL_SNAPSHOT_RETAIN: String(spec.snapshots.retain),
    FL_TLS_SANS: sans.join(','),
    FL_LABELS: pairs(pool.labels),
    FL_TAINTS: pool.taints.map((taint) => `${taint.key}=${taint.value}:${taint.effect}`).join(','),
  };
}

/** Where nodes reach the API: the fixed address if there is one, else the first server that serves it. */
function serverUrl(context: ClusterContext): string {
  const fixed = specOf(context).network.registrationAddress;
  const first = Object.values(context.nodes).find(
    ({ role, phase }) => role === 'server' && phase === 'ready',
  );
  return `https://${fixed === '' ? (first?.privateIp ?? '') : fixed}:6443`;
}

/** `init`, `join-server`, `join-agent`: secrets go by parameter name only. */
export function joinScript(
  context: ClusterContext,
  entry: NodeEntry,
  verb: 'init' | 'join-server' | 'join-agent',
): Parameters {
  const tokens = {
    FL_SERVER_TOKEN_PARAMETER: context.secrets?.server ?? '',
    FL_AGENT_TOKEN_PARAMETER: context.secrets?.agent ?? '',
  };
  const base = common(context, entry);
  if (verb === 'init') {
    const peers = serverIps(context).filter((ip) => ip !== entry.privateIp);
    return { ...base, ...tokens, FL_PEERS: peers.join(',') };
  }
  const joining = { ...base, FL_SERVER_URL: serverUrl(context), FL_CA_HASH: context.caHash };
  return verb === 'join-server'
    ? { ...joining, ...tokens }
    : { ...joining, FL_AGENT_TOKEN_PARAMETER: tokens.FL_AGENT_TOKEN_PARAMETER };
}

export const observeScript = (context: ClusterContext, entry: NodeEntry): Parameters =>
  common(context, entry);

/** `publish-access`: the kubeconfig goes to a SecureString parameter; only its name comes back. */
export const accessScript = (context: ClusterContext, entry: NodeEntry): Parameters => ({
  ...common(context, entry),
  FL_ENDPOINT: serverUrl(context),
  FL_PARAMETER: `/fairlead/${context.uid}/access/kubeconfig`,
});

/** `check`: what the node itself says of its unit. */
export const onNode = (context: ClusterContext, entry: NodeEntry): Parameters => ({
  ...common(context, entry),
  FL_ROLE: entry.role,
});

/** `drain`, `uncordon`, `leave-etcd`, `delete-node`: asked of a server about another node. */
export function aboutNode(
  context: ClusterContext,
  server: NodeEntry,
  target: NodeEntry,
  verb: 'drain' | 'uncordon' | 'leave-etcd' | 'delete-node',
): Parameters {
  const base = {
    ...common(context, server),
    FL_TARGET: nodeName(context.name, target.pool, target.ordinal, target.incarnation),
  };
  if (verb !== 'drain') return base;
  const pool = specOf(context).agentPools.find(({ name }) => name === target.pool);
  return {
    ...base,
    FL_DRAIN_TIMEOUT: String(pool?.drain.timeoutSeconds ?? changes.serverDrainSeconds),
    FL_ON_TIMEOUT: pool?.drain.onTimeout ?? 'abort',
  };
}

/** `snapshot`: named after the change it belongs to. */
export const snapshotScript = (context: ClusterContext, entry: NodeEntry): Parameters => ({
  ...common(context, entry),
  FL_SNAPSHOT: `before-${context.change?.opId ?? 'stop'}`,
});
