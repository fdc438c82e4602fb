/** Events: one meaning for each id, only what a record has held and as it held it, none missing, none twice. */
import { isoTime } from '../../../actors/iso-time.ts';
import type { OutboxEntry } from '../../../actors/outbox.ts';
import type { OutboundEvent } from '../../../actors/ports.ts';
import type { NewChecker } from '../ground.ts';
import { duplicateWindowMs } from '../outlets.ts';

/** What stays the same when an entry is published again: its revision is known from the second time on. */
const meaningOf = ({ event, atMs, data, correlationId }: OutboxEntry): string =>
  JSON.stringify([event, isoTime(atMs), data, correlationId]);

/** The same of what was published: its body is what readers get. */
const toldIn = ({ event, body }: OutboundEvent): string =>
  JSON.stringify([event, body['time'], body['data'], body['correlationid']]);

export const events: NewChecker = (ground, accuse) => {
  /** Id → what a stored record said it means. */
  const meant = new Map<string, string>();
  /** uid → number of the next event, as stored last. */
  const next = new Map<string, number>();

  const judge = (id: string, event: OutboundEvent): void => {
    const known = meant.get(id);
    const told = toldIn(event);
    if (known === undefined) accuse(`${id} (${event.event}) was published and is in no record`);
    else if (known !== told) accuse(`${id} was published as ${told}, and its record says ${known}`);
    if (!String(event.body['type']).endsWith(`.${event.event}.v1`))
      accuse(
        `${id} is ${event.event} by its subject and ${String(event.body['type'])} by its body`,
      );
  };

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
      const times = new Map<string, number[]>();
      for (const { event, atMs } of ground.parts.outlets.events) {
        const id = String(event.body['id']);
        judge(id, event);
        times.set(id, [...(times.get(id) ?? []), atMs]);
      }
      for (const [id, at] of times)
        for (let each = 1; each < at.length; each += 1)
          if ((at[each] ?? 0) - (at[each - 1] ?? 0) < duplicateWindowMs)
            accuse(`${id} is stored twice`);
      for (const [uid, count] of next)
        for (let number = 1; number < count; number += 1)
          if (!times.has(`${uid}/${number}`)) accuse(`${uid}/${number} was never published`);
    },
  };
};
