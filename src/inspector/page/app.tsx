/**
 * The inspector's page.
 *
 * - `main.tsx` begins; `session.ts` signs in; `routes.ts` lists the views (`views/<name>.tsx`, each exports one component).
 * - `store.ts` holds what all read: `session`, `counts`, `liveness`, `readOnlyBecause`, `nowMs`, `isPaused`.
 * - `api-client.ts`: `read(path)`, `post(path, body)`; a refusal is an `ApiFailure` whose message can be shown as it is.
 *   `loaded.ts`: `useRead(path)` reads, and reads again after a resync, a pause, and every so often.
 * - `stream/client.ts`: `onWindow`, `onStep`, `onResync`, `watchWindow`, `watchActor`.
 * - `location.ts`: `place` (path, query), `go`, `goQuery`, `actorHref`; plain `<a href="/audit?…">` need no code.
 * - `keys.ts`: `useKeys({ x: … })`; `dialog.tsx`; `mark.tsx` (`SeverityMark`); `time.ts` (`span`, `clock`).
 * - `dialogs.tsx`: all dialogs, loaded once the page rests; `later-style.ts` loads the style of these and of other views.
 * - `commands/`: `form.tsx` makes a form of a JSON Schema, `command-dialog.tsx` sends one command; `openCommand(…)` shows it.
 * - Styles: `styles/*.css`, colours by the tokens of `styles/tokens.css` only. The security policy forbids inline scripts and
 *   styles in markup, `innerHTML`, and every address but this host's; `style={{…}}` of Preact goes by CSSOM and is fine.
 */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { sayFailure } from './api-client.ts';
import { Banner } from './banner.tsx';
import { DialogLayer } from './dialog-layer.tsx';
import { Header } from './header.tsx';
import { useKeys } from './keys.ts';
import { laterStyle } from './later-style.ts';
import { go, place } from './location.ts';
import { overlay } from './overlays.ts';
import { views } from './routes.ts';
import type { View } from './routes.ts';
import { SignIn } from './sign-in.tsx';
import { session, togglePause } from './store.ts';

export function App() {
  if (session.value === undefined) return <p class="muted padded">Asking the host …</p>;
  if (session.value === null) return <SignIn />;
  return <Shell />;
}

function Shell() {
  useKeys({
    '?': () => (overlay.value = 'help'),
    'Ctrl-K': () => (overlay.value = 'palette'),
    p: togglePause,
    ...Object.fromEntries(views.map(({ chord, name }) => [`g ${chord}`, () => go(`/${name}`)])),
  });
  const view = views.find(({ name }) => name === place.value.path[0]);
  const title = view?.title ?? 'Not found';
  useEffect(() => {
    const [, , namespace, name] = place.value.path;
    document.title = name === undefined ? `${title} · Fairlead` : `${namespace}/${name} · Fairlead`;
  });
  return (
    <div class="shell">
      <Header current={view?.name ?? ''} />
      <Banner />
      <main id="main" class="main">
        <h1 class="away">{title}</h1>
        {view === undefined ? (
          <p class="padded">
            There is no view of this name. <a href="/actors">Go to the actors.</a>
          </p>
        ) : (
          <Routed key={view.name} view={view} />
        )}
      </main>
      <DialogLayer views={views} />
    </div>
  );
}

function Routed({ view }: { readonly view: View }) {
  if (view.isLazy) return <Later load={view.view as () => Promise<ComponentType>} />;
  const Shown = view.view as ComponentType;
  return <Shown />;
}

function Later({ load }: { readonly load: () => Promise<ComponentType> }) {
  const [shown, show] = useState<{ readonly Shown: ComponentType } | undefined>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    Promise.all([load(), laterStyle()]).then(
      ([Shown]) => show({ Shown }),
      (error: unknown) => setProblem(`${sayFailure(error)} Load the page again.`),
    );
  }, [load]);
  if (problem !== '') return <p class="problem padded">{problem}</p>;
  if (shown === undefined) return <p class="muted padded">Loading …</p>;
  return <shown.Shown />;
}
