/** What hosting asks of a replication; everything is pure and works on stored snapshots as well. */
import type { SnapshotFrom } from 'xstate';
import { replicationSentences } from './guard-sentences.ts';
import { machineVersions } from './kinds.ts';
import { admitReplication } from './replication-admission.ts';
import type { Health } from './replication-conditions.ts';
import type { ReplicationContext, ReplicationInput } from './replication-context.ts';
import type { SafetyTimes } from './replication-limits.ts';
import type { ReplicationCommand } from './replication-events.ts';
import { replicationReasons } from './replication-reasons.ts';
import { wayToReplication } from './replication-ways.ts';
import { summaryOfReplication } from './replication-summary.ts';
import {
  allowedReplicationVerbs,
  replicationReplyOf,
  viewReplication,
} from './replication-view.ts';
import type { buildReplicationMachine } from './replication.ts';

export type ReplicationMachine = ReturnType<typeof buildReplicationMachine>;

interface ReadSnapshot {
  readonly value: unknown;
  readonly context: unknown;
}
const contextOf = (snapshot: ReadSnapshot): ReplicationContext =>
  snapshot.context as ReplicationContext;
// The chart's own region of that name.
const healthOf = (snapshot: ReadSnapshot): Health => (snapshot.value as { health: Health }).health;

/** @param safety  for replications that are created from now on. Default: `safetyTimes` */
export function replicationKind(machine: ReplicationMachine, safety?: SafetyTimes) {
  return {
    name: 'replication',
    version: machineVersions.replication,
    machine,
    creating: new Set(['create', 'apply']),
    /** @param before  tombstone under the same name: writer generations go on above its own */
    input: (identity: ReplicationInput, before?: ReadSnapshot): ReplicationInput => ({
      ...identity,
      ...(before && { epochBefore: contextOf(before).epoch }),
      ...(safety && { safety }),
    }),
    admit: (snapshot: SnapshotFrom<ReplicationMachine> | undefined, event: { type: string }) =>
      // The envelope's schema has checked the event's shape for its type.
      admitReplication(snapshot?.context, event as ReplicationCommand),
    allowed: (snapshot: ReadSnapshot) => allowedReplicationVerbs(contextOf(snapshot)),
    isTombstone: (snapshot: ReadSnapshot) => contextOf(snapshot).lifecycle === 'deleted',
    isDeleting: (snapshot: ReadSnapshot) => {
      const { lifecycle, isDeleteOrdered } = contextOf(snapshot);
      return lifecycle === 'deleting' || (lifecycle === 'active' && isDeleteOrdered);
    },
    /** Of the recovery side, as in status; the end of the whole where it is on its way out. */
    stateText: (snapshot: ReadSnapshot) => {
      const { lifecycle, away } = contextOf(snapshot);
      return lifecycle === 'active' ? away.phase : lifecycle;
    },
    summary: (snapshot: ReadSnapshot) =>
      summaryOfReplication(contextOf(snapshot), healthOf(snapshot)),
    view: (snapshot: ReadSnapshot) => viewReplication(contextOf(snapshot), healthOf(snapshot)),
    replyFields: (snapshot: ReadSnapshot) => replicationReplyOf(contextOf(snapshot)),
    explains: {
      reasons: (snapshot: ReadSnapshot, event: { type: string }) =>
        replicationReasons(contextOf(snapshot), event as ReplicationCommand),
      way: (snapshot: ReadSnapshot, event: { type: string }) =>
        wayToReplication(contextOf(snapshot), event as ReplicationCommand),
      sentences: replicationSentences,
    },
    // Its endpoints are looked at by a watch of its own, not by the one for machines.
    watches: (): undefined => undefined,
  };
}
