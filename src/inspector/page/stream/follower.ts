/** One stream from the host: opens it, opens it again when it breaks, and tells the host what is looked at. */
import type { StreamEvents, ViewRequest } from '../../api.ts';
import { applyRows, emptyWindow, listOf } from '../../window.ts';
import type { StreamMessage } from './messages.ts';

const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 15_000;

const names: readonly (keyof StreamEvents)[] = ['hello', 'counts', 'rows', 'step', 'resync', 'bye'];

export interface Follower {
  look(view: ViewRequest): void;
  close(): void;
}

export function follow(tell: (message: StreamMessage) => void): Follower {
  let source: EventSource | undefined;
  let sid = '';
  let view: ViewRequest | undefined;
  /** One at a time: over two connections a later one could arrive first. */
  let isSaying = false;
  let rows = emptyWindow;
  /** What comes before the first event of a changed window is of the window before. */
  let isBehind = true;
  let retryMs = RETRY_FIRST_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  /** The cookie was refused: nothing is tried until somebody looks again. */
  let isSignedOut = false;

  const open = () => {
    isSignedOut = false;
    source = new EventSource('/api/stream');
    for (const name of names)
      source.addEventListener(name, (event: Event) => {
        take(name, (event as Event & { readonly data: string }).data);
      });
    source.onerror = lose;
  };
  const lose = () => {
    // The browser would try again by itself, but not after a refusal; one way for both is simpler to see.
    source?.close();
    sid = '';
    tell({ name: 'link', data: 'lost' });
    plan(retryMs);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  };
  const plan = (ms: number) => {
    clearTimeout(timer);
    if (!isClosed) timer = setTimeout(() => void openIfKnown(), ms * (0.7 + 0.6 * Math.random()));
  };
  const openIfKnown = async () => {
    try {
      const answer = await fetch('/api/session', { credentials: 'same-origin' });
      if (isClosed) return;
      if (answer.status === 401) {
        isSignedOut = true;
        tell({ name: 'link', data: 'signedOut' });
        return;
      }
      if (answer.ok) {
        open();
        return;
      }
    } catch {
      // No answer: as below.
    }
    plan(retryMs);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  };
  const take = (name: keyof StreamEvents, text: string) => {
    const message = { name, data: JSON.parse(text) as unknown } as StreamMessage;
    if (message.name === 'hello') {
      sid = message.data.sid;
      retryMs = RETRY_FIRST_MS;
      isBehind = true;
      tell({ name: 'link', data: 'open' });
      void say();
    }
    if (message.name === 'rows') {
      takeRows(message.data);
      return;
    }
    tell(message);
    if (message.name === 'bye') {
      source?.close();
      tell({ name: 'link', data: 'lost' });
      plan(message.data.retryMs);
    }
  };
  const takeRows = (event: StreamEvents['rows']) => {
    const { list, offset } = event;
    const window = view?.window;
    if (list !== undefined) isBehind = window?.offset !== offset || listOf(window) !== listOf(list);
    if (isBehind) return;
    rows = applyRows(rows, event);
    tell({ name: 'window', data: rows });
  };
  const say = async () => {
    if (sid === '' || view === undefined || isSaying) return;
    const said = [sid, view] as const;
    isSaying = true;
    try {
      await fetch(`/api/stream/${encodeURIComponent(sid)}/view`, {
        method: 'POST',
        credentials: 'same-origin',
        headers: { 'Content-Type': 'application/json', 'X-Fairlead': '1' },
        body: JSON.stringify(view),
      });
    } catch {
      // The stream breaks with the host, and its next hello says the view again.
    } finally {
      isSaying = false;
    }
    if (said[0] !== sid || said[1] !== view) void say();
  };

  open();
  return {
    look(wanted) {
      if (JSON.stringify(wanted.window) !== JSON.stringify(view?.window)) isBehind = true;
      view = wanted;
      if (isSignedOut) open();
      else void say();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      source?.close();
    },
  };
}
