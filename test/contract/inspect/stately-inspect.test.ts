/** The receiver of @statelyai/inspect 0.7 itself reads what we tell. */
import { createWebSocketReceiver } from '@statelyai/inspect';
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import { CloudDouble, manifest } from '../../unit/machines/cloud-double.ts';
import { imageOf, tokens, ViewerWorld } from './viewer-world.ts';

const cluster = 'cluster/shop/eu';
let world: ViewerWorld;
beforeEach(() => {
  world = new ViewerWorld();
});
afterEach(() => {
  world.close();
});

function received(server: string): Record<string, unknown>[] {
  const told: StatelyInspectionEvent[] = [];
  createWebSocketReceiver({ server }).subscribe((event) => void told.push(event));
  return told as unknown as Record<string, unknown>[];
}

it('tells actors with their definition, then events and snapshots, then ends', async () => {
  const cloud = new CloudDouble(({ effect }) => (effect === 'node.launch' ? 'hang' : undefined));
  const image = () => imageOf('cluster', cloud.cluster.getPersistedSnapshot());
  world.set(cluster, image());
  const told = received(`ws://viewer:${tokens.viewer}@${await world.open()}/inspect/stately`);
  await expect.poll(() => told.length, { timeout: 8_000 }).toBe(1);
  const [first] = told;
  expect(first).toMatchObject({
    ...{ type: '@xstate.actor', name: cluster, sessionId: cluster, rootId: cluster, id: null },
    ...{ _version: '0.7.2', snapshot: { status: 'active' } },
  });
  const definition = JSON.parse(String(first?.['definition'])) as { id: string; states: object };
  expect(definition.id).toBe('cluster');
  expect(Object.keys(definition.states)).toContain('lifecycle');

  cloud.command('cluster.apply', manifest(1, 0));
  const nodes = () => Object.values(image().children).filter(({ src }) => src === 'node');
  await cloud.runUntil(() => nodes().some(({ children }) => Object.keys(children).length > 0));
  world.set(cluster, image(), [{ path: '', event: 'cluster.apply', edges: [] }]);
  await expect.poll(() => told.some(({ type }) => type === '@xstate.snapshot')).toBe(true);
  const value = cloud.cluster.getSnapshot().value as unknown;
  expect(told.find(({ type }) => type === '@xstate.snapshot')).toMatchObject({
    ...{ sessionId: cluster, event: { type: 'cluster.apply' }, snapshot: { value } },
  });
  expect(told.find(({ type }) => type === '@xstate.event')).toMatchObject({
    event: { type: 'cluster.apply' },
  });
  const node = told.find(({ parentId }) => parentId === cluster);
  expect(node).toMatchObject({ type: '@xstate.actor', rootId: cluster });

  world.set(cluster, image(), [], true);
  const last = { sessionId: cluster, snapshot: { status: 'stopped' } };
  await expect
    .poll(() => told)
    .toContainEqual(
      expect.objectContaining({ ...last, snapshot: expect.objectContaining(last.snapshot) }),
    );
});

it('lets in by token, subprotocol and cookie of our own page, and nobody else', async () => {
  const host = await world.open(['http://viewer.example']);
  const url = `ws://${host}/inspect/stately`;
  const coded = `bearer.${Buffer.from(tokens.viewer).toString('base64url')}`;
  const bearer = { authorization: `Bearer ${tokens.viewer}` };
  const cookie = { cookie: world.cookie };
  const own = `http://${host}`;
  expect(await opened(new WebSocket(url, { headers: bearer }))).toBe('open');
  expect(await opened(new WebSocket(url, ['fairlead', coded]))).toBe('open fairlead');
  expect(await opened(new WebSocket(url, { headers: cookie, origin: own }))).toBe('open');
  expect(
    await opened(new WebSocket(url, { headers: bearer, origin: 'http://viewer.example' })),
  ).toBe('open');

  expect(await opened(new WebSocket(url))).toBe('403');
  expect(await opened(new WebSocket(url, { origin: own }))).toBe('401');
  expect(
    await opened(new WebSocket(url, { headers: cookie, origin: 'http://viewer.example' })),
  ).toBe('403');
  expect(
    await opened(new WebSocket(url, { headers: bearer, origin: 'http://other.example' })),
  ).toBe('403');
  expect(
    await opened(new WebSocket(url, { headers: { ...bearer, host: 'rebound.example' } })),
  ).toBe('421');
  expect(await opened(new WebSocket(`${url}?t=${tokens.viewer}`, { headers: bearer }))).toBe('400');
  expect(await opened(new WebSocket(`ws://${host}/inspect/other`, { headers: bearer }))).toBe(
    '404',
  );
});

it('refuses whoever guesses tokens faster than a second allows, one that is right never', async () => {
  const host = await world.open();
  const guess = (token: string) => opened(new WebSocket(`ws://x:${token}@${host}/inspect/stately`));
  for (let tries = 0; tries < limits.wrongTokensPerSecond; tries += 1)
    expect(await guess('wrong')).toBe('401');
  expect(await guess('wrong')).toBe('429');
  expect(await guess(tokens.viewer)).toBe('open');
});

it('takes five viewers at once, and lets go of those that leave', async () => {
  const url = `ws://viewer:${tokens.viewer}@${await world.open()}/inspect/stately`;
  const viewers = Array.from({ length: 5 }, () => new WebSocket(url));
  for (const viewer of viewers) await new Promise((resolve) => viewer.once('open', resolve));
  expect(await opened(new WebSocket(url))).toBe('429');
  expect(world.listeners).toBe(5);
  for (const viewer of viewers) viewer.close();
  await expect.poll(() => world.listeners).toBe(0);
});

it('follows fifty actors and no more', async () => {
  const image = imageOf('cluster', new CloudDouble().cluster.getPersistedSnapshot());
  for (let each = 0; each < 60; each += 1) world.set(`cluster/shop/c${each}`, image);
  const told = received(`ws://viewer:${tokens.viewer}@${await world.open()}/inspect/stately`);
  await expect.poll(() => told.length, { timeout: 8_000 }).toBe(50);
  world.set('cluster/shop/c99', image);
  world.set(String(told[0]?.['name']), { ...image, status: 'done' });
  await expect.poll(() => told.length).toBe(51);
  expect(told[50]).toMatchObject({ type: '@xstate.snapshot', snapshot: { status: 'done' } });
});

/** How an attempt ended: `open` with the subprotocol, or the status of the refusal. */
function opened(socket: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.close();
      resolve(`open ${socket.protocol}`.trim());
    });
    socket.once('unexpected-response', (request, response) => {
      request.destroy();
      resolve(String(response.statusCode));
    });
    socket.once('error', reject);
  });
}
