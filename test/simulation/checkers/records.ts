/** Records: fences only grow, owners hold their lease when they write, calls are intended before they are made. */
import type { NewChecker } from '../ground.ts';

/** Calls that change something and are named by a token. */
const tokened = /^(cloud\.launch|script\.)/;
/** Calls about one machine: it is named in the record. */
const named = /^cloud\.(terminate|stop|start|reboot)$/;

/** Tokens, ids of orders and of machines, as a record has them. */
const intents = /"(?:token|opId|instanceId)":"([^"]+)"/g;

export const records: NewChecker = (ground, accuse) => {
  /** What records have ever intended; a call may be on its way for long, and its intent gone meanwhile. */
  const intended = new Set<string>();
  return {
    written: ({ actor, before, after, bytes, partition, sentBy, sentMs }) => {
      for (const [, intent = ''] of bytes.matchAll(intents)) intended.add(`${after.uid} ${intent}`);
      // It may land long after its lease has ended: what counts is when it was sent.
      if (!ground.parts.leases.wasHeld(partition, sentBy, sentMs))
        accuse(`${actor}: ${sentBy} wrote under fence ${after.fence} and held no lease`);
      if (before === undefined) return;
      if (after.fence < before.fence)
        accuse(`${actor}: fence ${before.fence} became ${after.fence} (${after.host})`);
      if (after.fence === before.fence && after.host !== before.host)
        accuse(`${actor}: fence ${after.fence} is of ${before.host} and of ${after.host}`);
      if (after.uid !== before.uid) return;
      if (after.outboxNext < before.outboxNext)
        accuse(`${actor}: events count back from ${before.outboxNext} to ${after.outboxNext}`);
      if ((after.steps ?? 1) < (before.steps ?? 1))
        accuse(`${actor}: steps count back from ${before.steps ?? 1} to ${after.steps ?? 1}`);
    },
    // As it goes out: on its way its intent may come too late.
    departed: ({ process, name, uid, token, text }) => {
      const intent = tokened.test(name) ? token : named.test(name) ? text : '';
      if (intent === '') return;
      if (intended.has(`${uid} ${intentOf(intent)}`)) return;
      accuse(`${process}: ${name} of ${intent} goes out, and no record of ${uid} has had it`);
    },
  };
};

/** A look at a node has a number of its own behind the order's id. */
const intentOf = (intent: string): string => intent.replace(/-check-(\d+)\.\d+$/, '-check-$1');
