/** Which servers may go, or go down, without etcd losing its majority by our act. Pure. */
import type { NodeEntry } from './cluster-context.ts';

export const majorityOf = (members: number): number => Math.floor(members / 2) + 1;

/** Phases in which a server is, or may be, a member of etcd. */
const outside: ReadonlySet<string> = new Set([
  ...['waiting', 'launching', 'booting', 'registering', 'registered', 'staging', 'staged'],
  ...['left', 'deregistering', 'terminating', 'gone'],
]);
export const isMember = ({ phase, isUnjoined }: NodeEntry): boolean =>
  isUnjoined !== true && !outside.has(phase);

/** Phases in which a server votes. */
const voting: ReadonlySet<string> = new Set([
  'ready',
  'draining',
  'drained',
  'undrained',
  'uncordoning',
]);

export interface Quorum {
  readonly members: number;
  readonly voters: number;
}

export function quorumOf(servers: readonly NodeEntry[]): Quorum {
  return {
    members: servers.filter(isMember).length,
    voters: servers.filter(({ phase }) => voting.has(phase)).length,
  };
}

/** The removal itself needs a majority, and so does what is left; a server that joins is waited for. */
export function mayLeave(servers: readonly NodeEntry[], victim: NodeEntry): boolean {
  if (servers.some(({ phase }) => phase === 'joining' || phase === 'leaving')) return false;
  const { members, voters } = quorumOf(servers);
  const after = voters - (voting.has(victim.phase) ? 1 : 0);
  return voters >= majorityOf(members) && after >= majorityOf(members - 1);
}

/** Down for a moment: the others must be enough. A single server is down for as long as it takes. */
export function mayRestart(servers: readonly NodeEntry[]): boolean {
  const { members, voters } = quorumOf(servers);
  return members === 1 || voters - 1 >= majorityOf(members);
}
