/** Reads: only what is stored, from any host, with an answer for every bad question. */
import { expect, it } from 'vitest';
import { World } from './world.ts';

const query = async (world: World, verb: string, args: object = {}, name = 'a') => {
  const answer = world.bus.query({ namespace: 'shop', kind: 'job', name, verb, arguments: args });
  await world.clock.advance(3_000);
  return answer;
};

it('shows a resource as stored, never what is still being written', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.store.hold();
  world.send('note', { text: 'x' });
  const before = await query(world, 'get');
  expect(before.body).toMatchObject({
    kind: 'Job',
    metadata: { namespace: 'shop', name: 'a' },
    status: { notes: [] },
    revision: 1,
  });
  expect(before.body['asOf']).toMatch(/^\d{4}-.*Z$/);
  release();
  await world.clock.advance(0);
  expect((await query(world, 'get')).body).toMatchObject({ status: { notes: ['x'] } });
  await world.stop();
});

it('waits for a revision that is on its way, and says when it does not come', async () => {
  const world = await new World().start();
  await world.ask('create');
  const release = world.store.hold();
  world.send('note', { text: 'x' });
  const asked = world.bus.query({
    ...{ namespace: 'shop', kind: 'job', name: 'a', verb: 'get' },
    arguments: { minRevision: 2 },
  });
  await world.clock.advance(500);
  release();
  await world.clock.advance(500);
  expect((await asked).body).toMatchObject({ revision: 2 });
  const never = await query(world, 'get', { minRevision: 99 });
  expect(never).toMatchObject({ error: { status: 503 }, body: { code: 'service.unavailable' } });
  await world.stop();
});

it('answers for what does not exist and for what is gone', async () => {
  const world = await new World().start();
  expect((await query(world, 'get')).body).toMatchObject({
    code: 'resource.notFound',
    status: 404,
  });
  await world.ask('create');
  await world.ask('delete');
  expect((await query(world, 'get')).body).toMatchObject({ code: 'resource.deleted', status: 410 });
  expect((await query(world, 'list', {}, '_')).body).toMatchObject({ items: [] });
  await world.stop();
});

it('lists in pages', async () => {
  const world = await new World().start();
  for (const name of ['c', 'a', 'b']) await world.ask('create', {}, {}, name);
  const names = (body: Readonly<Record<string, unknown>>): string[] =>
    (body['items'] as { metadata: { name: string } }[]).map(({ metadata }) => metadata.name);
  const first = await query(world, 'list', { limit: 2 }, '_');
  expect(names(first.body)).toEqual(['a', 'b']);
  const rest = await query(world, 'list', { limit: 2, cursor: first.body['cursor'] }, '_');
  expect(names(rest.body)).toEqual(['c']);
  expect(rest.body).not.toHaveProperty('cursor');
  await world.stop();
});

it('tells the outcome of a command: decided, refused, malformed, unknown', async () => {
  const world = await new World().start();
  await world.ask('create', {}, { 'Nats-Msg-Id': 'made' });
  await world.ask('create', {}, { 'Nats-Msg-Id': 'taken' });
  await world.ask('note', { txt: 1 }, { 'Nats-Msg-Id': 'malformed' });
  const outcome = (commandId: string) => query(world, 'outcome', { commandId });
  expect((await outcome('made')).body).toMatchObject({ accepted: true, revision: 1 });
  expect(await outcome('taken')).toMatchObject({
    ...{ error: { status: 409 }, body: { code: 'resource.exists' } },
  });
  expect((await outcome('malformed')).body).toMatchObject({
    code: 'command.malformed',
    problems: [{ path: 'text' }, { path: 'txt', code: 'manifest.unknownKey' }],
  });
  expect((await outcome('never')).body).toMatchObject({ code: 'command.notFound', status: 404 });
  await world.stop();
});

it('tells the history, of one command when asked', async () => {
  const world = await new World().start();
  await world.ask('create', {}, { 'Fairlead-Correlation-Id': 'one' });
  await world.ask('note', { text: 'x' }, { 'Fairlead-Correlation-Id': 'two' });
  const items = async (args: object) => (await query(world, 'history', args)).body['items'];
  expect(await items({})).toHaveLength(2);
  // The chart keeps the correlation of its creation.
  expect(await items({ correlationId: 'one' })).toHaveLength(2);
  expect(await items({ correlationId: 'two' })).toEqual([]);
  await world.stop();
});

it('answers a dry run as the command would be answered, and changes nothing', async () => {
  const world = await new World().start();
  const dryRun = (verb: string, args?: object) =>
    query(world, 'dry-run', { verb, ...(args && { arguments: args }) });
  expect((await dryRun('create')).body).toMatchObject({
    accepted: true,
    dryRun: true,
    revision: 0,
  });
  expect((await dryRun('note', { text: 'x' })).body).toMatchObject({ code: 'resource.notFound' });
  await world.ask('create');
  expect((await dryRun('note', { text: 'x' })).body).toMatchObject({ accepted: true, revision: 1 });
  expect((await dryRun('note', {})).body).toMatchObject({ code: 'command.malformed' });
  expect((await dryRun('cancel')).body).toMatchObject({ code: 'transition.notAllowed' });
  expect((await dryRun('fly')).body).toMatchObject({ code: 'command.unknownVerb' });
  expect((await dryRun('create')).body).toMatchObject({ code: 'resource.exists' });
  expect(world.record().seen).toHaveLength(1);
  await world.stop();
});

it.each([
  ['an unknown verb', 'gte', {}, 'command.unknownVerb'],
  ['a bad argument', 'list', { limit: 0 }, 'command.malformed'],
  ['an unknown argument', 'get', { revision: 1 }, 'command.malformed'],
])('refuses %s', async (_what, verb, args, code) => {
  const world = await new World().start();
  const answer = await query(world, verb, args);
  expect(answer.body).toMatchObject({ code });
  expect(answer.error?.status).toBe(answer.body['status']);
  await world.stop();
});

it('answers with 503 while the store is away', async () => {
  const world = await new World().start();
  world.store.connected = false;
  expect((await query(world, 'get')).error?.status).toBe(503);
  world.store.connected = true;
  await world.stop();
});
