/** The query `points` of a replication: what may be promoted, where, and how old it is. */
import type { Point } from '../machines/replication-effects.ts';
import type { ReplicationContext } from '../machines/replication-context.ts';
import { lagOf } from '../machines/replication-settings.ts';
import type { Side } from '../machines/replication-table.ts';
import { isoTime } from './iso-time.ts';
import type { Clock } from './ports.ts';
import type { Look } from './queries/asked.ts';

/** Committed points, the newest first. Sets that are still being copied are none: nobody can promote them. */
export const replicationPoints =
  (clock: Pick<Clock, 'nowMs'>): Look =>
  (context, args) => {
    const whole = context as ReplicationContext;
    const { points, writer, epoch } = whole;
    const { endpoint } = args as { readonly endpoint?: Side };
    const nowMs = clock.nowMs();
    const wanted = points.filter(({ at }) => endpoint === undefined || at === endpoint);
    const lag = lagOf(whole, nowMs);
    return Promise.resolve({
      body: {
        items: wanted.toReversed().map((point) => shown(point, { writer, epoch, nowMs })),
        ...{ writer, epoch },
        lag: lag ?? null,
      },
    });
  };

interface Now {
  readonly writer: Side | 'none';
  readonly epoch: number;
  readonly nowMs: number;
}

const shown = ({ seq, pitMs, at, isFinal, epoch }: Point, now: Now) => ({
  ...{ seq, pit: isoTime(pitMs), pitMs },
  ageSeconds: Math.max(0, Math.floor((now.nowMs - pitMs) / 1_000)),
  final: isFinal,
  ...{ epoch, ofThisEpoch: epoch === now.epoch },
  promotableAt: at === now.writer ? null : at,
});
