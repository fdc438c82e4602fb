/** @xstate/inspect 0.8 itself, with the XState 4 it needs, reads what we tell and sends what we take. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgesOf } from '../../../actors/chart-edges.ts';
import { started } from '../../unit/machines/replication-double.ts';
import { CloudDouble, manifest } from '../../unit/machines/cloud-double.ts';
import { imageOf, machineOf, tokens, ViewerWorld } from './viewer-world.ts';
import { Receiver, workspace } from './xstate-receiver.ts';

const own = createRequire(path.join(workspace, 'receiver.mjs'));
const root = createRequire(import.meta.url);
const versionOf = (from: NodeJS.Require, name: string): string =>
  (from(`${name}/package.json`) as { version: string }).version;

let world: ViewerWorld;
let receivers: Receiver[];
beforeEach(() => {
  world = new ViewerWorld();
  receivers = [];
});
afterEach(() => {
  for (const receiver of receivers) receiver.stop();
  world.close();
});

async function connected(token: string = tokens.operator, query = ''): Promise<Receiver> {
  const receiver = new Receiver(`${await world.open()}/inspect/xstate${query}`, token);
  receivers.push(receiver);
  return receiver;
}

const cluster = 'cluster/shop/eu';

it('runs with XState 4 in its workspace, and 5 here', async () => {
  expect(versionOf(own, 'xstate')).toMatch(/^4\./);
  expect(versionOf(own, '@xstate/inspect')).toBe('0.8.0');
  expect(versionOf(root, 'xstate')).toMatch(/^5\./);
  const told = await (await connected()).find(({ type }) => type === 'versions');
  expect(told.xstate).toBe(versionOf(own, 'xstate'));
});

it('resolves our cluster, its nodes and their operations, and hears them move and end', async () => {
  const cloud = new CloudDouble(({ effect }) => (effect === 'node.launch' ? 'hang' : undefined));
  const image = () => imageOf('cluster', cloud.cluster.getPersistedSnapshot());
  world.set(cluster, image());
  const receiver = await connected();
  const first = await receiver.find(({ type }) => type === 'service.register');
  expect(first).toMatchObject({ sessionId: cluster, id: 'cluster' });
  expect(first.value).toEqual(cloud.cluster.getSnapshot().value);
  const charted = edgesOf(machineOf('cluster')).length;
  expect(first.transitions).toBe(charted);
  expect(new Set(first.nextEvents)).toEqual(new Set(first.ownNextEvents));
  expect(first.nextEvents).toContain('cluster.create');

  cloud.command('cluster.apply', manifest(1, 0));
  const nodes = () => Object.values(image().children).filter(({ src }) => src === 'node');
  await cloud.runUntil(() => nodes().some(({ children }) => Object.keys(children).length > 0));
  world.set(cluster, image(), [{ path: '', event: 'cluster.apply', edges: [] }]);
  const node = await receiver.find(({ id, type }) => type === 'service.register' && id === 'node');
  expect(node.parent).toBe(cluster);
  expect(node.transitions).toBe(edgesOf(machineOf('node')).length);
  const operation = await receiver.find(
    ({ id, parent }) => id === 'operation' && parent === node.sessionId,
  );
  expect(operation.sessionId.startsWith(`${node.sessionId}/`)).toBe(true);
  expect(operation.transitions).toBe(edgesOf(machineOf('operation')).length);
  expect(operation.nextEvents).toContain('operation.cancel');
  const event = await receiver.find(({ type }) => type === 'service.event');
  expect(event.event).toMatchObject({ name: 'cluster.apply', $$type: 'scxml', type: 'external' });
  const state = await receiver.find(({ type }) => type === 'service.state');
  expect(state.value).toEqual(cloud.cluster.getSnapshot().value);
  expect(state.nextEvents).not.toEqual(first.nextEvents);

  world.set(cluster, { ...image(), children: {} });
  await receiver.find(
    ({ type, sessionId }) => type === 'service.stop' && sessionId === node.sessionId,
  );
  world.set(cluster, image(), [], true);
  await receiver.find(({ type, sessionId }) => type === 'service.stop' && sessionId === cluster);
});

it('resolves our replication', async () => {
  const { actor } = started();
  const { value } = actor.getSnapshot();
  world.set('replication/shop/db', imageOf('replication', actor.getPersistedSnapshot()));
  const receiver = await connected();
  const told = await receiver.find(({ type }) => type === 'service.register');
  expect(told.transitions).toBe(edgesOf(machineOf('replication')).length);
  expect(told.value).toEqual(value);
  expect(told.nextEvents).toContain('replication.delete');
});

it('drives an actor by an event, and tells why it does not', async () => {
  const cloud = new CloudDouble();
  const image = () => imageOf('cluster', cloud.cluster.getPersistedSnapshot());
  world.set(cluster, image());
  world.onCommand = ({ verb, arguments: given }) => {
    if (verb !== 'apply') return { code: 'command.unknown', message: `no verb ${verb}` };
    cloud.command('cluster.apply', (given as { manifest: ReturnType<typeof manifest> }).manifest);
    world.set(cluster, image(), [{ path: '', event: 'cluster.apply', edges: [] }]);
    return undefined;
  };
  const receiver = await connected();
  const before = await receiver.find(({ type }) => type === 'service.register');
  receiver.event(cluster, { type: 'cluster.apply', manifest: manifest(1, 0) });
  const moved = await receiver.find(({ type }) => type === 'service.state');
  expect(moved.value).not.toEqual(before.value);
  expect(world.sent).toMatchObject([
    { request: { kind: 'cluster', name: 'eu', verb: 'apply' }, viewer: { user: 'ada' } },
  ]);

  receiver.event(cluster, { type: 'cluster.fly' });
  const refused = await receiver.find(({ event }) => event?.name === 'fairlead.refused');
  expect(refused.event?.data).toMatchObject({ code: 'command.unknown', message: 'no verb fly' });
  receiver.event(`${cluster}#node.s1`, { type: 'node.retry' });
  const unknown = await receiver.find(
    ({ type, sessionId }) => type === 'service.event' && sessionId.includes('#'),
  );
  expect(unknown.event?.data).toMatchObject({ code: 'inspector.notFound' });
  expect(world.sent).toHaveLength(2);
});

it('takes no command from a login that may only look', async () => {
  world.set(cluster, imageOf('cluster', new CloudDouble().cluster.getPersistedSnapshot()));
  const receiver = await connected(tokens.viewer);
  await receiver.find(({ type }) => type === 'service.register');
  receiver.event(cluster, { type: 'cluster.delete' });
  const refused = await receiver.find(({ type }) => type === 'service.event');
  expect(refused.event?.data).toMatchObject({ code: 'inspector.tooFewRights' });
  expect(world.sent).toEqual([]);
});

it('registers all again when it is asked to, and only actors in focus', async () => {
  const image = imageOf('cluster', new CloudDouble().cluster.getPersistedSnapshot());
  world.set(cluster, image);
  world.set('cluster/shop/us', image);
  const receiver = await connected(tokens.viewer, '?focus=cluster/shop/us');
  await receiver.find(({ type }) => type === 'service.register');
  receiver.send({ type: 'xstate.inspecting' });
  await expect
    .poll(() => receiver.told.filter(({ type }) => type === 'service.register').length)
    .toBe(2);
  expect(receiver.told.map(({ sessionId }) => sessionId)).not.toContain(cluster);
});

it('is refused without a login', async () => {
  const receiver = await connected('wrong');
  expect(await receiver.find(({ type }) => type === 'refused')).toMatchObject({ status: 401 });
});
