/** Sessions behind TLS, and what of them outlives the server that opened them. */
import { expect, it } from 'vitest';
import { fakeParts, startInspector, tokens } from '../../../fakes/inspector-server.ts';

const json = { 'content-type': 'application/json' };
const logIn = { method: 'POST', headers: json, body: { token: tokens.operator } };

it('behind a proxy that speaks TLS a cookie is for this host alone and never sent in clear text', async () => {
  const server = await startInspector(fakeParts(), { trustedProxy: '127.0.0.9' });
  const reply = await server.ask('/api/session', logIn);
  const [cookie = ''] = reply.headers['set-cookie'] ?? [];
  expect(cookie).toMatch(
    /^__Host-fairlead-\d+=[^;]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  const write = (origin: string) =>
    server.ask('/api/stream/s1/view', {
      ...{ method: 'POST', body: {} },
      headers: { ...json, cookie: cookie.split(';')[0] ?? '', origin, 'x-fairlead': '1' },
    });
  expect((await write(`http://127.0.0.1:${server.port}`)).status).toBe(403);
  expect((await write(`https://127.0.0.1:${server.port}`)).status).toBe(204);
  await server.close();
});

it('a session outlives a restart on the same port, and ends when its token is taken out', async () => {
  const first = await startInspector();
  const cookie = await first.cookie('operator');
  const { port } = first;
  await first.close();
  const again = await startInspector(fakeParts(), { port });
  expect((await again.ask('/api/session', { headers: { cookie } })).status).toBe(200);
  await again.close();
  const without = await startInspector(fakeParts(), { port, logins: [] });
  expect((await without.ask('/api/session', { headers: { cookie } })).status).toBe(401);
  await without.close();
});

it('probes of the health port meet no page here', async () => {
  const server = await startInspector();
  const headers = { authorization: `Bearer ${tokens.viewer}` };
  for (const path of ['/livez', '/readyz']) {
    expect((await server.ask(path)).status).toBe(401);
    expect((await server.ask(path, { headers })).status).toBe(404);
  }
  await server.close();
});
