/** Where the viewer begins: listens to the window that opened it or holds it, and to nobody else. */
import { render } from 'preact';
import { readMessage } from './messages.ts';
import { app, hasApp, Viewer, world } from './viewer.tsx';
import { refusing, taking } from './world.ts';

/** An app whose frame is not ready yet loses what it has kept for us; it is asked again until it says something. */
const askAgainMs = 1_000;
const asksMax = 5;

const other = (window.opener ?? (window.parent === window ? null : window.parent)) as Window | null;
let hasSpoken = false;

function take({ source, origin, data }: MessageEvent): void {
  if (other === null || source !== other) return;
  const read = readMessage(data);
  if (read.is === 'other') return;
  hasSpoken = true;
  app.value = origin === 'null' ? 'an app without an origin' : origin;
  world.value =
    read.is === 'message'
      ? taking(world.value, read.message, read.characters)
      : refusing(world.value, read.because);
}

/** Says nothing but that somebody is here, so any origin may hear it. */
function ask(asks = 1): void {
  if (hasSpoken || other === null) return;
  other.postMessage({ type: '@statelyai.connected' }, '*');
  if (asks < asksMax)
    setTimeout(() => {
      ask(asks + 1);
    }, askAgainMs);
}

hasApp.value = other !== null;
addEventListener('message', take);
// The frame's `load` in the app comes after ours, and only then does the app know whom to tell.
addEventListener('load', () =>
  setTimeout(() => {
    ask();
  }, 0),
);
const root = document.getElementById('page');
if (root !== null) render(<Viewer />, root);
