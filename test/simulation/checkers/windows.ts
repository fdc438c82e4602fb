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

export const windows: NewChecker = (_ground, accuse) => {
  /** Actor and side → since when it waits. */
  const since = new Map<string, number>();
  return {
    written: ({ actor, after, atMs }) => {
      if (!actor.startsWith('replication/')) return;
      const memory = contextOf(after) as ReplicationContext;
      for (const side of sides) {
        const { phase } = memory[side];
        const name = `${actor} ${side}`;
        const fromMs = since.get(name);
        if (phase === windowPhase) {
          if (fromMs === undefined) since.set(name, atMs);
          continue;
        }
        since.delete(name);
        if (fromMs === undefined || !onward.test(phase) || memory.riskAccepted !== null) continue;
        if (atMs - fromMs < windowMs)
          accuse(
            `${name} is ${phase} ${atMs - fromMs} ms after its fence, ${windowMs} are a window`,
          );
      }
    },
  };
};
