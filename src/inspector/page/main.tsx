/** Where the page begins. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { startKeys } from './keys.ts';
import { followLinks, go, place } from './location.ts';
import { views } from './routes.ts';
import { beginSession } from './session.ts';
import { session, startClock } from './store.ts';
import { startStream } from './stream/client.ts';

if (place.value.path.length === 0) go('/actors' + location.search + location.hash, 'replace');
followLinks((name) => views.some((view) => view.name === name));
startKeys();
startClock();
effect(() => {
  if (session.value) startStream();
});
const root = document.getElementById('page');
if (root !== null) render(<App />, root);
void beginSession();
