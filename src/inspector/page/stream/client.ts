/** The page's end of the stream: puts what comes into the store, and says what the reader looks at. */
import type { Counts, SessionInfo, StreamEvents, ViewRequest, Window } from '../../api.ts';
import { read } from '../api-client.ts';
import { counts, isOwner, isPaused, link, linkLostMs, session } from '../store.ts';
import type { WindowRows } from '../../window.ts';
import { follow } from './follower.ts';
import type { StreamMessage, TabMessage } from './messages.ts';

/** Put in by the build: the worker's address, hash included. */
declare const STREAM_WORKER: string;

type Listener<Name extends keyof StreamEvents> = (data: StreamEvents[Name]) => void;

const windowListeners = new Set<(rows: WindowRows) => void>();
const stepListeners = new Set<Listener<'step'>>();
const resyncListeners = new Set<() => void>();

let say: (message: TabMessage) => void = () => undefined;
let view: { window?: Window; focus: string | null; isHidden: boolean } = {
  focus: null,
  isHidden: false,
};
let wasLost = false;
let isStarted = false;

/** This tab's window, whole, whenever something in it changed. Returns the way to stop. */
export const onWindow = (listener: (rows: WindowRows) => void) =>
  listening(windowListeners, listener);
/** Steps of the actors in focus of any tab: look at `step.actor`. */
export const onStep = (listener: Listener<'step'>) => listening(stepListeners, listener);
/** Something was missed: read again what you show. */
export const onResync = (listener: () => void) => listening(resyncListeners, listener);

function listening<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Rows of this window are told from now on; undefined for none. */
export function watchWindow(window: Window | undefined): void {
  const { window: _before, ...rest } = view;
  lookAt(window === undefined ? rest : { ...rest, window });
}

/** Steps of this actor (`kind/namespace/name`) are told from now on; null for none. */
export const watchActor = (focus: string | null): void => lookAt({ ...view, focus });

function lookAt(next: typeof view): void {
  if (JSON.stringify(next) === JSON.stringify(view)) return;
  view = next;
  sayView();
}

function sayView(): void {
  const request: ViewRequest = view.isHidden ? { focus: null, isHidden: true } : { ...view };
  say({ name: 'view', view: request });
}

/** Called at every sign-in; the first opens the stream, later ones wake it. */
export function startStream(): void {
  if (isStarted) {
    sayView();
    return;
  }
  isStarted = true;
  say =
    workerOrNone(() => {
      say = followHere();
      sayView();
    }) ?? followHere();
  document.addEventListener('visibilitychange', () => {
    view = { ...view, isHidden: document.hidden };
    if (!document.hidden) {
      say({ name: 'active' });
      reread();
    }
    sayView();
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) say({ name: 'active' });
  });
  addEventListener('focus', () => say({ name: 'active' }));
  addEventListener('pagehide', () => say({ name: 'bye' }));
  sayView();
}

/** @param onFailed its script did not come, as from a host of another version */
function workerOrNone(onFailed: () => void): ((message: TabMessage) => void) | undefined {
  if (typeof SharedWorker === 'undefined') return undefined;
  try {
    const worker = new SharedWorker(workerAddress() as string, {
      name: 'fairlead',
      type: 'module',
    });
    worker.onerror = onFailed;
    worker.port.onmessage = (event: MessageEvent<StreamMessage>) => {
      worker.onerror = null;
      take(event.data);
    };
    return (message) => worker.port.postMessage(message);
  } catch {
    return undefined;
  }
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (address: string) => string },
  ): { createScriptURL: (address: string) => unknown };
}

/** The only address of code that the page makes itself: under Trusted Types it has to come from a policy. */
function workerAddress(): unknown {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  if (trustedTypes === undefined) return STREAM_WORKER;
  const policy = trustedTypes.createPolicy('fairlead-worker', {
    createScriptURL(address) {
      if (new URL(address, location.origin).origin !== location.origin)
        throw new TypeError('a worker comes from this host or not at all');
      return address;
    },
  });
  return policy.createScriptURL(STREAM_WORKER);
}

function followHere(): (message: TabMessage) => void {
  const follower = follow(take);
  return (message) => {
    if (message.name === 'view') follower.look(message.view);
    if (message.name === 'bye') follower.close();
  };
}

function take(message: StreamMessage): void {
  switch (message.name) {
    case 'hello':
      session.value = message.data.session;
      if (wasLost) reread();
      wasLost = false;
      return;
    case 'counts':
      takeCounts(message.data);
      return;
    case 'window':
      if (!isPaused.value) for (const listener of windowListeners) listener(message.data);
      return;
    case 'step':
      if (!isPaused.value) for (const listener of stepListeners) listener(message.data);
      return;
    case 'link':
      takeLink(message.data);
      return;
    case 'resync':
      reread();
      return;
    case 'owner':
      isOwner.value = message.data;
      if (message.data) reread();
      return;
    case 'rows':
    case 'bye':
      return;
  }
}

/** What was read while NATS was away lacks what only the service knows: what is allowed, and that all may be sent again. */
function takeCounts(next: Counts): void {
  const before = counts.value?.feed.status;
  counts.value = next;
  if (before === undefined || before === 'live' || next.feed.status !== 'live') return;
  read<SessionInfo>('/api/session').then(
    (found) => (session.value = found),
    () => undefined,
  );
  reread();
}

function takeLink(state: 'open' | 'lost' | 'signedOut'): void {
  if (state === 'signedOut') {
    session.value = null;
    return;
  }
  link.value = state;
  if (state === 'open') linkLostMs.value = 0;
  else if (linkLostMs.value === 0) linkLostMs.value = Date.now();
  wasLost ||= state === 'lost';
}

function reread(): void {
  for (const listener of resyncListeners) listener();
}
