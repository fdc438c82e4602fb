/** The words by which a cluster makes, steers and lets go of its nodes, on top of those of its own life. */
import { assign, enqueueActions } from 'xstate';
import { changeGrants, unmadeLeavers } from './cluster-change-grants.ts';
import { joiners } from './cluster-changes.ts';
import { specOf } from './cluster-context.ts';
import type { ClusterContext } from './cluster-context.ts';
import { nextGrants } from './cluster-grants.ts';
import * as plan from './cluster-plan.ts';
import { clusterSetup } from './cluster-setup.ts';
import { missingNodes } from './cluster-slots.ts';
import * as steps from './cluster-steps.ts';
import { pacing, profiles } from './limits.ts';

const grantsNodes = /^(provisioning|installing|configuring|running|stopping|starting)/;

/** Servers first, then by number: tables and plans read top to bottom. */
const inOrder = (nodes: ClusterContext['nodes']): ClusterContext['nodes'] =>
  Object.fromEntries(
    Object.entries(nodes).sort(
      ([left, { role }], [right, other]) =>
        other.role.localeCompare(role) || Number(left.slice(1)) - Number(right.slice(1)),
    ),
  );

export const nodesSetup = clusterSetup.extend({
  actions: {
    noteNodeWaiting: assign(({ context, event }) =>
      event.type === 'node.waiting' ? steps.noteNodeWaiting(context, event) : {},
    ),
    /** Calls of nodes that wait are given up; what is under way ends by itself. */
    cancelWaitingNodes: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      for (const [slot, { waiting }] of Object.entries(context.nodes))
        if (waiting !== undefined) enqueue.sendTo(slot, { type: 'operation.cancel', atMs });
    }),
    /** Spawns a machine for every node that is wanted and has none yet; a change adds a round at a time. */
    spawnNodes: enqueueActions(({ context, enqueue }) => {
      const added = context.access === null ? missingNodes(context) : joiners(context);
      for (const [slot, { incarnation }] of Object.entries(added))
        enqueue.spawnChild('node', {
          id: slot,
          input: {
            ...{ slot, incarnation },
            preset: profiles[specOf(context).profile].retry,
            paused: context.paused,
            atMs: context.sinceMs,
            correlationId: context.correlationId,
          },
        });
      enqueue.assign({
        nodes: inOrder({ ...context.nodes, ...added }),
        hasTouchedCloud: true,
      });
    }),
    /** Sends what each node may do next and notes that it was sent. */
    grant: enqueueActions(({ context, event, enqueue }) => {
      if (!grantsNodes.test(context.phase) || context.paused) return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const grants = [...nextGrants(context, atMs), ...changeGrants(context, atMs)];
      for (const grant of grants) {
        enqueue.assign(({ context: now }) => {
          const entry = now.nodes[grant.slot];
          return entry === undefined
            ? {}
            : {
                nodes: { ...now.nodes, [grant.slot]: { ...entry, ...grant.changes } },
                ...(grant.isInit && {
                  initGrant: grant.slot,
                  initIncarnation: entry.incarnation,
                }),
              };
        });
        enqueue.sendTo(grant.slot, grant.event);
      }
    }),
    /** A node's report: noted, and published when anything a user sees has changed. */
    noteNode: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'node.changed') return;
      const change = steps.noteNode(context, event);
      const before = context.nodes[event.slot];
      const after = change.nodes?.[event.slot];
      if (before === undefined || after === undefined) return;
      enqueue.assign(change);
      const shown = plan.nodeEvent(context, event.slot, after);
      // A grant notes the new phase silently: the node's answer to it is what gets published.
      const isAnswer = before.pending === 'grant';
      const told = plan.nodeEvent(context, event.slot, before);
      if (!isAnswer && JSON.stringify(shown) === JSON.stringify(told)) return;
      enqueue.emit({
        type: 'nodeChanged',
        correlationId: context.correlationId,
        data: shown,
      });
    }),
    noteCapacityWaited: assign(({ context }) => steps.noteCapacityWaited(context)),
    /** One timer for all nodes that wait for capacity: the latest refusal moves it. */
    armCapacityWait: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'node.changed' || context.nodes[event.slot]?.awaitsCapacity !== true)
        return;
      enqueue.cancel('capacity');
      enqueue.raise({ type: 'capacity.waited' }, { id: 'capacity', delay: 'capacityWait' });
    }),
    forwardFacts: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'facts.observed') return;
      for (const fact of event.instances)
        if (context.nodes[fact.slot]?.instanceId === fact.instanceId)
          enqueue.sendTo(fact.slot, { type: 'node.fact', atMs: event.atMs, fact });
    }),
    retryNodes: enqueueActions(({ context, event, enqueue }) => {
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      for (const [slot, entry] of Object.entries(context.nodes))
        if (plan.mayRetryNode(entry))
          enqueue.sendTo(slot, { type: 'node.retry', atMs, correlationId: context.correlationId });
      enqueue.assign(({ context: now }) => steps.noteRetried(now));
    }),
    /** Tells the next nodes to go, a bounded number at a time: their calls share one record. */
    removeNodes: enqueueActions(({ context, event, enqueue }) => {
      const isDeleting = context.phase === 'deleting.nodes';
      if (!isDeleting && (context.paused || !context.phase.startsWith('running.scalingDown')))
        return;
      const atMs = steps.atMsOf(event) ?? context.sinceMs;
      const slots = isDeleting ? plan.nextRemovals(context) : unmadeLeavers(context);
      enqueue.assign(({ context: now }) => steps.noteRemovals(now, slots));
      for (const slot of slots)
        enqueue.sendTo(slot, {
          type: 'node.removeRequested',
          atMs,
          correlationId: context.correlationId,
        });
    }),
    /** A tombstone needs no machines. */
    dropNodes: enqueueActions(({ context, enqueue }) => {
      for (const slot of Object.keys(context.nodes)) enqueue.stopChild(slot);
      enqueue.assign({ nodes: {}, plan: null });
    }),
  },
  guards: {
    nodeFailed: ({ context }) => plan.failedNode(context) !== undefined,
    serversRegistered: ({ context }) => plan.allServersRegistered(context),
    serversStaged: ({ context }) => plan.allServersStaged(context),
    firstServerReady: ({ context }) => plan.firstServerReady(context),
    serversReady: ({ context }) => plan.allServersReady(context),
    nodesReady: ({ context }) => plan.allNodesReady(context),
    nodesGone: ({ context }) => plan.allNodesGone(context),
  },
  delays: {
    capacityWait: pacing.capacityWaitMs,
  },
});
