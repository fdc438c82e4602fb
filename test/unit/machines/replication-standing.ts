/** A replication that stands anywhere, without having come there, and orders to it. */
import type { Phase, ReplicationContext } from '../../../machines/replication-context.ts';
import type { ReplicationCommand } from '../../../machines/replication-events.ts';
import { replicationMachine } from '../../../machines/replication.ts';
import { settled } from '../../model/replication/asks.ts';
import { Graph } from '../../model/replication/chart.ts';

const graph = new Graph(replicationMachine);
export const rested = graph.snapshotOf(settled(graph)).context;
export const stamp = { atMs: 1, correlationId: 'c', commandId: 'k' };

/** Home writes the newest data and away follows, but away stands as given. */
export const standing = (
  phase: Phase,
  more: Partial<ReplicationContext> = {},
): ReplicationContext => ({
  ...rested,
  ...more,
  home: {
    ...rested.home,
    phase: phase.startsWith('source.') ? 'replica.following' : 'source.protected',
  },
  away: { ...rested.away, phase },
});

export const order = (type: string, more: object = {}): ReplicationCommand =>
  ({ type: `replication.${type}`, ...stamp, ...more }) as ReplicationCommand;
export const aimed = (verb: string, more: object = {}): ReplicationCommand =>
  order(verb, { endpoint: 'away', how: 'planned', force: false, ...more });

/** An answer of this replication, in these words. */
export const refusal = (code: string, message: string, because?: readonly string[]) => ({
  kind: 'refused',
  refusal: { code, message: `replication "prod/db-1"${message}`, ...(because && { because }) },
});
