/** Arithmetic of a cluster: which slots it has, what each node may do next, when a phase is done. Pure. */
import { agentSlot, launchToken, nodeName, scriptOpId, serverSlot } from './ids.ts';
import type { Slot } from './ids.ts';
import { bounds, profiles } from './limits.ts';
import type { LaunchOrder, Offer } from './messages.ts';
import { planOf, scopeOf, serverPool, specOf } from './cluster-context.ts';
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import { joinScript, stageScript } from './cluster-scripts.ts';
import type { NodeEvent, NodePhase } from './node-context.ts';
import type { ClusterSpec } from './specs.ts';

const newEntry = (role: NodeEntry['role'], pool: string, ordinal: number): NodeEntry => ({
  role,
  pool,
  ordinal,
  phase: 'waiting',
  incarnation: 1,
  instanceId: '',
  privateIp: '',
  zone: '',
  instanceType: '',
  progress: 0,
  reason: '',
  sinceMs: 0,
  offer: 0,
  rounds: 0,
  awaitsCapacity: false,
  isExhausted: false,
  runs: 0,
  pending: '',
});

/** One entry per wanted node, servers first; slots already in use keep their entry. */
export function wantedNodes(
  spec: ClusterSpec,
  present: Readonly<Record<Slot, NodeEntry>>,
): Record<Slot, NodeEntry> {
  const wanted: Record<Slot, NodeEntry> = {};
  for (let index = 0; index < spec.servers.count; index += 1) {
    const slot = serverSlot(index);
    wanted[slot] = present[slot] ?? newEntry('server', serverPool, index);
  }
  let agents = 0;
  for (const pool of spec.agentPools)
    for (let ordinal = 0; ordinal < pool.count; ordinal += 1, agents += 1) {
      const slot = agentSlot(agents);
      wanted[slot] = present[slot] ?? newEntry('agent', pool.name, ordinal);
    }
  return wanted;
}

export const nameOf = (context: ClusterContext, entry: NodeEntry): string =>
  nodeName(context.name, entry.pool, entry.ordinal, entry.incarnation);

const entries = (context: ClusterContext): [Slot, NodeEntry][] => Object.entries(context.nodes);
const servers = (context: ClusterContext): [Slot, NodeEntry][] =>
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
export const failedNode = (context: ClusterContext): [Slot, NodeEntry] | undefined =>
  entries(context).find(
    ([, entry]) =>
      entry.isExhausted ||
      ((entry.phase === 'failed' || entry.phase === 'lost') && entry.pending !== 'retry'),
  );

/** A failed node goes on where it stopped; a lost agent gets a new machine, a lost server may still be in etcd. */
export const mayRetryNode = (entry: NodeEntry): boolean =>
  entry.phase === 'failed' || (entry.phase === 'lost' && entry.role === 'agent');

/** A server that serves the API, the first one preferred; undefined while there is none. */
export const readyServer = (context: ClusterContext): [Slot, NodeEntry] | undefined =>
  servers(context).find(([, entry]) => entry.phase === 'ready');

/**
 * The offers of a node in its own order: within one instance type the zones start at the node's ordinal, so that a pool
 * spreads round-robin and a capacity refusal falls to the next zone, then to the next type.
 */
export function offersFor(offers: readonly Offer[], ordinal: number): Offer[] {
  const byType = new Map<string, Offer[]>();
  for (const offer of offers) {
    const list = byType.get(offer.instanceType) ?? [];
    list.push(offer);
    byType.set(offer.instanceType, list);
  }
  return [...byType.values()].flatMap((list) => {
    const start = ordinal % list.length;
    return [...list.slice(start), ...list.slice(0, start)];
  });
}

export interface Grant {
  readonly slot: Slot;
  readonly event: NodeEvent;
  readonly changes: Partial<NodeEntry>;
  /** True for the one grant that may run `cluster-init`. */
  readonly isInit: boolean;
}

/** What may start now: launches and staging bounded, servers joining one by one, agents by the profile. */
export function nextGrants(context: ClusterContext, atMs: number): Grant[] {
  if (context.plan === null || context.groups === null || context.secrets === null) return [];
  return [
    ...launchGrants(context, atMs),
    ...stageGrants(context, atMs),
    ...joinGrants(context, atMs),
  ];
}

const inFlight = (context: ClusterContext, phase: NodePhase): number =>
  entries(context).filter(([, entry]) => entry.phase === phase).length;

function launchGrants(context: ClusterContext, atMs: number): Grant[] {
  const room = bounds.launchesInFlightMax - inFlight(context, 'launching');
  return entries(context)
    .filter(
      ([, entry]) =>
        entry.phase === 'waiting' &&
        entry.pending === '' &&
        !entry.awaitsCapacity &&
        !entry.isExhausted,
    )
    .slice(0, Math.max(0, room))
    .map(([slot, entry]) => {
      const intent = launchIntent(context, slot, entry);
      const { zone, instanceType } = intent.order.offer;
      return {
        slot,
        isInit: false,
        changes: { pending: 'grant', phase: 'launching', sinceMs: atMs, zone, instanceType },
        event: {
          type: 'node.launchGranted',
          atMs,
          correlationId: context.correlationId,
          ...intent,
        },
      };
    });
}

function launchIntent(
  context: ClusterContext,
  slot: Slot,
  entry: NodeEntry,
): { order: LaunchOrder; token: string } {
  const spec = specOf(context);
  const plan = planOf(context);
  const offers = offersFor(plan.offers[entry.pool] ?? [], entry.ordinal);
  const offer = offers[entry.offer % Math.max(1, offers.length)];
  if (offer === undefined) throw new Error(`the plan holds no offer for pool ${entry.pool}`);
  const isServer = entry.role === 'server';
  const pool = spec.agentPools.find((each) => each.name === entry.pool);
  const offerNumber = entry.rounds * offers.length + entry.offer;
  return {
    token: launchToken(context.uid, plan.number, slot, entry.incarnation, offerNumber),
    order: {
      ...scopeOf(context),
      offer,
      rootDevice: plan.rootDevice,
      rootVolume: pool?.rootVolume ?? spec.servers.rootVolume,
      securityGroupIds: isServer
        ? [context.groups?.servers ?? '', context.groups?.nodes ?? '']
        : [context.groups?.nodes ?? ''],
      instanceProfile: isServer ? spec.instanceProfiles.server : spec.instanceProfiles.agent,
      publicIp: spec.network.publicIPs,
      ...(spec.network.flannelBackend === 'host-gw' ? { routesPods: true } : {}),
      protected: isServer && spec.protection.instances,
      tags: {
        ...spec.tags,
        Name: nameOf(context, entry),
        'fairlead:managed-by': 'fairlead',
        'fairlead:uid': context.uid,
        'fairlead:kind': 'cluster',
        'fairlead:namespace': context.namespace,
        'fairlead:name': context.name,
        'fairlead:role': entry.role,
        'fairlead:pool': entry.pool,
        'fairlead:slot': slot,
        'fairlead:incarnation': String(entry.incarnation),
      },
    },
  };
}

function stageGrants(context: ClusterContext, atMs: number): Grant[] {
  const room = bounds.stagingInFlightMax - inFlight(context, 'staging');
  return entries(context)
    .filter(([, entry]) => entry.phase === 'registered' && entry.pending === '')
    .slice(0, Math.max(0, room))
    .map(([slot, entry]) => ({
      slot,
      isInit: false,
      changes: { pending: 'grant', phase: 'staging', sinceMs: atMs, runs: entry.runs + 1 },
      event: {
        type: 'node.stageGranted',
        atMs,
        correlationId: context.correlationId,
        script: {
          verb: 'stage',
          opId: scriptOpId(context.uid, slot, entry.incarnation, 'stage', entry.runs + 1),
          parameters: stageScript(context, entry),
        },
      },
    }));
}

/** Servers join one at a time, the first one initialises; agents follow when every server is a voter. */
function joinGrants(context: ClusterContext, atMs: number): Grant[] {
  if (!allServersStaged(context)) return [];
  const waiting = ([, entry]: [Slot, NodeEntry]) =>
    entry.phase === 'staged' && entry.pending === '';
  const serverList = servers(context);
  if (serverList.some(([, entry]) => entry.phase === 'joining')) return [];
  if (context.initGrant === null) {
    const first = serverList.find(waiting);
    return first === undefined ? [] : [joinGrant(context, first, 'init', atMs)];
  }
  if (!firstServerReady(context)) {
    const first = serverList.find(([slot]) => slot === context.initGrant);
    return first !== undefined && waiting(first) ? [joinGrant(context, first, 'init', atMs)] : [];
  }
  const nextServer = serverList.find(waiting);
  if (nextServer !== undefined) return [joinGrant(context, nextServer, 'join-server', atMs)];
  if (!allServersReady(context)) return [];
  const room = profiles[specOf(context).profile].concurrency - inFlight(context, 'joining');
  return entries(context)
    .filter((pair) => pair[1].role === 'agent' && waiting(pair))
    .slice(0, Math.max(0, room))
    .map((pair) => joinGrant(context, pair, 'join-agent', atMs));
}

function joinGrant(
  context: ClusterContext,
  [slot, entry]: [Slot, NodeEntry],
  verb: 'init' | 'join-server' | 'join-agent',
  atMs: number,
): Grant {
  // A repeated init keeps its operation id: the node's marker makes it run once, whatever became of the first answer.
  const run = verb === 'init' ? 1 : entry.runs + 1;
  return {
    slot,
    isInit: verb === 'init',
    changes: { pending: 'grant', phase: 'joining', sinceMs: atMs, runs: entry.runs + 1 },
    event: {
      type: 'node.joinGranted',
      atMs,
      correlationId: context.correlationId,
      script: {
        verb,
        opId: scriptOpId(context.uid, slot, entry.incarnation, verb, run),
        parameters: joinScript(context, entry, verb),
      },
    },
  };
}

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
