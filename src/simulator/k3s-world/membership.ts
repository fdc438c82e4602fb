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
  /** How often systemd has restarted it by itself since it was started. */
  restarts: z.number().default(0),
  /** A lost server stays an etcd member until it is removed. */
  machine: z.enum(['on', 'off', 'gone']),
  /** The boot its service belongs to; null while the machine is down. */
  bootedAtMs: z.number().nullable().default(null),
  readyAtMs: z.number(),
  /** When a learner is promoted at the earliest; the first server votes from the start. */
  voterAtMs: z.number(),
  voter: z.boolean(),
  /** Taken out of etcd; a restart of its service makes it a learner again. */
  removed: z.boolean().default(false),
  /** When etcd is asked to drop it; null: never. */
  leavesAtMs: z.number().nullable().default(null),
  /** Whether its Node object exists: the service makes it, only a deletion removes it. */
  listed: z.boolean().default(true),
  cordoned: z.boolean().default(false),
  /** `movable`: all pods but those that refuse have left it; `all`: nothing is left but its daemons. */
  evicted: z.enum(['none', 'movable', 'all']).default('none'),
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
  /** Names that have a node password: another machine cannot join under them. */
  passwords: z.array(z.string()).default([]),
  /** How often a majority that was there was lost. */
  quorumLost: z.number().default(0),
  /** The most learners there ever were at one time. */
  learnersMax: z.number().default(0),
  /** Pods that had to leave a node. */
  evictions: z.number().default(0),
});
export type SimulatedCluster = z.infer<typeof clusterSchema>;

/** One machine in its cluster. */
export interface Place {
  readonly cluster: SimulatedCluster;
  readonly member: Member;
}

/** The process is up; says nothing about the cluster around it. */
export function isUp(member: Member, nowMs: number): boolean {
  return member.running && nowMs >= member.readyAtMs;
}

/** Voters and learners, whether or not their machines still exist. */
export function isEtcdMember(member: Member): boolean {
  return member.role === 'server' && !member.removed;
}

export function voters(cluster: SimulatedCluster): Member[] {
  return cluster.members.filter((member) => isEtcdMember(member) && member.voter);
}

export function learners(cluster: SimulatedCluster): Member[] {
  return cluster.members.filter((member) => isEtcdMember(member) && !member.voter);
}

/** More than half of all voting members are up, whether or not the others still exist. */
export function hasQuorum(cluster: SimulatedCluster, nowMs: number): boolean {
  return isMajorityUp(voters(cluster), nowMs);
}

function isMajorityUp(members: readonly Member[], nowMs: number): boolean {
  return members.filter((member) => isUp(member, nowMs)).length > members.length / 2;
}

/** A server that lost its majority or its membership is up but not ready; an agent is as ready as its kubelet. */
export function isReady(cluster: SimulatedCluster, member: Member, nowMs: number): boolean {
  if (!isUp(member, nowMs)) return false;
  return member.role === 'agent' || (isEtcdMember(member) && hasQuorum(cluster, nowMs));
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

/**
 * Drops members that are asked to leave; true when something changed. Like etcd with its strict check, it refuses as
 * long as what is left would have no majority of started members, and needs a majority itself.
 */
export function dropLeaving(cluster: SimulatedCluster, nowMs: number): boolean {
  let changed = false;
  for (const member of cluster.members) {
    if (member.leavesAtMs === null || nowMs < member.leavesAtMs || !isEtcdMember(member)) continue;
    const rest = voters(cluster).filter((each) => each !== member);
    if (!hasQuorum(cluster, nowMs) || !isMajorityUp(rest, nowMs)) continue;
    member.removed = true;
    member.voter = false;
    member.leavesAtMs = null;
    changed = true;
  }
  return changed;
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
  if (cluster.passwords.includes(attempt.name)) {
    return 'Node password rejected, duplicate hostname or contents of /etc/rancher/node/password do not match';
  }
  if (attempt.role === 'server' && learners(cluster).length > 0) return tooManyLearners;
  return undefined;
}

/** etcd admits one learner at a time. */
export const tooManyLearners = 'etcdserver: too many learner members in cluster';
