/** The page of a foreign app: its actors, the states of one, its context, and what happened. */
import { signal } from '@preact/signals';
import { foreign } from '../../../../machines/limits-inspector-compat.ts';
import { outlineOfValue, partsOf } from './outline.ts';
import type { State } from './outline.ts';
import { emptyWorld } from './world.ts';
import type { ForeignActor, World } from './world.ts';

export const world = signal<World>(emptyWorld);
/** Origin of the app; empty until it has spoken. */
export const app = signal('');
/** There is a window that opened this page or holds it. */
export const hasApp = signal(false);
const chosen = signal<string | undefined>(undefined);

export function Viewer() {
  const { actors, isOver, refused, because } = world.value;
  const actor = actors.get(chosen.value ?? '') ?? [...actors.values()][0];
  return (
    <>
      <header class="top">
        <h1>Viewer</h1>
        <p role="status">{standing(isOver)}</p>
        {refused > 0 && (
          <p class="refused">
            {refused} left out, last: {because}
          </p>
        )}
      </header>
      <main>
        <nav class="panel" aria-label="Actors">
          <h2>Actors</h2>
          <Actors of={undefined} actors={actors} current={actor?.session} depth={0} />
        </nav>
        {actor && <Details actor={actor} />}
        <Happenings />
      </main>
    </>
  );
}

function standing(isOver: boolean): string {
  if (isOver) return 'The app has ended the connection; what it told last stays.';
  if (app.value !== '') return `Connected to ${app.value}.`;
  return hasApp.value
    ? 'Waiting for the app to tell something.'
    : 'No app: let one open this page with createBrowserInspector({ url }) of @statelyai/inspect.';
}

interface ActorsProps {
  /** Session of the parent; those without one, or with one that is not known, stand at the top. */
  readonly of: string | undefined;
  readonly actors: World['actors'];
  readonly current: string | undefined;
  readonly depth: number;
}

function Actors({ of, actors, current, depth }: ActorsProps) {
  const isHere = ({ parent, session }: ForeignActor): boolean =>
    of === undefined
      ? parent === undefined || parent === session || !actors.has(parent)
      : parent === of && session !== of;
  const here = [...actors.values()].filter(isHere);
  if (here.length === 0 || depth > foreign.depthMax) return null;
  return (
    <ul>
      {here.map((each) => (
        <li key={each.session}>
          <button
            type="button"
            aria-pressed={each.session === current}
            onClick={() => (chosen.value = each.session)}
          >
            {each.name} <span class="muted">{each.snapshot.status ?? ''}</span>
          </button>
          <Actors of={each.session} actors={actors} current={current} depth={depth + 1} />
        </li>
      ))}
    </ul>
  );
}

function Details({
  actor: { name, session, outline, snapshot },
}: {
  readonly actor: ForeignActor;
}) {
  const { value, context, tags = [], output, error } = snapshot;
  const shown = outline?.states.length ? outline : outlineOfValue(name, value);
  return (
    <section class="panel" aria-label="States">
      <h2>
        {name} <code class="muted">{session}</code>
      </h2>
      {tags.length > 0 && <p class="muted">tags: {tags.join(', ')}</p>}
      <ul class="states">
        <StateItem state={shown} value={value} isActive />
      </ul>
      <Json title="Context" value={context} />
      <Json title="Output" value={output} />
      <Json title="Error" value={error} />
    </section>
  );
}

interface StateProps {
  readonly state: State;
  /** What the value says of the states in it; nothing where it is not active. */
  readonly value: unknown;
  readonly isActive: boolean;
}

function StateItem({ state, value, isActive }: StateProps) {
  const parts = new Map(isActive ? partsOf(value) : []);
  const title = state.events.length > 0 ? `takes ${state.events.join(', ')}` : undefined;
  return (
    <li class={isActive ? 'state active' : 'state'} aria-current={isActive ? 'true' : undefined}>
      <span class="state-name" title={title}>
        {state.isInitial && <span class="muted">first </span>}
        {state.key}
        {state.type !== 'atomic' && <span class="muted"> {state.type}</span>}
      </span>
      {state.states.length > 0 && (
        <ul>
          {state.states.map((each) => (
            <StateItem
              key={each.key}
              state={each}
              value={parts.get(each.key)}
              isActive={parts.has(each.key)}
            />
          ))}
        </ul>
      )}
    </li>
  );
}

function Json({ title, value }: { readonly title: string; readonly value: unknown }) {
  if (value === undefined || value === null) return null;
  const text = JSON.stringify(value, null, 2);
  const rest = text.length - foreign.shownCharactersMax;
  return (
    <>
      <h3>{title}</h3>
      <pre tabIndex={0} aria-label={title}>
        {text.slice(0, foreign.shownCharactersMax)}
        {rest > 0 && ` … and ${rest} characters`}
      </pre>
    </>
  );
}

function Happenings() {
  const { happenings, actors } = world.value;
  const nameOf = (session: string): string => actors.get(session)?.name ?? session;
  return (
    <section class="panel" aria-label="Events">
      <h2>Events</h2>
      <ol class="happenings" tabIndex={0} aria-label="Events, newest first">
        {happenings.toReversed().map(({ number, session, type, source }) => (
          <li key={number}>
            <span class="muted">{number}</span> <code>{type}</code>{' '}
            <span class="muted">
              to {nameOf(session)}
              {source !== undefined && ` from ${nameOf(source)}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
