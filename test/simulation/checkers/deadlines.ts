/** Deadlines: a timer once set fires when it was to, also under the next owner; what is due by then fires there. */
import type { ActorRecord } from '../../../actors/record.ts';
import type { NewChecker } from '../ground.ts';

type Timer = ActorRecord['timers'][number];

const nameOf = ({ from, to, id }: Timer): string => `${from} ${to} ${id}`;
/** Clocks of hosts are off by a few seconds at most; what is due by then may have fired. */
const slackMs = 5_000;

export const deadlines: NewChecker = (ground, accuse) => ({
  written: ({ actor, before, after }) => {
    // The first write of another owner is what it has read, under its own fence.
    if (before?.uid !== after.uid || before.fence === after.fence) return;
    const nowMs = ground.parts.clock.nowMs() + slackMs;
    const kept = new Map(after.timers.map((each) => [nameOf(each), each.atMs]));
    const isSame = JSON.stringify(before.snapshot) === JSON.stringify(after.snapshot);
    for (const timer of before.timers) {
      const atMs = kept.get(nameOf(timer));
      if (atMs === undefined && isSame)
        accuse(`${actor}: ${timer.id} is lost with a change of owner`);
      // One that was due may have fired, and have been set anew.
      if (timer.atMs <= nowMs) continue;
      if (atMs !== undefined && atMs !== timer.atMs && isSame)
        accuse(`${actor}: ${timer.id} slips by ${atMs - timer.atMs} ms with a change of owner`);
    }
  },
});
