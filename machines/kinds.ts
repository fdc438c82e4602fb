/** The one list of kinds: name, version of its machine, and how hosting reads it. */
import type { SnapshotFrom } from 'xstate';
import { admitCluster } from './cluster-admission.ts';
import type { ClusterContext, ClusterEvent, ClusterInput } from './cluster-context.ts';
import { clusterReasons, wayToCluster } from './cluster-reasons.ts';
import { measuresOf } from './cluster-measures.ts';
import { summaryOfCluster } from './cluster-summary.ts';
import { allowedVerbs, replyOf, viewCluster } from './cluster-view.ts';
import type { buildClusterMachine } from './cluster.ts';

/** Raised whenever a chart changes in a way that stored snapshots notice. */
export const machineVersions = { cluster: 1, replication: 1, replicationgroup: 1 } as const;

export type ClusterMachine = ReturnType<typeof buildClusterMachine>;

interface ReadSnapshot {
  readonly value: unknown;
  readonly context: unknown;
}
const contextOf = (snapshot: ReadSnapshot): ClusterContext => snapshot.context as ClusterContext;

/** States that wait for something to happen in the cloud. */
const changing =
  /^(provisioning|installing|configuring|deleting|stopping|starting|running\.(?!steady))/;

/** What hosting asks of a cluster; everything is pure and works on stored snapshots as well. */
export function clusterKind(machine: ClusterMachine) {
  return {
    name: 'cluster',
    version: machineVersions.cluster,
    machine,
    creating: new Set(['create', 'apply']),
    input: (identity: ClusterInput): ClusterInput => identity,
    admit: (snapshot: SnapshotFrom<ClusterMachine> | undefined, event: { type: string }) =>
      // The envelope's schema has checked the event's shape for its type.
      admitCluster(snapshot?.context, event as ClusterEvent),
    allowed: (snapshot: ReadSnapshot) => allowedVerbs(contextOf(snapshot)),
    isTombstone: (snapshot: ReadSnapshot) => contextOf(snapshot).phase === 'deleted',
    isDeleting: (snapshot: ReadSnapshot) => contextOf(snapshot).phase.startsWith('deleting'),
    stateText: (snapshot: ReadSnapshot) => contextOf(snapshot).phase,
    summary: (snapshot: ReadSnapshot) => summaryOfCluster(contextOf(snapshot)),
    view: (snapshot: ReadSnapshot) => viewCluster(contextOf(snapshot)),
    replyFields: (snapshot: ReadSnapshot) => replyOf(contextOf(snapshot)),
    measures: (snapshot: ReadSnapshot) => measuresOf(contextOf(snapshot)),
    explains: {
      reasons: (snapshot: ReadSnapshot, event: { type: string }) =>
        clusterReasons(contextOf(snapshot), event as ClusterEvent),
      way: (snapshot: ReadSnapshot, event: { type: string }) =>
        wayToCluster(contextOf(snapshot), event as ClusterEvent),
      // No edge of a command has a guard: admission says everything.
      sentences: {},
    },
    watches: (snapshot: ReadSnapshot) => {
      const context = contextOf(snapshot);
      if (context.spec === null || !context.hasTouchedCloud || context.phase === 'deleted')
        return undefined;
      const nodes = Object.values(context.nodes);
      const registeringSinceMs = nodes
        .filter(({ phase }) => phase === 'registering')
        .map(({ sinceMs }) => sinceMs);
      return {
        account: context.spec.account,
        region: context.spec.region,
        uid: context.uid,
        changing: changing.test(context.phase),
        known: nodes.map((entry) => entry.instanceId).filter((id) => id !== ''),
        awaitingAgent: nodes
          .filter(({ phase }) => ['registering', 'booting', 'starting'].includes(phase))
          .map((entry) => entry.instanceId),
        ...(registeringSinceMs.length > 0 && {
          registeringSinceMs: Math.min(...registeringSinceMs),
        }),
      };
    },
  };
}
