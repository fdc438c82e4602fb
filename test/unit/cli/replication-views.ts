/** Replications as the service shows them: at rest, being promoted by force, and after it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ReplicationStatus, ReplicationView } from '../../../src/cli/replication-view.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { nowMs } from './fake-terminal.ts';

export const replicationExample = readFileSync(
  join(packageRoot(), 'examples/replication.yaml'),
  'utf8',
);

const minuteMs = 60_000;

export function view(revision = 7, status: Partial<ReplicationStatus> = {}): ReplicationView {
  return {
    ...{ apiVersion: 'fairlead.dev/v1', kind: 'Replication', revision },
    metadata: { namespace: 'default', name: 'db-1', uid: '01jddb' },
    spec: {
      endpoints: {
        home: { cluster: 'eu-a', region: 'eu-west-1', zone: 'eu-west-1a' },
        away: { cluster: 'eu-b', region: 'eu-central-1', zone: 'eu-central-1b' },
      },
      schedule: { mode: 'interval', every: '450s', rpo: '15m', rto: '30m' },
    },
    status: {
      ...{ state: 'replica', phase: 'replica.following', health: 'healthy' },
      endpoints: {
        home: {
          ...{ state: 'source', phase: 'source.protected', writable: 'yes' },
          ...{ sinceMs: nowMs - 60 * minuteMs, observedAt: nowMs - 20_000 },
          next: [{ state: 'demoting', verb: 'demote' }],
        },
        away: {
          ...{ state: 'replica', phase: 'replica.following', writable: 'no' },
          ...{ sinceMs: nowMs - 60 * minuteMs, observedAt: nowMs - 20_000 },
          next: [
            { state: 'promoting', verb: 'promote', because: ['home has not been seen for 6m'] },
            { state: 'syncing', verb: 'resync', because: ['away is ahead'] },
          ],
        },
      },
      ...{ writer: 'home', epoch: 1, backend: 'ebs', mode: 'asynchronous' },
      ...{ createdAtMs: nowMs - 24 * 60 * minuteMs, lastSync: nowMs - 2 * minuteMs },
      lag: { ratio: 0.3, baseMs: 450_000 },
      points: [
        { seq: 40, pitMs: nowMs - 9 * minuteMs, epoch: 1, at: 'away', isFinal: false },
        { seq: 41, pitMs: nowMs - 2 * minuteMs, epoch: 1, at: 'away', isFinal: false },
      ],
      operation: null,
      conditions: [{ type: 'Protected', status: 'True', reason: 'PointCommitted' }],
      history: [
        {
          ...{ seq: 1, endpoint: 'away', from: 'absent', to: 'replica' },
          ...{ atMs: nowMs - 60 * minuteMs, reason: 'apply', epoch: 1 },
        },
      ],
      ...status,
    },
    allowedNext: ['apply', 'promote'],
  };
}

/** Away is being promoted by force, and stands in `phase`. */
export const promoting = (
  phase: string,
  more: Partial<ReplicationStatus['operation'] & object> = {},
) =>
  view(8, {
    state: 'promoting',
    endpoints: {
      home: { state: 'source', phase: 'source.protected', writable: 'unknown' },
      away: { state: 'promoting', phase, writable: 'no' },
    },
    operation: {
      ...{ kind: 'promote', verb: 'failover', endpoint: 'away', how: 'forced', phase },
      ...{ opId: 'order-2', startedAtMs: nowMs - 30_000, by: 'ana@ops' },
      ...more,
    },
  });

/** Away writes after a forced failover; home is fenced. */
export const written = view(12, {
  ...{ state: 'source', writer: 'away', epoch: 2, lastSync: null, operation: null },
  endpoints: {
    home: { state: 'failed', phase: 'failed.safe', writable: 'no' },
    away: { state: 'source', phase: 'source.exposed', writable: 'yes' },
  },
  loss: { seconds: 134, fromPitMs: nowMs - 3 * minuteMs, atMs: nowMs - minuteMs, epoch: 2 },
});
