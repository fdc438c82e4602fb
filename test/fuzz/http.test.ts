/** Every whole head that comes over HTTP is answered with a status below 500, and the server goes on. */
import { createConnection } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { openHttp } from '../../src/http.ts';
import type { OpenHttp } from '../../src/http.ts';
import { parseQuery } from '../../src/inspector/index/query.ts';
import { QueryProblem } from '../../src/inspector/index/query-problem.ts';
import { refusal } from '../../src/inspector/server/refusal.ts';
import { fakeParts, startInspector, tokens } from '../fakes/inspector-server.ts';
import type { TestServer } from '../fakes/inspector-server.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, oddText, secret, torn, written } from './odd.ts';

let inspector: TestServer;
let health: OpenHttp;
beforeAll(async () => {
  let ms = 0;
  const parts = fakeParts({ monotonicMs: () => (ms += 1_000) });
  const scripted = {
    ...parts.service,
    why: () => Promise.reject(refusal('unavailable')),
    dryRun: () => Promise.reject(refusal('unavailable')),
  };
  inspector = await startInspector({ ...parts, service: scripted });
  health = await openHttp({
    ...{ host: '127.0.0.1', port: 0, live: () => [], ready: () => [], probes: () => [] },
    fare: () => ({ last_reconcile: '', error_rate: 0, level: 'healthy' }),
    metrics: async () => ({ contentType: 'text/plain', text: 'up 1\n' }),
  });
});
afterAll(async () => {
  await inspector.close();
  await health.close();
});

/** The server has so long to say something; a busy machine takes a tenth of it. */
const QUIET_MS = 10_000;

/**
 * Everything that comes back until the other side ends.
 * @throws where nobody takes the connection, or nothing comes for 10 s
 */
function sendRaw(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection({ host: '127.0.0.1', port, allowHalfOpen: false });
    socket.setTimeout(QUIET_MS, () => {
      reject(new Error(`no end after ${QUIET_MS} ms, only: ${text.slice(0, 200)}`));
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A reset is an end like another: whether an answer came before it is judged by the text.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      // A stream has no end of its own: its head says all.
      if (/text\/event-stream/i.test(text)) socket.destroy();
    });
    socket.on('close', () => resolve(text));
    socket.end(bytes);
  });
}

const statusesIn = (answer: string): number[] =>
  [...answer.matchAll(/(?:^|\n)HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

/**
 * Whether the server owes an answer: there is a head to its end, and nothing behind the body that it announces. What comes
 * there is the next request; where that cannot be read the connection ends at once, with an answer that is on its way.
 */
function isOwed(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const announced = /\ncontent-length: *(\d+)\r/i.exec(text.slice(0, end + 2))?.[1] ?? 0;
  return end !== -1 && text.length - (end + 4) <= Number(announced);
}

const cookie = 'fairlead-8080=AAAAAAAAAAAAAAAAAAAAAA.1893456000000.c2lnbmF0dXJl';
const requestText = (line: string, headers: Readonly<Record<string, string>>, body = ''): string =>
  [
    ...[`${line} HTTP/1.1`, 'Host: localhost', 'Connection: close'],
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...['', body],
  ].join('\r\n');
const admin = { Authorization: `Bearer ${tokens.admin}` };
const json = { ...admin, 'Content-Type': 'application/json' };
const command = {
  ...{ kind: 'cluster', namespace: 'test', name: 'one', verb: 'pause' },
  commandId: '01J0000000000000000000000',
};
const view = { window: { q: 'kind:cluster', sort: 'name', offset: 0, limit: 10 }, focus: null };
const realRequests = [
  requestText('GET /api/actors?q=kind:cluster+-state:failed&sort=name&offset=0&limit=5', admin),
  requestText('GET /api/actors/cluster/test/one/steps?before=9&limit=3', admin),
  requestText('GET /api/actors/cluster/test/one/at/7', admin),
  requestText('GET /api/audit?since=2026-01-01T00:00:00Z&failed=1&limit=3', admin),
  requestText('GET /api/read/cluster/test/one/history?args=%7B%22limit%22%3A3%7D', admin),
  requestText('GET /api/stream?focus=cluster/test/one', { ...admin, 'Last-Event-ID': 'e:12' }),
  requestText('GET /api/session', { Cookie: cookie }),
  requestText('GET /app-ABCDEF12.js', { 'Accept-Encoding': 'br, gzip', 'If-None-Match': '"x"' }),
  requestText('POST /api/commands', json, written(command)),
  requestText('POST /api/stream/s1/view', json, written(view)),
  requestText(
    'POST /api/session',
    { 'Content-Type': 'application/json' },
    written({ token: secret }),
  ),
  requestText('GET /healthz?verbose', admin),
  requestText('GET /metrics', admin),
];

/** An answer where one is owed, each status one that is allowed, and the next request is served. */
async function judge(
  bytes: Uint8Array,
  answer: string,
  isAllowed: (status: number) => boolean,
  goodStatus: () => Promise<number>,
): Promise<void> {
  const statuses = statusesIn(answer);
  const told = `${statuses.join(' ') || 'no status'}: ${answer.slice(0, 200)}`;
  expect(statuses.length > 0 || !isOwed(bytes), told).toBe(true);
  expect(statuses.every(isAllowed), told).toBe(true);
  expect(await goodStatus(), `after ${told}`).toBe(200);
}

const statusOfInspector = async (): Promise<number> => {
  const { status } = await inspector.ask('/api/actors?limit=1', {
    headers: { authorization: `Bearer ${tokens.admin}` },
  });
  return status;
};
fuzz(
  'requests of any form to the inspector are answered below 500, and the next one as ever',
  150,
  torn(realRequests),
  async (bytes) => {
    const answer = await sendRaw(inspector.port, bytes);
    await judge(bytes, answer, (status) => status < 500 || status === 503, statusOfInspector);
    expect(inspector.errors.map(String)).toEqual([]);
    expect(answer.includes(secret), answer.slice(0, 500)).toBe(false);
    expect(answer).not.toContain(tokens.admin);
  },
);

const statusOfHealth = async (): Promise<number> => {
  const reply = await fetch(`http://127.0.0.1:${health.port}/metrics`);
  await reply.arrayBuffer();
  return reply.status;
};
const plain = realRequests.map((text) => text.replace('/api/session', '/readyz'));
fuzz(
  'requests of any form to the health port are answered below 500, and the next one as ever',
  100,
  torn(plain),
  async (bytes) => {
    const answer = await sendRaw(health.port, bytes);
    await judge(bytes, answer, (status) => status < 500, statusOfHealth);
  },
);

const body = mangled([command, view, { token: 'x' }, { verb: 'pause', arguments: {} }], 3);
const routes = [
  '/api/commands',
  '/api/stream/s1/view',
  '/api/session',
  '/api/actors/cluster/test/one/dry-run',
];
fuzz(
  'bodies of any form are taken or refused with a problem',
  150,
  fc.tuple(fc.constantFrom(...routes), body),
  async ([path, value]) => {
    const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' };
    const reply = await inspector.ask(path, { method: 'POST', headers, body: written(value) });
    expect(reply.status < 500 || reply.status === 503, reply.text).toBe(true);
    if (reply.status >= 400)
      expect(reply.body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect(inspector.errors.map(String)).toEqual([]);
    expect(reply.text.includes(secret), reply.text).toBe(false);
  },
);

const query = fc.oneof(
  torn(['kind:cluster state:failed ns:prod region:eu-* since:>20m -kind:guard "a b"']).map(
    (bytes) => new TextDecoder().decode(bytes),
  ),
  oddText,
);
fuzz(
  'queries over the fleet of any form are read or refused with a column',
  400,
  query,
  async (text) => {
    try {
      const { terms } = parseQuery(text);
      for (const { test } of terms) if (test.is === 'text') test.matches('running.steady');
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(QueryProblem);
      expect((thrown as QueryProblem).fault.column).toBeGreaterThan(0);
    }
  },
);
