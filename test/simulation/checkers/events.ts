/** Events: one meaning for each id, only what a record has held, none missing, none twice. */
import type { NewChecker } from '../ground.ts';

/** What stays the same when an entry is published again: its revision is known from the second time on. */
const meaningOf = ({ atMs, data, event }: { atMs?: unknown; data?: unknown; event?: unknown }) =>
  JSON.stringify([event, atMs, data]);

export const events: NewChecker = (ground, accuse) => {
  /** Id → what a stored record said it means. */
  const meant = new Map<string, string>();
  /** uid → number of the next event, as stored last. */
  const next = new Map<string, number>();
  return {
    written: ({ after }) => {
      next.set(after.uid, after.outboxNext);
      for (const entry of after.outbox) {
        const meaning = meaningOf(entry);
        const known = meant.get(entry.id);
        if (known !== undefined && known !== meaning)
          accuse(`${entry.id} means two things: ${known} and ${meaning}`);
        meant.set(entry.id, meaning);
      }
    },
    ended: () => {
      const stored = new Map<string, number>();
      for (const { event } of ground.parts.outlets.events) {
        if (!meant.has(event.id))
          accuse(`${event.id} (${event.event}) was published and is in no record`);
        stored.set(event.id, (stored.get(event.id) ?? 0) + 1);
      }
      const times = new Map<string, number[]>();
      for (const { event, atMs } of ground.parts.outlets.events)
        times.set(event.id, [...(times.get(event.id) ?? []), atMs]);
      for (const [id, at] of times)
        for (let each = 1; each < at.length; each += 1)
          // Later repeats are the consumer's to fold.
          if ((at[each] ?? 0) - (at[each - 1] ?? 0) < 120_000) accuse(`${id} is stored twice`);
      for (const [uid, count] of next)
        for (let number = 1; number < count; number += 1)
          if (!stored.has(`${uid}/${number}`)) accuse(`${uid}/${number} was never published`);
    },
  };
};
