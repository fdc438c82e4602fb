/** Changes of a living cluster: which comes next, which nodes a round of it touches, when the round is over. Pure. */
import { specOf } from './cluster-context.ts';
import type { ChangeKind, ClusterContext, NodeEntry, NodeTask } from './cluster-context.ts';
import { entries, servers } from './cluster-plan.ts';
import { isUnmade, missingNodes, surplusNodes } from './cluster-slots.ts';
import type { Slot } from './ids.ts';
import { bounds, profiles, widths } from './limits.ts';
import type { NodePhase } from './node-context.ts';
import { majorityOf, quorumOf } from './quorum.ts';

/** What the cluster still has to become what its spec says; null when it is that. */
export function nextChange(context: ClusterContext): ChangeKind | null {
  const surplus = context.isHalted ? [] : surplusNodes(context);
  if (strays(context).length > 0 || surplus.some((slot) => context.nodes[slot]?.phase === 'failed'))
    return 'scaleDown';
  if (specOf(context).desiredState === 'stopped') return 'stop';
  if (!context.isHalted) {
    if (surplus.length > 0) return 'scaleDown';
    if (Object.keys(missingNodes(context, 1)).length > 0) return 'scaleUp';
  }
  return context.restart.length > 0 ? 'restart' : null;
}

/**
 * Machines that nobody will make nodes of any more, because the change that was to do so is over. They go whatever the
 * spec asks for, and though the cluster has halted: they would neither serve nor be stopped, and cost all the same.
 */
const strays = (context: ClusterContext): Slot[] =>
  entries(context)
    .filter(([, entry]) => isUnmade(entry))
    .map(([slot]) => slot);

/** Nodes that a disruptive round touches: what the profile allows, and no more than a cluster of this size can spare. */
export function roundSize(context: ClusterContext): number {
  const count = entries(context).length;
  const width = widths.find(({ nodesMax }) => count <= nodesMax)?.atOnce ?? 1;
  return Math.min(profiles[specOf(context).profile].concurrency, width);
}

/** The next round of new nodes: one server, or as many agents as may be launched at once. */
export function joiners(context: ClusterContext): Readonly<Record<Slot, NodeEntry>> {
  const [first] = Object.values(missingNodes(context, 1));
  const room = first?.role === 'server' ? 1 : bounds.launchesInFlightMax;
  const added = Object.entries(missingNodes(context, room));
  return Object.fromEntries(added.map(([slot, entry]) => [slot, { ...entry, task: 'join' }]));
}

/** The next round of nodes to go: agents as the profile allows; servers one at a time, and only after all agents. */
export function leavers(context: ClusterContext): Slot[] {
  const halfMade = strays(context);
  if (halfMade.length > 0) return halfMade.slice(0, roundSize(context));
  const surplus = surplusNodes(context);
  const roleOf = (slot: Slot) => context.nodes[slot]?.role;
  const agents = surplus.filter((slot) => roleOf(slot) === 'agent');
  return agents.length > 0 ? agents.slice(0, roundSize(context)) : surplus.slice(0, 1);
}

/** The next round of nodes to restart: agents first, then one server at a time. */
export function restarters(context: ClusterContext): Slot[] {
  const present = context.restart.filter((slot) => context.nodes[slot]?.phase === 'ready');
  const agents = present.filter((slot) => context.nodes[slot]?.role === 'agent');
  return agents.length > 0 ? agents.slice(0, roundSize(context)) : present.slice(0, 1);
}

const withTask = (context: ClusterContext): [Slot, NodeEntry][] =>
  entries(context).filter(([, { task }]) => task !== undefined);

const troubles: Readonly<Record<NodeTask, readonly NodePhase[]>> = {
  join: ['failed', 'lost', 'stopped'],
  leave: ['undrained'],
  restart: ['undrained', 'failed', 'lost', 'stopped'],
};

/** It has come to the end of its part without reaching it. */
function hasFailed(context: ClusterContext, entry: NodeEntry): boolean {
  const { task, phase, reason } = entry;
  if (task === undefined) return false;
  if (troubles[task].includes(phase)) return true;
  // Out of capacity is trouble for who is to join, and none for who leaves because of it.
  if (task === 'join' && entry.isExhausted) return true;
  if (task !== 'leave') return false;
  if (phase === 'lost') return reason === 'etcd.quorumUnsafe';
  return context.isCancelled && (phase === 'ready' || (phase === 'drained' && reason === ''));
}

/** Every node of the round has done its part, or will not. */
export const isRoundOver = (context: ClusterContext): boolean =>
  withTask(context).every(([, entry]) => entry.phase === 'gone' || hasFailed(context, entry));

export const hasRoundFailed = (context: ClusterContext): boolean =>
  isRoundOver(context) && withTask(context).some(([, entry]) => hasFailed(context, entry));

/** A cancelled round of new nodes may end early, but for a server on its way into etcd. */
export const mayCutShort = (context: ClusterContext): boolean =>
  context.isCancelled &&
  servers(context).every(([, { task, phase }]) => task !== 'join' || phase !== 'joining');

/** Etcd or Kubernetes may have let go of a node already: there is no way back, only on. */
export const isPastReturn = (context: ClusterContext): boolean =>
  withTask(context).some(
    ([, { task, phase, reason }]) =>
      task === 'leave' &&
      (['leaving', 'left', 'deregistering', 'terminating'].includes(phase) ||
        (phase === 'drained' && reason !== '')),
  );

/** How far the change is, 0–100. */
export function changePercent(context: ClusterContext): number {
  const { change } = context;
  if (change === null) return 100;
  const left = leftToDo(context, change.kind);
  return Math.round(100 * (1 - Math.min(1, left / Math.max(1, change.touches))));
}

function leftToDo(context: ClusterContext, kind: ChangeKind): number {
  const all = entries(context).map(([, entry]) => entry);
  const busy = withTask(context).length;
  switch (kind) {
    case 'stop':
      return all.filter((entry) => !isDown(entry)).length;
    case 'start':
      return all.filter((entry) => !isSettled(entry)).length;
    case 'restart':
      return context.restart.length + busy;
    case 'scaleUp':
      return Object.keys(missingNodes(context)).length + busy;
    case 'scaleDown':
      return surplusNodes(context).length;
  }
}

/** Nodes that cannot be stopped any more, or are. */
const isDown = ({ phase, instanceId }: NodeEntry): boolean =>
  ['stopped', 'lost', 'gone'].includes(phase) || (phase === 'failed' && instanceId === '');
/** Nodes that are up, or will not come up by themselves. */
const isSettled = ({ phase }: NodeEntry): boolean =>
  ['ready', 'lost', 'failed', 'gone'].includes(phase);

const every = (
  context: ClusterContext,
  role: NodeEntry['role'],
  holds: (entry: NodeEntry) => boolean,
): boolean => entries(context).every(([, entry]) => entry.role !== role || holds(entry));

export const areDown = (context: ClusterContext, role: NodeEntry['role']): boolean =>
  every(context, role, isDown);
export const areUp = (context: ClusterContext, role: NodeEntry['role']): boolean =>
  every(context, role, isSettled) && (role === 'agent' || hasMajority(context));
/** Every server is back or will not come, and they are too few: who waits on waits for ever. */
export const isStartHopeless = (context: ClusterContext): boolean =>
  every(context, 'server', isSettled) && !hasMajority(context);
/** No node is on its way down: the way back may begin. */
export const isStill = (context: ClusterContext): boolean =>
  entries(context).every(([, { phase }]) => phase !== 'stopping');

export function hasMajority(context: ClusterContext): boolean {
  const { members, voters } = quorumOf(servers(context).map(([, entry]) => entry));
  return voters >= majorityOf(members);
}
