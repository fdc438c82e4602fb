/** The road of a command: create, turn, write, effect, event, reply. */
import { expect, it } from 'vitest';
import { partitionOf, recordKey } from '../../../machines/ids.ts';
import { settle, World } from './world.ts';

it('creates an actor, answers after the write, publishes what the chart emitted', async () => {
  const world = await new World().start();
  const reply = await world.ask('create');
  expect(reply.error).toBeUndefined();
  expect(reply.body).toMatchObject({ accepted: true, commandId: 'c1', revision: 1, runs: 0 });
  expect(world.events()).toEqual(['created']);
  const fence = world.leases.takenAt(partitionOf({ kind: 'job', namespace: 'shop', name: 'a' }));
  expect(fence).toBeGreaterThan(0);
  expect(world.record()).toMatchObject({ schema: 1, key: 'job/shop/a', host: 'h1', fence });
  expect(world.bus.waiting()).toEqual([]);
  await world.stop();
});

it('performs the effect after its intent is stored and goes on with the result [G-07]', async () => {
  const world: World = new World({
    perform: async ({ token, attempt }) => {
      expect(world.record().wakeAtMs).toBe(0);
      expect(JSON.stringify(world.record().snapshot)).toContain(token);
      return `done ${attempt}`;
    },
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  expect(world.events()).toEqual(['created', 'finished']);
  expect(world.record().snapshot).toMatchObject({ context: { result: 'done 1', attempts: 1 } });
  await world.stop();
});

it('tries a failed effect again after its backoff, with the same token [G-07]', async () => {
  const tokens: string[] = [];
  const world = new World({
    perform: async ({ token, attempt }) => {
      tokens.push(token);
      if (attempt < 3)
        throw Object.assign(new Error('no'), { fault: { type: 'Retryable', code: 'x' } });
      return 'at last';
    },
  });
  await world.start();
  await world.ask('create');
  await world.ask('run');
  expect(tokens).toHaveLength(1);
  await world.clock.advance(2_000);
  expect(new Set(tokens).size).toBe(1);
  expect(tokens).toHaveLength(3);
  expect(world.events()).toEqual(['created', 'retried', 'retried', 'finished']);
  await world.stop();
});

it('gives nothing away before the write has ended', async () => {
  let calls = 0;
  const world = new World({ perform: async () => `${++calls}` });
  await world.start();
  await world.ask('create');
  const release = world.store.hold();
  const id = world.send('run');
  await world.clock.advance(0);
  expect(calls).toBe(0);
  expect(() => world.reply(id)).toThrow('no reply');
  expect(world.bus.waiting()).toHaveLength(1);
  expect(world.events()).toEqual(['created']);
  release();
  await world.clock.advance(0);
  expect(calls).toBe(1);
  expect(world.reply(id).body).toMatchObject({ accepted: true });
  await world.stop();
});

it('publishes only events of stored turns while a later turn is being written', async () => {
  const world = await new World().start();
  await world.ask('create');
  const releaseEvents = world.bus.holdPublishes();
  await world.ask('note', { text: 'one' });
  const releaseWrite = world.store.hold();
  world.send('note', { text: 'two' });
  await settle();
  releaseEvents();
  await settle();
  expect(world.events()).toEqual(['created', 'noted']);
  releaseWrite();
  await world.clock.advance(0);
  expect(world.events()).toEqual(['created', 'noted', 'noted']);
  await world.stop();
});

it('answers a redelivery like the original, and says that it is a repeat', async () => {
  const world = await new World().start();
  const release = world.store.hold();
  const id = world.send('create');
  await settle();
  world.bus.redeliver();
  release();
  await world.clock.advance(0);
  const [first, second] = world.bus.replies.map(({ body }) => body);
  expect(first).toMatchObject({ accepted: true, commandId: id, revision: 1 });
  expect(first).not.toHaveProperty('repeated');
  expect(second).toEqual({ ...first, repeated: true });
  expect(world.events()).toEqual(['created']);
  await world.stop();
});

it('answers a command from the record when the host died between write and reply', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('note', { text: 'x' });
  world.store.hold('beforeAnswer');
  const id = world.send('note', { text: 'y' });
  await settle();
  world.crash();
  expect(() => world.reply(id)).toThrow('no reply');
  const next = await new World({}, world).start();
  await next.clock.advance(0);
  expect(next.reply(id).body).toMatchObject({ accepted: true, revision: 3, repeated: true });
  expect(next.record().snapshot).toMatchObject({ context: { notes: ['x', 'y'] } });
  await next.stop();
});

it('handles messages of one actor in order and actors side by side', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('create', {}, {}, 'b');
  const release = world.store.hold();
  for (const text of ['1', '2', '3']) world.send('note', { text });
  world.send('note', { text: 'b1' }, {}, 'b');
  await settle();
  expect(world.store.waiting).toBe(2);
  release();
  await world.clock.advance(0);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['1', '2', '3'] } });
  expect(world.record('b').snapshot).toMatchObject({ context: { notes: ['b1'] } });
  await world.stop();
});

it('refuses by the rules every kind shares, and stores the refusal', async () => {
  const world = await new World().start();
  await world.ask('create');
  const conflict = await world.ask('note', { text: 'x' }, { 'Fairlead-If-Revision': '99' });
  expect(conflict.error?.status).toBe(409);
  expect(conflict.body).toMatchObject({
    code: 'revision.conflict',
    actor: 'job/shop/a',
    allowedNext: ['run', 'note', 'delete'],
    retryable: false,
    correlationId: 'c2',
  });
  const late = await world.ask(
    'note',
    { text: 'x' },
    { 'Fairlead-Deadline': '2001-01-01T00:00:00Z' },
  );
  expect(late.body).toMatchObject({ code: 'command.deadlinePassed', status: 504 });
  const exists = await world.ask('create');
  expect(exists.body).toMatchObject({ code: 'resource.exists', status: 409 });
  const notNow = await world.ask('cancel');
  expect(notNow.body).toMatchObject({ code: 'transition.notAllowed', status: 409 });
  expect(world.record().seen.map(({ code }) => code)).toEqual([
    'ok',
    'revision.conflict',
    'command.deadlinePassed',
    'resource.exists',
    'transition.notAllowed',
  ]);
  expect(world.bus.deadLetters).toEqual([]);
  await world.stop();
});

it('says unchanged when the kind sees nothing to do', async () => {
  const world = await new World().start();
  await world.ask('apply');
  const reply = await world.ask('apply');
  expect(reply.body).toMatchObject({ accepted: true, unchanged: true });
  expect(world.events()).toEqual(['created']);
  await world.stop();
});

it('dead-letters what no record holds and removes it before the reply', async () => {
  const world = await new World().start();
  const missing = await world.ask('run');
  expect(missing.body).toMatchObject({ code: 'resource.notFound', status: 404 });
  const malformed = await world.ask('create', { colour: 'red' });
  expect(malformed.body).toMatchObject({ code: 'command.malformed', status: 400 });
  expect(world.bus.deadLetters.map(({ commandId }) => commandId)).toEqual(['c1', 'c2']);
  expect(world.bus.terminated.map(({ reason }) => reason)).toEqual(['command.malformed']);
  expect(world.bus.waiting()).toEqual([]);
  expect(world.store.keys()).toEqual([]);
  await world.stop();
});

it('keeps a refusal in the stream and the caller waiting until it is filed', async () => {
  const world = await new World().start();
  world.bus.failNextPublishes('lostRequest', 'lostAnswer');
  const id = world.send('run');
  await world.clock.advance(100);
  expect(() => world.reply(id)).toThrow('no reply');
  expect(world.bus.waiting()).toHaveLength(1);
  await world.clock.advance(5_000);
  expect(world.reply(id).body).toMatchObject({ code: 'resource.notFound' });
  await world.stop();
});

it('hands observations to the chart without id or reply and writes only what changed', async () => {
  const world = await new World().start();
  await world.ask('create');
  const key = { kind: 'job', namespace: 'shop', name: 'a' };
  world.host.observe(key, { type: 'seen.tick', text: 'look' } as { type: string });
  await world.clock.advance(0);
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['look'] } });
  expect(world.record().seen).toHaveLength(1);
  const writes = world.store.writes.length;
  world.host.observe(key, { type: 'seen.nothing' });
  world.host.observe({ ...key, name: 'nobody' }, { type: 'seen.tick' });
  await world.clock.advance(0);
  // The first one still rides along: the reply's revision became known and the outbox was drained.
  expect(world.store.writes.length).toBeLessThanOrEqual(writes + 1);
  expect(() => world.host.observe(key, { type: 'xstate.done.actor.try' })).toThrow('observation');
  await world.stop();
});

it('tells listeners of every commit, and of every stored actor at the start', async () => {
  const world = await new World().start();
  const told: [string, number][] = [];
  world.host.onCommitted(({ name }, kind, _snapshot, revision) =>
    told.push([`${kind}/${name}`, revision]),
  );
  world.host.onCommitted(() => {
    throw new Error('a broken listener harms nobody');
  });
  await world.ask('create');
  expect(told).toEqual([['job/a', 1]]);
  await world.stop();
  const next = new World({}, world);
  next.host.onCommitted(({ name }, kind, _snapshot, revision) =>
    told.push([`again ${kind}/${name}`, revision]),
  );
  await next.start();
  expect(told[told.length - 1]?.[0]).toBe('again job/a');
  await next.stop();
});

it('logs every step of a command with its correlation id', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('run', {}, { 'Fairlead-Correlation-Id': 'trace-me' });
  const texts = world.telemetry.lines
    .filter(({ fields }) => fields['correlationId'] === 'trace-me')
    .map(({ text }) => text);
  expect(texts[0]).toBe('command received');
  expect([...texts].sort()).toEqual([
    'command committed',
    'command received',
    'effect ended',
    'effect started',
    'event published',
  ]);
  await world.stop();
});

it('takes an observation again whose turn was lost to a stale write', async () => {
  const world = await new World().start();
  await world.ask('create');
  const key = { kind: 'job', namespace: 'shop', name: 'a' } as const;
  const stored = world.store.peek(recordKey(key));
  await world.store
    .secondClient()
    .write(recordKey(key), stored?.bytes ?? '', stored?.revision ?? 0);
  world.host.observe(key, { type: 'seen.tick', text: 'seen' } as { type: string });
  await settle();
  expect(world.record().snapshot).toMatchObject({ context: { notes: ['seen'] } });
  await world.stop();
});
