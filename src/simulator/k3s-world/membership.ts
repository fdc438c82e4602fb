/** The rules of K3s membership as pure functions of a stored cluster and the time: who is ready, who votes, who may join. */
import { z } from 'zod';

const memberSchema = z.object({
  name: z.string(),
  instanceId: z.string(),
  region: z.string(),
  ip: z.string(),
  role: z.enum(['server', 'agent']),
  version: z.string(),
  /** Whether the service runs; false while the machine is off or the service is stopped. */
  running: z.boolean(),
  /** Whether the service comes back with its machine. */
  enabled: z.boolean(),
  /** A lost server stays an etcd member until it is removed. */
  machine: z.enum(['on', 'off', 'gone']),
  /** The boot its service belongs to; null while the machine is down. */
  bootedAtMs: z.number().nullable().default(null),
  readyAtMs: z.number(),
  /** When a learner is promoted at the earliest; the first server votes from the start. */
  voterAtMs: z.number(),
  voter: z.boolean(),
  stoppedAtMs: z.number(),
});
export type Member = z.infer<typeof memberSchema>;

export const clusterSchema = z.object({
  id: z.string(),
  caPem: z.string(),
  caHash: z.string(),
  /** Only fingerprints are kept: this file is no place for a secret. */
  serverTokenHash: z.string(),
  agentTokenHash: z.string(),
  members: z.array(memberSchema),
});
export type SimulatedCluster = z.infer<typeof clusterSchema>;

/** The process is up; says nothing about the cluster around it. */
export function isUp(member: Member, nowMs: number): boolean {
  return member.running && nowMs >= member.readyAtMs;
}

function voters(cluster: SimulatedCluster): Member[] {
  return cluster.members.filter((member) => member.voter);
}

function learners(cluster: SimulatedCluster): Member[] {
  return cluster.members.filter((member) => member.role === 'server' && !member.voter);
}

/** More than half of all voting members are up, whether or not the others still exist. */
export function hasQuorum(cluster: SimulatedCluster, nowMs: number): boolean {
  const all = voters(cluster);
  return all.filter((member) => isUp(member, nowMs)).length > all.length / 2;
}

/** A server that lost its majority is up but not ready; an agent is as ready as its kubelet. */
export function isReady(cluster: SimulatedCluster, member: Member, nowMs: number): boolean {
  return isUp(member, nowMs) && (member.role === 'agent' || hasQuorum(cluster, nowMs));
}

/** Promotes learners whose time has come; true when something changed. Needs quorum, as etcd does. */
export function promote(cluster: SimulatedCluster, nowMs: number): boolean {
  if (!hasQuorum(cluster, nowMs)) return false;
  const due = learners(cluster).filter(
    (member) => isUp(member, nowMs) && nowMs >= member.voterAtMs,
  );
  for (const member of due) member.voter = true;
  return due.length > 0;
}

export interface JoinAttempt {
  readonly name: string;
  readonly role: 'server' | 'agent';
  readonly caHash: string;
  readonly user: string;
  readonly tokenHash: string;
}

/** Why K3s would refuse this join, in the words it logs; undefined when it would let the node in. */
export function refusal(
  cluster: SimulatedCluster,
  attempt: JoinAttempt,
  nowMs: number,
): string | undefined {
  if (attempt.caHash !== cluster.caHash) {
    return `token CA hash does not match the Cluster CA certificate hash: ${attempt.caHash} != ${cluster.caHash}`;
  }
  const asServer = attempt.user === 'server' && attempt.tokenHash === cluster.serverTokenHash;
  const asAgent = attempt.user === 'node' && attempt.tokenHash === cluster.agentTokenHash;
  if (!asServer && (attempt.role === 'server' || !asAgent)) return 'not authorized';
  if (!hasQuorum(cluster, nowMs)) return 'etcdserver: no leader';
  if (cluster.members.some((member) => member.name === attempt.name)) {
    return 'Node password rejected, duplicate hostname or contents of /etc/rancher/node/password do not match';
  }
  if (attempt.role === 'server' && learners(cluster).length > 0) {
    return 'etcdserver: too many learner members in cluster';
  }
  return undefined;
}
