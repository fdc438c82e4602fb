/** Events of hosts: the orders to run nothing, and to take partitions again. */
import { fleetKey } from '../../../machines/ids.ts';
import type { EventView } from '../columns.ts';
import type { EventSource } from '../event-source.ts';
import { namesAfterKind } from '../drain/host-word.ts';
import { readHistory } from '../reads.ts';
import type { Session } from '../session.ts';
import { isObject } from '../view.ts';

/** Newest events read; orders to breakers are among them. */
const eventsRead = 500;

/** @param words the kind, and names of hosts; without any, all hosts are meant */
export function hostEvents(session: Session, words: readonly string[]): EventSource {
  const names = namesAfterKind(words);
  const isWanted = (event: EventView): boolean => {
    const host = hostOf(event);
    return host !== undefined && (names.length === 0 || names.includes(host));
  };
  return {
    filter: fleetKey,
    isWanted,
    stored: async () => {
      const events = await readHistory(session, fleetKey, { limit: eventsRead });
      return events.filter(isObject).filter(isWanted);
    },
  };
}

/** The host that an event of the fleet is about; undefined when it is about breakers. */
export function hostOf({ type = '', data }: EventView): string | undefined {
  if (!/^fairlead\.guard\.host(Drained|Undrained)\./.test(type) || !isObject(data))
    return undefined;
  const { host } = data;
  return typeof host === 'string' ? host : undefined;
}
