/** `fairlead events` and `fairlead history`: what has happened, and what happens while watching. */
import { eventColumns } from '../columns.ts';
import type { EventView } from '../columns.ts';
import type { EventSource } from '../event-source.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { kindOf, storedKinds, storedOf, storedTargetOf, targetOf } from '../kinds.ts';
import type { StoredKind, Target } from '../kinds.ts';
import { printListing } from '../output.ts';
import type { OutputWish } from '../output.ts';
import { listResources, readHistory } from '../reads.ts';
import type { EventFilter, Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import { isObject } from '../view.ts';
import { breakerEvents } from './breaker-events.ts';
import { hostEvents } from './host-events.ts';

/** Events per resource when `--limit` is not given. */
const limitDefault = 100;

export const history: Verb = async (shell) => {
  const target = storedTargetOf(shell.operands, shell.namespace, 'history');
  if (target.names.length === 0)
    throw usage('history needs a name', { tries: ['fairlead history cluster <name>'] });
  const session = await shell.session();
  await print(shell, shell.wish, newest(shell, await stored(shell, session, target)));
  return exits.ok;
};

export const events: Verb = async (shell) => {
  const { operands } = shell;
  const words = operands.length === 0 ? ['cluster'] : operands;
  const session = await shell.session();
  const source = await sourceOf(shell, session, words);
  if (shell.flags.follow === true) return followEvents(shell, session, source);
  await print(shell, shell.wish, newest(shell, await source.stored()));
  return exits.ok;
};

async function sourceOf(
  shell: Shell,
  session: Session,
  words: readonly string[],
): Promise<EventSource> {
  switch (kindOf(words[0]?.split('/')[0] ?? '')) {
    case 'breaker':
      return breakerEvents(session, words);
    case 'host':
      return hostEvents(session, words);
    default:
      return resourceEvents(shell, session, eventTarget(words, shell.namespace));
  }
}

type StoredTarget = Target & { readonly kind: StoredKind };

function eventTarget(words: readonly string[], namespace: string): StoredTarget {
  const kinds = [...storedKinds, 'breaker', 'host'] as const;
  const { kind, names } = targetOf(words, namespace, { name: 'events', kinds });
  return { kind: storedOf(kind), names };
}

const resourceEvents = (shell: Shell, session: Session, target: StoredTarget): EventSource => ({
  filter: filterOf(shell, target),
  stored: () => stored(shell, session, target),
  isWanted: () => true,
});

/** Subscribes before it reads what is stored, so that nothing falls in between; what comes twice is folded by id. */
async function followEvents(shell: Shell, session: Session, source: EventSource): Promise<Exit> {
  const signal = shell.terminal.interrupted;
  const live = session.events(source.filter, { since: 'new', signal });
  await live.ready;
  const past = newest(shell, await source.stored());
  const format = shell.wish.format === 'json' ? 'jsonl' : shell.wish.format;
  await print(shell, { ...shell.wish, format }, past);
  const known = new Set(past.map(idOf));
  let headers = shell.wish.headers && past.length === 0;
  for await (const event of live) {
    if (!isObject(event) || known.has(idOf(event)) || !source.isWanted(event)) continue;
    await print(shell, { format, headers }, [event]);
    headers = false;
  }
  return signal.aborted ? exits.interrupted : exits.ok;
}

async function stored(shell: Shell, session: Session, target: StoredTarget): Promise<EventView[]> {
  const { flags, namespace } = shell;
  const around = { namespace, allNamespaces: flags.allNamespaces === true };
  const names =
    target.names.length > 0
      ? target.names
      : (await listResources(session, target.kind, around)).map((view) => view.metadata);
  const limit = flags.limit ?? limitDefault;
  const options = {
    limit,
    ...(flags.correlation === undefined ? {} : { correlationId: flags.correlation }),
  };
  const found: EventView[] = [];
  for (const { namespace: of, name } of names) {
    const key = { kind: target.kind, namespace: of, name };
    found.push(...(await readHistory(session, key, options)).filter(isObject));
  }
  return found;
}

/** In order of time, those that `--since` and `--limit` leave. */
function newest({ flags, terminal }: Shell, found: readonly EventView[]): EventView[] {
  const { since, limit = limitDefault } = flags;
  const fromMs = since === undefined ? -Infinity : terminal.nowMs() - since;
  return found
    .filter(({ time }) => fromMs === -Infinity || Date.parse(time ?? '') >= fromMs)
    .sort((left, right) => (left.time ?? '').localeCompare(right.time ?? ''))
    .slice(-limit);
}

function filterOf(shell: Shell, { kind, names }: StoredTarget): EventFilter {
  const [only, ...more] = names;
  if (only !== undefined && more.length === 0) return { kind, ...only };
  if (shell.flags.allNamespaces === true || more.length > 0) return { kind };
  return { kind, namespace: shell.namespace };
}

const idOf = (event: EventView): string => {
  const { id } = event as { readonly id?: unknown };
  return typeof id === 'string' ? id : JSON.stringify(event);
};

const print = (shell: Shell, wish: OutputWish, rows: readonly EventView[]): Promise<void> =>
  printListing(shell.terminal, wish, {
    columns: eventColumns,
    rows,
    object: (event) => event,
    name: idOf,
  });
