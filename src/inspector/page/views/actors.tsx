/** Actors: list, chart of the open one, and what there is to know and do about it. */
import { useEffect } from 'preact/hooks';
import { actor, followActor } from '../actors/focus.ts';
import { ActorsList } from '../actors/list.tsx';
import { Stage } from '../actors/stage.tsx';
import { Detail } from '../detail/detail.tsx';
import { NothingOpen } from './nothing-open.tsx';

export function ActorsView() {
  useEffect(followActor, []);
  const name = actor.value;
  return (
    <div class={`actors ${name === null ? 'none-open' : 'one-open'}`}>
      <ActorsList />
      {name === null ? <NothingOpen /> : <Stage key={name} actor={name} />}
      {name !== null && <Detail key={`detail ${name}`} actor={name} />}
    </div>
  );
}
