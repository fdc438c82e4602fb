/** How well the work of a creation was laid out in parallel, from what its nodes report. Pure arithmetic. */

/** When a node was granted its launch and its join, and when each was done; milliseconds of one clock. */
export interface NodeTimes {
  readonly role: 'server' | 'agent';
  readonly launchAtMs: number;
  readonly stagedAtMs: number;
  readonly joinAtMs: number;
  readonly readyAtMs: number;
}

const stagingMs = (node: NodeTimes): number => node.stagedAtMs - node.launchAtMs;
const joiningMs = (node: NodeTimes): number => node.readyAtMs - node.joinAtMs;

/** From the first launch to the last node that is ready. */
const spanMs = (nodes: readonly NodeTimes[]): number =>
  Math.max(...nodes.map(({ readyAtMs }) => readyAtMs)) -
  Math.min(...nodes.map(({ launchAtMs }) => launchAtMs));

/**
 * T₁ ÷ (c·T_c). T₁ is what one lane would take: each node's own launch, staging and join, its waiting for a turn left out.
 * T_c is what it took with the profile's c lanes. Launches and staging run wider than c, so 1 can be passed; servers, which
 * join one by one whatever c is, and a last round that is not full pull it down.
 */
export function efficiencyOf(nodes: readonly NodeTimes[], lanes: number): number {
  const oneLaneMs = nodes.reduce((sum, node) => sum + stagingMs(node) + joiningMs(node), 0);
  return oneLaneMs / (lanes * spanMs(nodes));
}

/**
 * Floor ÷ actual: what is left to gain without a faster node. The floor is the shortest this very work could take under the
 * rules of K3s and of the profile: the slowest server's staging, then all servers' joins one after the other, then the
 * agents' joins on c lanes, the longest first. 1 means that nothing was lost between the steps; how long a step's own end
 * went unnoticed (a poll) is inside the step and not seen here.
 */
export function floorShareOf(nodes: readonly NodeTimes[], lanes: number): number {
  const servers = nodes.filter(({ role }) => role === 'server');
  const agents = nodes.filter(({ role }) => role === 'agent');
  const serversMs =
    Math.max(...servers.map(stagingMs)) + servers.map(joiningMs).reduce((a, b) => a + b, 0);
  return (serversMs + scheduledMs(agents.map(joiningMs), lanes)) / spanMs(nodes);
}

/** Longest first on the lane that is free first. */
function scheduledMs(jobsMs: readonly number[], lanes: number): number {
  const busyMs = Array.from({ length: lanes }, () => 0);
  for (const jobMs of [...jobsMs].sort((left, right) => right - left)) {
    const free = busyMs.indexOf(Math.min(...busyMs));
    busyMs[free] = (busyMs[free] ?? 0) + jobMs;
  }
  return Math.max(...busyMs);
}
