/** Arithmetic of a cluster: what its nodes have reached, when a phase is done, who may go. Pure. */
import { nodeName } from './ids.ts';
import type { Slot } from './ids.ts';
import { bounds } from './limits.ts';
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import type { NodePhase } from './node-context.ts';

export const nameOf = (context: ClusterContext, entry: NodeEntry): string =>
  nodeName(context.name, entry.pool, entry.ordinal, entry.incarnation);

export const entries = (context: ClusterContext): [Slot, NodeEntry][] =>
  Object.entries(context.nodes);
export const servers = (context: ClusterContext): [Slot, NodeEntry][] =>
  entries(context).filter(([, entry]) => entry.role === 'server');

const order: Readonly<Record<NodePhase, number>> = {
  gone: -2,
  lost: -1,
  failed: -1,
  terminating: 0,
  waiting: 0,
  launching: 1,
  booting: 2,
  registering: 3,
  registered: 4,
  staging: 5,
  staged: 6,
  joining: 7,
  ready: 8,
  draining: 8,
  drained: 8,
  undrained: 8,
  uncordoning: 8,
  leaving: 0,
  left: 0,
  deregistering: 0,
  rebooting: 7,
  rebooted: 8,
  stopping: 7,
  stopped: 7,
  starting: 7,
  checking: 7,
};
const reached = (entry: NodeEntry, phase: NodePhase): boolean => order[entry.phase] >= order[phase];

const everyServer = (context: ClusterContext, phase: NodePhase): boolean =>
  servers(context).every(([, entry]) => reached(entry, phase));

export const allServersRegistered = (context: ClusterContext): boolean =>
  everyServer(context, 'registered');
export const allServersStaged = (context: ClusterContext): boolean =>
  everyServer(context, 'staged');
export const firstServerReady = (context: ClusterContext): boolean =>
  context.initGrant !== null && context.nodes[context.initGrant]?.phase === 'ready';
export const allServersReady = (context: ClusterContext): boolean => everyServer(context, 'ready');
export const allNodesReady = (context: ClusterContext): boolean =>
  entries(context).every(([, entry]) => entry.phase === 'ready');
export const allNodesGone = (context: ClusterContext): boolean =>
  entries(context).every(([, entry]) => entry.phase === 'gone');
export const inFlight = (context: ClusterContext, phase: NodePhase): number =>
  entries(context).filter(([, entry]) => entry.phase === phase).length;

/** The one machine that may have initialised the cluster is gone, and nobody else has its database. */
export const isInitLost = (context: ClusterContext): boolean => {
  const { initGrant, initIncarnation, access } = context;
  const entry = initGrant === null ? undefined : context.nodes[initGrant];
  return access === null && entry !== undefined && entry.incarnation !== initIncarnation;
};

export const failedNode = (context: ClusterContext): [Slot, NodeEntry] | undefined =>
  entries(context).find(
    ([slot, entry]) =>
      entry.isExhausted ||
      (slot === context.initGrant && isInitLost(context)) ||
      ((entry.phase === 'failed' || entry.phase === 'lost') && entry.pending !== 'retry'),
  );

/** A failed node goes on where it stopped; a lost agent gets a new machine, a lost server may still be in etcd. */
export const mayRetryNode = (entry: NodeEntry): boolean =>
  entry.phase === 'failed' || (entry.phase === 'lost' && entry.role === 'agent');

/** A server that serves the API, the first one preferred; undefined while there is none. */
export const readyServer = (
  context: ClusterContext,
  except?: Slot,
): [Slot, NodeEntry] | undefined =>
  servers(context).find(([slot, entry]) => slot !== except && entry.phase === 'ready');

/** Share of the way to running, 0–100, from the phases its nodes have reached. */
export function percentDone(context: ClusterContext): number {
  const list = entries(context);
  if (context.access !== null) return 100;
  if (list.length === 0) return context.plan === null ? 0 : 5;
  const sum = list.reduce((total, [, entry]) => total + Math.max(0, order[entry.phase]), 0);
  return Math.min(99, 5 + Math.round((sum / (list.length * order.ready)) * 93));
}

/** Slots that may be told to go now: at most so many are on their way out at a time. */
export function nextRemovals(context: ClusterContext): Slot[] {
  const alive = entries(context).filter(([, entry]) => entry.phase !== 'gone');
  const leaving = alive.filter(([, entry]) => entry.pending === 'remove').length;
  return alive
    .filter(([, entry]) => entry.pending !== 'remove')
    .slice(0, Math.max(0, bounds.removalsInFlightMax - leaving))
    .map(([slot]) => slot);
}

/** What is published of a node when any of it changes. */
export const nodeEvent = (
  context: ClusterContext,
  slot: Slot,
  entry: NodeEntry,
): Readonly<Record<string, unknown>> => ({
  slot,
  name: nameOf(context, entry),
  role: entry.role,
  state: entry.phase,
  progress: entry.progress,
  instanceId: entry.instanceId,
  zone: entry.zone,
  reason: entry.reason,
});
