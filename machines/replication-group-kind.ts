/** What hosting asks of a group of replications; everything is pure and works on stored snapshots as well. */
import type { SnapshotFrom } from 'xstate';
import { machineVersions } from './kinds.ts';
import { admitGroup } from './replication-group-admission.ts';
import type { GroupCommand, GroupContext, GroupInput } from './replication-group-context.ts';
import { groupReasons, wayToGroup } from './replication-group-reasons.ts';
import { summaryOfGroup } from './replication-group-summary.ts';
import { allowedGroupVerbs, groupReplyOf, viewGroup } from './replication-group-view.ts';
import type { buildGroupMachine } from './replication-group.ts';

type GroupMachine = ReturnType<typeof buildGroupMachine>;

interface ReadSnapshot {
  readonly context: unknown;
}
const contextOf = (snapshot: ReadSnapshot): GroupContext => snapshot.context as GroupContext;

export function replicationGroupKind(machine: GroupMachine) {
  return {
    name: 'replicationgroup',
    version: machineVersions.replicationgroup,
    machine,
    creating: new Set(['create', 'apply']),
    input: (identity: GroupInput): GroupInput => identity,
    admit: (snapshot: SnapshotFrom<GroupMachine> | undefined, event: { type: string }) =>
      // The envelope's schema has checked the event's shape for its type.
      admitGroup(snapshot?.context, event as GroupCommand),
    allowed: (snapshot: ReadSnapshot) => allowedGroupVerbs(contextOf(snapshot)),
    isTombstone: (snapshot: ReadSnapshot) => contextOf(snapshot).phase === 'deleted',
    // It is gone at once: nothing of its members is taken along.
    isDeleting: () => false,
    stateText: (snapshot: ReadSnapshot) => contextOf(snapshot).phase,
    summary: (snapshot: ReadSnapshot) => summaryOfGroup(contextOf(snapshot)),
    view: (snapshot: ReadSnapshot) => viewGroup(contextOf(snapshot)),
    replyFields: (snapshot: ReadSnapshot) => groupReplyOf(contextOf(snapshot)),
    explains: {
      reasons: (snapshot: ReadSnapshot, event: { type: string }) =>
        groupReasons(contextOf(snapshot), event as GroupCommand),
      way: (snapshot: ReadSnapshot, event: { type: string }) =>
        wayToGroup(contextOf(snapshot), event as GroupCommand),
      sentences: {},
    },
    watches: (): undefined => undefined,
  };
}
