/** Events of breakers: the orders given to all hosts, and what the breakers of each host did. */
import { bareKey, isMeant, resolveKey } from '../breaker-keys.ts';
import type { EventView } from '../columns.ts';
import type { EventSource } from '../event-source.ts';
import { kindOf } from '../kinds.ts';
import { readHistory } from '../reads.ts';
import type { Session } from '../session.ts';
import { surveyBreakers } from '../surveys.ts';
import { isObject } from '../view.ts';
import { hostOf } from './host-events.ts';

const guards = { namespace: 'system', kind: 'guard' } as const;
/** The actor that takes orders; the others are named after their hosts. */
const fleet = 'fleet';
/** Newest events read of each guard. */
const eventsRead = 500;

/** @param words the kind, and keys or short forms of them; without any, all breakers are meant */
export async function breakerEvents(
  session: Session,
  words: readonly string[],
): Promise<EventSource> {
  const { breakers } = await surveyBreakers(session);
  const known = [...new Set(breakers.map(({ key }) => key))];
  const keys = keysIn(words).map((word) => resolveKey(word, known));
  const hosts = new Set(breakers.map(({ host }) => host));
  const isWanted = (event: EventView): boolean =>
    hostOf(event) === undefined && (keys.length === 0 || concerns(event, keys));
  return {
    filter: guards,
    isWanted,
    stored: async () => {
      const found: EventView[] = [];
      for (const name of [fleet, ...hosts]) {
        const events = await readHistory(session, { ...guards, name }, { limit: eventsRead });
        found.push(...events.filter(isObject).filter(isWanted));
      }
      return found;
    },
  };
}

/** `breaker a b`, or `breaker/a`. */
const keysIn = (words: readonly string[]): readonly string[] =>
  words.filter((word) => kindOf(word) !== 'breaker').map(bareKey);

/** An order to a service concerns each of its classes, and the other way round. */
function concerns({ data }: EventView, keys: readonly string[]): boolean {
  const key = isObject(data) ? data['key'] : undefined;
  return (
    typeof key === 'string' && keys.some((wanted) => isMeant(wanted, key) || isMeant(key, wanted))
  );
}
