/** The queries `why`, `commands` and `dry-run` on a host: what they answer is what the command then gets, and nothing moves. */
import { expect, it } from 'vitest';
import type { Why } from '../../../actors/explain/shape.ts';
import { createHeapClock } from '../../../actors/heap-clock.ts';
import { Mailbox } from '../../../actors/mailbox.ts';
import { answerQuery } from '../../../actors/queries/answer.ts';
import { mailboxFull } from '../../../actors/refusals.ts';
import { hosting } from '../../../machines/limits.ts';
import { commandSchemas, systemCommandSchemas } from '../../../machines/messages.ts';
import { commandInfos } from '../../../src/inspector/commands.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { jobKind, jobSchemas } from './job.ts';
import { ReplicationWorld } from './replication-world.ts';
import { World } from './world.ts';

const query = async (world: World, verb: string, args: object = {}) => {
  const answer = world.bus.query({
    ...{ namespace: 'shop', kind: 'job', name: 'a', verb, arguments: args },
  });
  await world.clock.advance(0);
  return answer;
};

it('runs no effect and leaves every byte of the record as it is', async () => {
  let calls = 0;
  const world = await new World({ perform: async () => void (calls += 1) } as never).start();
  await world.ask('create');
  const before = JSON.stringify(world.record());
  const events = world.events().length;
  const answer = await query(world, 'dry-run', { verb: 'run', explain: true });
  expect(answer.body).toMatchObject({
    why: { allowed: 'yes', command: 'run', actor: 'job/shop/a' },
    turn: {
      ...{ revision: 1, starts: [{ id: 'try', src: 'try' }] },
      timers: [{ event: expect.stringContaining('after.limit') as string }],
    },
  });
  const { turn } = answer.body as { turn: { stateBefore: string; stateAfter: string } };
  expect(turn.stateAfter).not.toBe(turn.stateBefore);
  expect(JSON.stringify(world.record())).toBe(before);
  expect([calls, world.events().length]).toEqual([0, events]);
  // The turn itself then leads where the rehearsal said.
  const reply = await world.ask('run');
  expect(reply.body).toMatchObject({ state: turn.stateAfter });
  await world.stop();
});

it('tells of a machine that would fail, and harms nobody', async () => {
  const world = await new World().start();
  await world.ask('create');
  const { body } = await query(world, 'dry-run', { verb: 'boom', explain: true });
  expect(body).toMatchObject({ why: { allowed: 'no', code: 'actor.poisoned' } });
  expect(body).not.toHaveProperty('turn');
  expect(world.record().strikes).toBeNull();
  await world.stop();
});

it('says of a held actor what any command to it is answered, in a dry run too', async () => {
  const world = await new World().start();
  await world.ask('create');
  for (let strike = 0; strike < 3; strike += 1) await world.ask('boom');
  const reply = await world.ask('note', { text: 'x' });
  const { code, message } = reply.body as { code: string; message: string };
  expect(code).toBe('actor.quarantined');
  const asked = { verb: 'note', arguments: { text: 'x' } };
  expect((await query(world, 'why', asked)).body).toMatchObject({ allowed: 'no', code, message });
  const plain = await query(world, 'dry-run', asked);
  expect(plain.body).toMatchObject({ code, message });
  expect(plain.error).toMatchObject({ status: 500 });
  const explained = await query(world, 'dry-run', { ...asked, explain: true });
  expect(explained.body).toMatchObject({ why: { allowed: 'no', code, message } });
  expect(explained.body).not.toHaveProperty('turn');
  await world.stop();
});

it('answers of what is not there, of what is gone and of words that are none', async () => {
  const world = await new World().start();
  const why = async (verb: string) => (await query(world, 'why', { verb })).body;
  expect(await why('run')).toMatchObject({ code: 'resource.notFound', status: 404 });
  expect(await why('create')).toMatchObject({ allowed: 'yes', state: 'absent' });
  expect(await why('fly')).toMatchObject({ code: 'command.unknownVerb' });
  await world.ask('create');
  expect(await why('note')).toMatchObject({ allowed: 'unknown', needs: ['text'] });
  await world.ask('delete');
  expect(await why('run')).toMatchObject({ allowed: 'no', code: 'resource.deleted' });
  expect(await why('create')).toMatchObject({ allowed: 'yes' });
  const { body } = await query(world, 'commands');
  expect((body['items'] as { command: string }[]).map(({ command }) => command)).toContain('run');
  await world.stop();
});

it('says what holds a command up before its turn, as its owner knows', async () => {
  const world = await new World().start();
  await world.ask('create');
  const asked = { verb: 'run', arguments: {} };
  const answer = await answerQuery(
    {
      ...{ bus: world.bus, store: world.store, clock: createHeapClock(world.clock) },
      kinds: new Map([['job', { kind: jobKind() }]]),
      schemas: jobSchemas,
      standing: ({ kind, namespace, name }) => mailboxFull(`${kind}/${namespace}/${name}`),
    },
    {
      ...{ namespace: 'shop', kind: 'job', name: 'a', verb: 'why' },
      payload: new TextEncoder().encode(JSON.stringify(asked)),
    },
  );
  expect(answer.body).toMatchObject({
    ...{ allowed: 'no', code: 'mailbox.full', status: 429 },
    retryAfterMs: hosting.busyRetryAfterMs,
  });
  await world.stop();
});

it('finds a mailbox full exactly when the next offer is refused', () => {
  const mailbox = new Mailbox<string>({
    ...{ itemsMax: 1, clock: new ManualClock() },
    handle: () => new Promise(() => undefined),
    onIdle: () => undefined,
    onError: () => undefined,
  });
  // The first is handled at once, the second waits.
  expect([mailbox.isFull(), mailbox.offer('a'), mailbox.isFull(), mailbox.offer('b')]).toEqual([
    ...[false, true, false, true],
  ]);
  expect([mailbox.isFull(), mailbox.offer('c')]).toEqual([true, false]);
});

const noes = ({ because }: Why): readonly string[] =>
  because.filter(({ is }) => is === 'no').map(({ text }) => text);

it('says of each order to a replication what NATS replies to it: code, message, because', async () => {
  const world = await new ReplicationWorld().start();
  await world.protect();
  const orders: [string, object][] = [
    ['promote', { endpoint: 'home' }],
    ['promote', { point: 99 }],
    ['demote', {}],
    ['resync', { endpoint: 'home' }],
    ['recover', { endpoint: 'home' }],
    ['override', { token: 'x' }],
    ['reconfigure', { every: '1h' }],
    ['test-start', { endpoint: 'home' }],
    ['barrier', { phase: 'ready', group: 'g', order: 1 }],
    ['pause', { expectEpoch: 9 }],
  ];
  for (const [verb, given] of orders) {
    const asked = await world.query('why', { verb, arguments: given });
    const why = asked.body as unknown as Why;
    const { body } = await world.ask(verb, given);
    const reply = body as { code: string; message: string; because: readonly string[] };
    expect({ verb, ...why }).toMatchObject({ verb, allowed: 'no' });
    expect([why.code, why.message]).toEqual([reply.code, reply.message]);
    expect(noes(why)).toEqual(reply.because.length > 0 ? reply.because : [reply.message]);
  }
});

it('has an entry, a help line and a schema for every command there is', () => {
  const infos = commandInfos();
  const all = Object.entries({ ...commandSchemas, ...systemCommandSchemas }).flatMap(
    ([kind, verbs]) => Object.keys(verbs).map((verb) => `${kind}.${verb}`),
  );
  expect(infos.map(({ kind, verb }) => `${kind}.${verb}`)).toEqual(all);
  expect(infos.filter(({ help }) => help === '').map(({ verb }) => verb)).toEqual([]);
  for (const { schema } of infos) expect(schema).toMatchObject({ type: 'object' });
  const promote = infos.find(({ verb }) => verb === 'promote');
  expect(promote?.schema['properties']).toMatchObject({ how: { enum: ['planned', 'forced'] } });
  expect(infos.filter(({ role }) => role === 'admin').length).toBeGreaterThan(1);
});
