/** What a promotion will take and lose, before it is begun. */
import type { Clock } from '../../../actors/ports.ts';
import type { Estimate } from '../../../actors/replication-ports.ts';
import type { ReplicationFacts } from '../../../machines/replication-effects.ts';
import { quietWindowMs } from '../../../machines/replication-limits.ts';

/** Window, and for a planned one the wait for workloads and the last copy; roles change within a minute. */
export function estimated(
  { points, safety }: ReplicationFacts,
  what: 'planned' | 'forced',
  { clock }: { readonly clock: Clock },
): Estimate {
  const windowMs = quietWindowMs(false, safety);
  const roleMs = 60_000;
  const rtoMs = what === 'planned' ? 2 * (windowMs + roleMs) : windowMs + roleMs;
  const newest = points.at(-1);
  const lostMs = newest === undefined ? 0 : Math.max(0, clock.nowMs() - newest.pitMs);
  const lossSeconds = what === 'planned' ? 0 : Math.ceil(lostMs / 1_000);
  return { rtoSeconds: Math.ceil(rtoMs / 1_000), lossSeconds };
}
