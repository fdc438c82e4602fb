/** The table of guards: one attack a row, each refused with its status and a text that says what to do. */
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectorServer as limits } from '../../../../machines/limits-inspector-server.ts';
import { fakeFeed, fakeParts, startInspector, tokens } from '../../../fakes/inspector-server.ts';
import type { TestServer } from '../../../fakes/inspector-server.ts';

let server: TestServer;
beforeAll(async () => {
  let ms = 0;
  // Its clock is so fast that no pace holds anything up; the tests of paces have servers of their own.
  server = await startInspector(fakeParts({ monotonicMs: () => (ms += 1_000) }));
});
afterAll(() => server.close());

const bearer = (role: keyof typeof tokens) => ({ authorization: `Bearer ${tokens[role]}` });
const json = { 'content-type': 'application/json' };
const command = {
  ...{ kind: 'cluster', namespace: 'test', name: 'one', verb: 'pause' },
  commandId: '01J0000000000000000000000',
};

describe('Host', () => {
  const paths = ['/', '/actors', '/app-ABCDEF12.js', '/api/session', '/api/stream', '/healthz'];
  const foreign = [
    ...[
      'evil.test',
      'evil.test:8080',
      '127.0.0.1.evil.test',
      '127.evil.test',
      'localhost.evil.test',
    ],
    ...['0177.0.0.1', '127.1', '0x7f.1', '10.1.2.3', '[::2]', 'user@127.0.0.1', ' ', 'localhost.'],
  ];

  it.each(foreign)('%j is refused on every path, logged in or not', async (host) => {
    for (const path of paths) {
      const reply = await server.ask(path, { headers: { ...bearer('admin'), host } });
      expect([path, reply.status, reply.body]).toMatchObject([
        ...[
          path,
          421,
          { code: 'inspector.badHost', message: expect.stringMatching(/allowedHosts/) },
        ],
      ]);
    }
  });

  it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])('%s is one of ours', async (name) => {
    const headers = { ...bearer('viewer'), host: `${name}:${server.port}` };
    expect((await server.ask('/api/session', { headers })).status).toBe(200);
  });

  it('named in the config is one of ours, and the rest still is not', async () => {
    const named = await startInspector(fakeParts(), { allowedHosts: ['fleet.example'] });
    const status = async (host: string) =>
      (await named.ask('/api/session', { headers: { ...bearer('viewer'), host } })).status;
    expect(await status('fleet.example:8080')).toBe(200);
    expect(await status('fleet.example.evil.test')).toBe(421);
    await named.close();
  });

  it('in the request line does not stand for the header', async () => {
    const line = `GET http://evil.test/api/session HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    expect(await raw(server.port, line)).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(server.port, 'GET //evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });
});

describe('token', () => {
  it.each([
    ['nothing', {}],
    ['a wrong bearer', { authorization: `Bearer ${'x'.repeat(40)}` }],
    ['a bearer cut short', { authorization: `Bearer ${tokens.admin.slice(0, -1)}` }],
    ['the token in another scheme', { authorization: `Basic ${tokens.admin}` }],
    ['a made-up cookie', { cookie: `fairlead-1=a.9999999999999.b` }],
  ])('is needed: %s is refused on routes and on the stream', async (_what, headers) => {
    for (const path of ['/api/session', '/api/actors', '/api/stream', '/healthz', '/metrics']) {
      const reply = await server.ask(path, { headers });
      expect([path, reply.status]).toEqual([path, 401]);
      expect((reply.body as { message: string }).message).toMatch(/token/);
    }
  });

  it('in the query string is no login', async () => {
    const reply = await server.ask(`/api/session?token=${tokens.admin}&t=${tokens.admin}`);
    expect(reply.status).toBe(401);
  });

  it('guessed again and again is answered ever less', async () => {
    const own = await startInspector();
    const guess = () =>
      own.ask('/api/session', { method: 'POST', headers: json, body: { token: 'x'.repeat(40) } });
    const seen = [];
    for (let tries = 0; tries < limits.wrongTokensPerSecond + 3; tries += 1)
      seen.push((await guess()).status);
    expect(seen[0]).toBe(401);
    expect(seen).toContain(429);
    await own.close();
  });

  it.each([
    ['viewer', 403],
    ['operator', 200],
  ] as const)('of a %s sends a command: %i', async (role, status) => {
    const headers = { ...bearer(role), ...json };
    const reply = await server.ask('/api/commands', { method: 'POST', headers, body: command });
    expect(reply.status).toBe(status);
  });

  it('of an operator does not send what only an admin may', async () => {
    const body = { ...command, verb: 'raw' };
    const send = (role: keyof typeof tokens) =>
      server.ask('/api/commands', { method: 'POST', headers: { ...bearer(role), ...json }, body });
    expect(await send('operator')).toMatchObject({ status: 403, body: { needed: 'admin' } });
    expect((await send('admin')).status).toBe(200);
  });
});

describe('cookie', () => {
  it('is kept from scripts and other sites', async () => {
    const body = { token: tokens.viewer };
    const reply = await server.ask('/api/session', { method: 'POST', headers: json, body });
    const [cookie = ''] = reply.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(tokens.viewer);
  });

  it('ends with its session, also for whoever kept a copy', async () => {
    const cookie = await server.cookie();
    const headers = { ...marks(server), cookie };
    expect((await server.ask('/api/session', { headers: { cookie } })).status).toBe(200);
    const out = await server.ask('/api/session', { method: 'DELETE', headers });
    expect([out.status, out.headers['set-cookie']?.[0]]).toEqual([
      ...[204, expect.stringContaining('Max-Age=0')],
    ]);
    expect((await server.ask('/api/session', { headers: { cookie } })).status).toBe(401);
  });

  it('of another role cannot be made by changing its text', async () => {
    const cookie = await server.cookie('viewer');
    const [name = '', value = ''] = cookie.split('=');
    const [id, end = '', signature] = value.split('.');
    const changed = `${name}=${[id, `${Number(end) + 1}`, signature].join('.')}`;
    expect((await server.ask('/api/session', { headers: { cookie: changed } })).status).toBe(401);
  });

  it('ends by its time', async () => {
    let nowMs = Date.now();
    const own = await startInspector(fakeParts({ nowMs: () => nowMs }));
    const cookie = await own.cookie();
    nowMs += limits.sessionMs - 1;
    expect((await own.ask('/api/session', { headers: { cookie } })).status).toBe(200);
    nowMs += 1;
    expect((await own.ask('/api/session', { headers: { cookie } })).status).toBe(401);
    await own.close();
  });
});

/** What the page's own requests carry beside the cookie. */
const marks = ({ port }: TestServer): Record<string, string> => ({
  ...json,
  host: `127.0.0.1:${port}`,
  origin: `http://127.0.0.1:${port}`,
  'sec-fetch-site': 'same-origin',
  'x-fairlead': '1',
});

describe('a write with a cookie', () => {
  const send = async (change: Record<string, string | undefined>) => {
    const own = { ...marks(server), cookie: await server.cookie() };
    const whole: Record<string, string | undefined> = { ...own, ...change };
    const kept = Object.entries(whole).filter(
      (pair): pair is [string, string] => pair[1] !== undefined,
    );
    const headers = Object.fromEntries(kept);
    const { status } = await server.ask('/api/commands', {
      method: 'POST',
      headers,
      body: command,
    });
    const view = await server.ask('/api/stream/s1/view', { method: 'POST', headers, body: {} });
    return [status, view.status];
  };

  it('passes from the page itself, also from a browser that sends no Sec-Fetch-Site', async () => {
    expect(await send({})).toEqual([200, 204]);
    expect(await send({ 'sec-fetch-site': undefined })).toEqual([200, 204]);
  });

  it.each([
    ['no Origin', { origin: undefined }],
    ['the Origin null', { origin: 'null' }],
    ['a foreign Origin', { origin: 'https://evil.test' }],
    ['an Origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['an Origin that begins like ours', { origin: 'http://127.0.0.1.evil.test' }],
    ['Sec-Fetch-Site cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['Sec-Fetch-Site same-site', { 'sec-fetch-site': 'same-site' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['text', { 'content-type': 'text/plain' }],
    ['no X-Fairlead', { 'x-fairlead': undefined }],
  ])('with %s is refused', async (_what, change) => {
    expect(await send(change)).toEqual([403, 403]);
  });

  it('whose Origin equals a Host that is not ours is refused all the same', async () => {
    expect(await send({ host: 'evil.test', origin: 'http://evil.test' })).toEqual([421, 421]);
  });
});

it('a page of another origin cannot read with the cookie', async () => {
  const headers = { cookie: await server.cookie(), 'sec-fetch-site': 'same-site' };
  for (const path of ['/api/actors', '/api/stream'])
    expect((await server.ask(path, { headers })).status).toBe(403);
  const { headers: sent } = await server.ask('/api/session', { headers: bearer('viewer') });
  expect(sent['access-control-allow-origin']).toBeUndefined();
});

it('a page of another site cannot log a browser in', async () => {
  const body = { token: tokens.viewer };
  const send = async (headers: Record<string, string>) =>
    (await server.ask('/api/session', { method: 'POST', headers, body })).status;
  expect(await send({ ...json, origin: 'https://evil.test' })).toBe(403);
  expect(await send({ ...json, 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await send({ 'content-type': 'text/plain' })).toBe(403);
});

describe('headers', () => {
  const policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'";

  it.each([
    '/',
    '/map',
    '/app-ABCDEF12.js',
    '/api/session',
    '/api/nothing',
    '/nothing.js',
    '/api/stream',
  ])('that keep the page apart are on %s', async (path) => {
    const { headers } = await server.ask(path, { headers: bearer('viewer'), isHeadOnly: true });
    expect(headers).toMatchObject({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  });
});

describe('limits', () => {
  it.each([true, false])('a body over 256 kB is refused, its length told: %s', async (isTold) => {
    const body = JSON.stringify({ ...command, arguments: 'x'.repeat(limits.bodyBytesMax) });
    const length = isTold
      ? { 'content-length': `${Buffer.byteLength(body)}` }
      : { 'transfer-encoding': 'chunked' };
    const headers = { ...bearer('operator'), ...json, ...length };
    const reply = await server.ask('/api/commands', { method: 'POST', headers, body });
    expect(reply).toMatchObject({ status: 413, body: { code: 'inspector.tooLarge' } });
  });

  it('a stream too many is refused, with JSON and not as a stream', async () => {
    const own = await startInspector(fakeParts({ feed: fakeFeed(0) }));
    const reply = await own.ask('/api/stream', { headers: bearer('viewer') });
    expect(reply).toMatchObject({ status: 429, body: { code: 'inspector.tooManyStreams' } });
    await own.close();
  });

  it('the eleventh command of a login within a second is refused, another login is not', async () => {
    const own = await startInspector(fakeParts({ monotonicMs: () => 1_000 }));
    const send = async (role: keyof typeof tokens) => {
      const headers = { ...bearer(role), ...json };
      return (await own.ask('/api/commands', { method: 'POST', headers, body: command })).status;
    };
    const seen = [];
    for (let sent = 0; sent <= limits.commandsPerSecond; sent += 1)
      seen.push(await send('operator'));
    expect(seen).toEqual([...Array<number>(limits.commandsPerSecond).fill(200), 429]);
    expect(await send('admin')).toBe(200);
    await own.close();
  });
});

describe('files', () => {
  it.each([
    ...['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/....//secret.txt'],
    ...['/%2e%2e%2fsecret.txt', '/x/../../secret.txt', '/..\\secret.txt', '/%00secret.txt'],
    ...['/app-ABCDEF12.js/../../secret.txt', '//secret.txt', '/index.html.br', '/%ff.txt'],
  ])('outside of the page are not read by %s', async (path) => {
    const { status, text } = await server.ask(path);
    expect([400, 404]).toContain(status);
    expect(text).not.toContain('not for you');
  });

  it('take no other method', async () => {
    expect((await server.ask('/', { method: 'POST' })).status).toBe(405);
    expect((await server.ask('/index.html', { method: 'PUT' })).status).toBe(405);
  });
});

it('a caller that goes away before its body ends is no fault of ours', async () => {
  const own = await startInspector();
  const cut = `POST /api/commands HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.admin}\r\n`;
  const socket = createConnection({ host: '127.0.0.1', port: own.port });
  const gone = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined).resume();
  socket.end(`${cut}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"kind"`);
  await gone;
  expect((await own.ask('/healthz', { headers: bearer('viewer') })).status).toBe(200);
  expect(own.errors).toEqual([]);
  await own.close();
});

it('a fault of ours is told without its text', async () => {
  const own = await startInspector(
    fakeParts({
      charts: {
        list: () => {
          throw new Error('the secret cause');
        },
        text: () => undefined,
      },
    }),
  );
  const reply = await own.ask('/api/charts', { headers: bearer('viewer') });
  expect([reply.status, reply.body]).toMatchObject([500, { code: 'internal.assertion' }]);
  expect(reply.text).not.toContain('secret');
  expect(own.errors).toHaveLength(1);
  await own.close();
});

/** The first answer to bytes as they are. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => socket.write(text));
    socket.once('error', reject);
    socket.once('data', (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
  });
}
