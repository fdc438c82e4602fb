/** A replication that stands anywhere, without having come there, and orders to it. */
import type {
  EndpointMemory,
  Phase,
  ReplicationContext,
} from '../../../machines/replication-context.ts';
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

export const point = (seq: number, at: 'home' | 'away') =>
  ({ seq, pitMs: seq, at, isFinal: false, epoch: 1 }) as const;

export type Change = Partial<Omit<ReplicationContext, 'home' | 'away'>> & {
  readonly home?: Partial<EndpointMemory>;
  readonly away?: Partial<EndpointMemory>;
};
/** Home writes epoch 2, away follows and holds point 7. */
export function inEpochs({ home, away, ...more }: Change = {}): ReplicationContext {
  return {
    ...{ ...rested, writer: 'home', writerEpoch: 2, epoch: 2, points: [point(7, 'away')] },
    ...more,
    home: { ...rested.home, phase: 'source.protected', epoch: 2, ...home },
    away: { ...rested.away, phase: 'replica.following', epoch: 1, ...away },
  };
}

/** Taken in that epoch by somebody who let two write. */
export const risk = (epoch: number, clearedAtMs: number | null = null) => ({
  ...{ epoch, clearedAtMs, by: 'ana', atMs: 1, observed: '' },
});
