/** The page's end of the stream: says what is looked at in order, and holds nothing once it is closed. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ViewRequest, Window } from '../../../../src/inspector/api.ts';
import { follow } from '../../../../src/inspector/page/stream/follower.ts';
import type { StreamMessage } from '../../../../src/inspector/page/stream/messages.ts';

type Listener = (event: { data: string }) => void;

/** Streams that the page has opened, in order. */
let opened: FakeStream[] = [];
class FakeStream {
  readonly listeners = new Map<string, Listener>();
  onerror: () => void = () => undefined;
  isClosed = false;
  constructor() {
    opened.push(this);
  }
  addEventListener(name: string, listener: Listener): void {
    this.listeners.set(name, listener);
  }
  close(): void {
    this.isClosed = true;
  }
  tell(name: string, data: object): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data) });
  }
}

interface Request {
  readonly path: string;
  readonly body: unknown;
  answer(status: number): void;
}

function scene() {
  opened = [];
  const requests: Request[] = [];
  const told: StreamMessage[] = [];
  vi.stubGlobal('EventSource', FakeStream);
  vi.stubGlobal('fetch', (path: string, { body }: { body?: string }) => {
    return new Promise((resolve) => {
      const answer = (status: number) => resolve({ status, ok: status < 300 });
      requests.push({ path, body: body && (JSON.parse(body) as unknown), answer });
    });
  });
  vi.useFakeTimers();
  const follower = follow((message) => told.push(message));
  const [stream] = opened;
  if (stream === undefined) throw new Error('no stream was opened');
  return { follower, stream, requests, told };
}

const view = (focus: string): ViewRequest => ({ focus });
const settle = () => vi.advanceTimersByTimeAsync(0);

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('what is looked at', () => {
  it('is said one at a time, and only the newest of what has changed meanwhile', async () => {
    const { follower, stream, requests } = scene();
    follower.look(view('a'));
    expect(requests).toEqual([]);
    stream.tell('hello', { sid: 's1', session: {} });
    follower.look(view('b'));
    follower.look(view('c'));
    expect(requests.map(({ body }) => body)).toEqual([view('a')]);
    requests[0]?.answer(204);
    await settle();
    expect(requests.map(({ body }) => body)).toEqual([view('a'), view('c')]);
    requests[1]?.answer(204);
    await settle();
    expect(requests).toHaveLength(2);
  });

  it('is said again to the next stream, also when the last word got no answer yet', async () => {
    const { follower, stream, requests } = scene();
    follower.look(view('a'));
    stream.tell('hello', { sid: 's1', session: {} });
    stream.tell('hello', { sid: 's2', session: {} });
    requests[0]?.answer(404);
    await settle();
    expect(requests.map(({ path }) => path)).toEqual([
      '/api/stream/s1/view',
      '/api/stream/s2/view',
    ]);
  });
});

describe('rows', () => {
  const ofList = (q: string): Window => ({ q, sort: 'name', offset: 0, limit: 2 });
  const whole = (q: string, actor: string) => {
    const list = { q, sort: 'name' };
    return { list, total: 1, offset: 0, rows: [{ actor }], order: [-1] };
  };

  it('of a list that was looked at before are not told, nor are changes to them', () => {
    const { follower, stream, told } = scene();
    const shown = () =>
      told.flatMap((each) => (each.name === 'window' ? [each.data.list.q, each.data.rows] : []));
    stream.tell('hello', { sid: 's1', session: {} });
    follower.look({ window: ofList('a') });
    follower.look({ window: ofList('b') });
    stream.tell('rows', whole('a', 'cluster/x/a'));
    stream.tell('rows', { total: 1, offset: 0, rows: [], changes: [[0, { reason: 'late' }]] });
    expect(shown()).toEqual([]);
    stream.tell('rows', whole('b', 'cluster/x/b'));
    expect(shown()).toEqual(['b', [{ actor: 'cluster/x/b' }]]);
    stream.tell('rows', whole('a', 'cluster/x/a'));
    stream.tell('rows', { total: 1, offset: 0, rows: [], changes: [[0, { reason: 'late' }]] });
    expect(shown()).toHaveLength(2);
  });
});

describe('a stream that broke', () => {
  it('is opened again after a question for the session', async () => {
    const { stream, requests, told } = scene();
    stream.onerror();
    expect(stream.isClosed).toBe(true);
    await vi.advanceTimersByTimeAsync(1_300);
    expect(requests.map(({ path }) => path)).toEqual(['/api/session']);
    requests[0]?.answer(200);
    await settle();
    expect(opened).toHaveLength(2);
    expect(told).toEqual([{ name: 'link', data: 'lost' }]);
  });

  it('stays closed when the page leaves while it asks', async () => {
    const { follower, stream, requests } = scene();
    stream.onerror();
    await vi.advanceTimersByTimeAsync(1_300);
    follower.close();
    requests[0]?.answer(200);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(opened).toHaveLength(1);
    expect(requests).toHaveLength(1);
  });

  it('waits for somebody to sign in when the cookie is refused', async () => {
    const { follower, stream, requests, told } = scene();
    stream.onerror();
    await vi.advanceTimersByTimeAsync(1_300);
    requests[0]?.answer(401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told.at(-1)).toEqual({ name: 'link', data: 'signedOut' });
    expect(requests).toHaveLength(1);
    follower.look(view('a'));
    expect(opened).toHaveLength(2);
  });
});
