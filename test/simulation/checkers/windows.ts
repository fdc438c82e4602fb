/** Writers: nobody is made the writer before a whole quiet window has passed since the old one was fenced. */
import type { ReplicationContext } from '../../../machines/replication-context.ts';
import { quietWindowMs, safetyTimes } from '../../../machines/replication-limits.ts';
import { sides } from '../../../machines/replication-table.ts';
import { contextOf } from '../ground.ts';
import type { NewChecker } from '../ground.ts';

const windowPhase = 'promoting.quietWindow';
/** Where a promotion goes on after its window; back, or into a failure, it may go at any time. */
const onward = /^promoting\.(choosingPoint|materializing|creating|arming|verifying)|^source/;
const windowMs = quietWindowMs(false, safetyTimes);

interface Seen {
  /** When another phase than the window was stored last: the fence is ordered by such a record, and answered later. */
  readonly otherMs: number;
  readonly fencedMs: number | undefined;
}

export const windows: NewChecker = ({ parts }, accuse) => {
  const { clock, clockOffMs } = parts;
  /**
   * The answer itself, by the clock of its host: a store that does not answer gets to know it later, and the window runs. As
   * early as it can have been, which a clock that is off leaves open.
   */
  const fencedMs = ({ operation }: ReplicationContext, nowMs: number, otherMs: number): number => {
    const stampMs = operation?.fencedAtMs ?? 0;
    const toldMs = stampMs === 0 ? nowMs : stampMs - clock.startMs - clockOffMs;
    return Math.max(otherMs, Math.min(nowMs, toldMs));
  };
  /** By actor and side. */
  const seen = new Map<string, Seen>();
  return {
    written: ({ actor, after, atMs }) => {
      if (!actor.startsWith('replication/')) return;
      const memory = contextOf(after) as ReplicationContext;
      for (const side of sides) {
        const { phase } = memory[side];
        const name = `${actor} ${side}`;
        const { otherMs, fencedMs: fromMs } = seen.get(name) ?? { otherMs: 0, fencedMs: undefined };
        if (phase === windowPhase) {
          const began = fromMs ?? fencedMs(memory, atMs, otherMs);
          seen.set(name, { otherMs, fencedMs: began });
          continue;
        }
        seen.set(name, { otherMs: atMs, fencedMs: undefined });
        if (fromMs === undefined || !onward.test(phase) || memory.riskAccepted !== null) continue;
        if (atMs - fromMs < windowMs)
          accuse(
            `${name} is ${phase} ${atMs - fromMs} ms after its fence, ${windowMs} are a window`,
          );
      }
    },
  };
};
