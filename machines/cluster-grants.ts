/** Which nodes may be launched, staged and joined now. Pure. */
import { launchToken, scriptOpId } from './ids.ts';
import type { Slot } from './ids.ts';
import { bounds, profiles } from './limits.ts';
import type { LaunchOrder, Offer } from './messages.ts';
import { planOf, scopeOf, specOf } from './cluster-context.ts';
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import {
  allServersReady,
  allServersStaged,
  entries,
  firstServerReady,
  inFlight,
  nameOf,
  readyServer,
  servers,
} from './cluster-plan.ts';
import { joinScript, stageScript } from './cluster-scripts.ts';
import type { NodeEvent } from './node-context.ts';
import { isMember } from './quorum.ts';

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

/** Once the cluster has run, only nodes that a change has asked for are made. */
const isWanted = (context: ClusterContext, entry: NodeEntry): boolean =>
  context.access === null || entry.task === 'join';

function launchGrants(context: ClusterContext, atMs: number): Grant[] {
  const room = bounds.launchesInFlightMax - inFlight(context, 'launching');
  return entries(context)
    .filter(
      ([, entry]) =>
        entry.phase === 'waiting' &&
        entry.pending === '' &&
        isWanted(context, entry) &&
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
    .filter(
      ([, entry]) =>
        entry.phase === 'registered' && entry.pending === '' && isWanted(context, entry),
    )
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
  const staged = ([, entry]: [Slot, NodeEntry]) =>
    entry.phase === 'staged' && entry.pending === '' && isWanted(context, entry);
  const serverList = servers(context);
  if (serverList.some(([, entry]) => entry.phase === 'joining')) return [];
  if (context.access === null && !firstServerReady(context))
    return initGrants(context, serverList.filter(staged), atMs);
  const nextServer = serverList.find(staged);
  if (nextServer !== undefined)
    return othersVote(serverList) ? [joinGrant(context, nextServer, 'join-server', atMs)] : [];
  if (readyServer(context) === undefined) return [];
  if (context.access === null && !allServersReady(context)) return [];
  const room = profiles[specOf(context).profile].concurrency - inFlight(context, 'joining');
  return entries(context)
    .filter((pair) => pair[1].role === 'agent' && staged(pair))
    .slice(0, Math.max(0, room))
    .map((pair) => joinGrant(context, pair, 'join-agent', atMs));
}

/** One machine per cluster may initialise it, ever: another one would found a second cluster. */
function initGrants(
  context: ClusterContext,
  staged: readonly [Slot, NodeEntry][],
  atMs: number,
): Grant[] {
  if (!allServersStaged(context)) return [];
  const first = staged.find(
    ([slot, entry]) =>
      context.initGrant === null ||
      (context.initGrant === slot && context.initIncarnation === entry.incarnation),
  );
  return first === undefined ? [] : [joinGrant(context, first, 'init', atMs)];
}

/** A server joins only while every other one that has joined is healthy. */
const othersVote = (serverList: readonly [Slot, NodeEntry][]): boolean =>
  serverList.every(([, entry]) => entry.phase === 'ready' || !isMember(entry));

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
