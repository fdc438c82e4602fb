/** The Node objects of a simulated cluster as its API shows them. */
import { isEtcdMember, isReady, isUp } from './membership.ts';
import type { Member, SimulatedCluster } from './membership.ts';

/** A node that went silent is reported Ready until the node controller gives it up. */
const silenceBeforeUnknownMs = 40_000;

export type NodeObject = ReturnType<typeof nodeObject>;

/** In the order of their names. */
export function nodeObjects(cluster: SimulatedCluster, scale: number): NodeObject[] {
  return cluster.members
    .filter((member) => member.listed)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((member) => nodeObject(cluster, member, scale));
}

function nodeObject(cluster: SimulatedCluster, member: Member, scale: number) {
  const nowMs = Date.now();
  const isServer = member.role === 'server';
  const conditions: { type: string; status: string; reason: string }[] = [
    { type: 'Ready', ...readyStatus(cluster, member, nowMs, scale) },
  ];
  if (isServer) conditions.push({ type: 'EtcdIsVoter', ...etcdStatus(member, nowMs) });
  return {
    metadata: {
      name: member.name,
      labels: isServer ? { 'node-role.kubernetes.io/control-plane': 'true' } : {},
      annotations: {
        ...(member.removed ? { [`${etcd}/removed-node-name`]: `${member.name}-etcd` } : {}),
        ...(member.removed || member.leavesAtMs !== null ? { [`${etcd}/remove`]: 'true' } : {}),
      },
    },
    spec: member.cordoned ? { unschedulable: true } : {},
    status: { conditions, nodeInfo: { kubeletVersion: member.version } },
  };
}

const etcd = 'etcd.k3s.cattle.io';

function readyStatus(cluster: SimulatedCluster, member: Member, nowMs: number, scale: number) {
  if (isReady(cluster, member, nowMs)) return { status: 'True', reason: 'KubeletReady' };
  if (member.running) return { status: 'False', reason: 'KubeletNotReady' };
  return nowMs - member.stoppedAtMs < silenceBeforeUnknownMs / scale
    ? { status: 'True', reason: 'KubeletReady' }
    : { status: 'Unknown', reason: 'NodeStatusUnknown' };
}

function etcdStatus(member: Member, nowMs: number) {
  if (!isEtcdMember(member)) return { status: 'False', reason: 'NotAMember' };
  if (!member.voter) return { status: 'False', reason: 'MemberIsLearner' };
  return isUp(member, nowMs)
    ? { status: 'True', reason: 'MemberNotLearner' }
    : { status: 'False', reason: 'Unhealthy' };
}
