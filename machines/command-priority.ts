/** Which commands may wait while the service fares badly. What a user asks for, and what ends something, never does. */
import type { Priority } from './messages.ts';

const priorities: Readonly<Record<string, Priority>> = {
  'cluster.delete': 'teardown',
  'replication.delete': 'teardown',
  // Who orders these has no writer, or is about to have none.
  'replication.promote': 'failover',
  'replication.failover': 'failover',
  'replication.failback': 'failover',
  'replication.relocate': 'failover',
  'replication.demote': 'failover',
  'replication.recover': 'failover',
  'replication.override': 'failover',
  'replication.cancel': 'failover',
  'replication.barrier': 'failover',
  'replicationgroup.failover': 'failover',
  'replicationgroup.failback': 'failover',
  'replicationgroup.relocate': 'failover',
  'replicationgroup.cancel': 'failover',
  // It hastens what goes on by itself: under trouble it only adds calls.
  'cluster.retry': 'repair',
};

export const commandPriority = (kind: string, verb: string): Priority =>
  priorities[`${kind}.${verb}`] ?? 'user';
