/** Everything this page knows of the app: actors, what happened, and no more than the bounds allow. */
import { foreign } from '../../../../machines/limits-inspector-compat.ts';
import type { Message, Snapshot } from './messages.ts';
import { outlineOf } from './outline.ts';
import type { State } from './outline.ts';

export interface ForeignActor {
  readonly session: string;
  readonly name: string;
  readonly parent: string | undefined;
  readonly outline: State | undefined;
  readonly snapshot: Snapshot;
  /** What it takes of the bound, in characters: its newest snapshot, and the definition, which stays. */
  readonly characters: number;
  readonly definitionCharacters: number;
}

export interface Happening {
  /** Counts from 1 in this page's life. */
  readonly number: number;
  readonly session: string;
  readonly type: string;
  readonly source: string | undefined;
}

export interface World {
  readonly actors: ReadonlyMap<string, ForeignActor>;
  /** Oldest first. */
  readonly happenings: readonly Happening[];
  readonly counted: number;
  /** Left out because of a bound or of its form. */
  readonly refused: number;
  /** Why the last one was. */
  readonly because: string;
  readonly isOver: boolean;
}

export const emptyWorld: World = {
  ...{ actors: new Map(), happenings: [], counted: 0, refused: 0, because: '', isOver: false },
};

export const refusing = (world: World, because: string): World => ({
  ...world,
  refused: world.refused + 1,
  because,
});

/** @param characters  of the message as JSON */
export function taking(world: World, message: Message, characters: number): World {
  switch (message.type) {
    case '@xstate.actor':
      return bounded({ ...world, isOver: false, actors: joined(world, message, characters) });
    case '@xstate.event': {
      const { sessionId: session, sourceId, event } = message;
      return bounded(happened(world, { session, type: event.type, source: sourceId ?? undefined }));
    }
    case '@xstate.snapshot':
      return bounded({ ...world, actors: moved(world, message, characters) });
    case '@statelyai.disconnected':
      return { ...world, isOver: true };
  }
}

function joined(
  { actors }: World,
  message: Extract<Message, { type: '@xstate.actor' }>,
  characters: number,
): Map<string, ForeignActor> {
  const { sessionId: session, definition } = message;
  const actor: ForeignActor = {
    session,
    name: message.name ?? session,
    parent: message.parentId ?? undefined,
    outline: typeof definition === 'string' ? outlineOf(definition) : undefined,
    snapshot: message.snapshot ?? {},
    characters,
    definitionCharacters: definition?.length ?? 0,
  };
  return new Map(actors).set(session, actor);
}

/** Of an actor that never joined, what is told of it makes it known. */
function moved(
  { actors }: World,
  message: Extract<Message, { type: '@xstate.snapshot' }>,
  characters: number,
): Map<string, ForeignActor> {
  const { sessionId: session } = message;
  const before = actors.get(session);
  const outline = before?.outline;
  const definitionCharacters = before?.definitionCharacters ?? 0;
  return new Map(actors).set(session, {
    ...{ session, name: before?.name ?? session, parent: before?.parent, outline },
    snapshot: message.snapshot ?? {},
    characters: characters + definitionCharacters,
    definitionCharacters,
  });
}

function happened(world: World, happening: Omit<Happening, 'number'>): World {
  const number = world.counted + 1;
  const happenings = [...world.happenings, { ...happening, number }];
  return { ...world, counted: number, happenings: happenings.slice(-foreign.eventsMax) };
}

const isEnded = ({ snapshot: { status } }: ForeignActor): boolean =>
  status !== undefined && status !== null && status !== 'active';

/** Ended actors make room first, then those that joined first. */
function bounded(world: World): World {
  const actors = new Map(world.actors);
  let kept = 0;
  for (const { characters } of actors.values()) kept += characters;
  const isFull = (): boolean =>
    actors.size > foreign.actorsMax || (kept > foreign.keptCharactersMax && actors.size > 1);
  if (!isFull()) return world;
  let because = '';
  for (const actor of [...actors.values()].sort((a, b) => +isEnded(b) - +isEnded(a))) {
    if (!isFull()) break;
    actors.delete(actor.session);
    kept -= actor.characters;
    because = `${actor.name} was left out to make room`;
  }
  return refusing({ ...world, actors }, because);
}
