/** A chart that changed raises its version; a step maps what the former one stored, or the actor is held. */
import { assign, setup } from 'xstate';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { Kind, KindSnapshot } from '../../../actors/kind.ts';
import type { Migration, StoredState } from '../../../actors/migration-steps.ts';
import { World } from './world.ts';

const burnMs = 60_000;
const options = { maxIterations: 10 };
const labels = {
  types: { input: {} as { name: string }, context: {} as Readonly<Record<string, string>> },
  delays: { burn: burnMs },
};

/** A job that is off or on. */
const former = setup(labels).createMachine({
  ...{ id: 'job', context: ({ input }) => ({ name: input.name }), initial: 'off', options },
  states: {
    off: { on: { 'job.run': 'on', 'job.create': 'off' } },
    on: { after: { burn: 'off' }, on: { 'job.cancel': 'off' } },
  },
});

/** Its successor: `on` is called `lit`, and every job has a colour. */
const successor = setup({
  ...labels,
  actions: { whiten: assign({ colour: 'white' }) },
}).createMachine({
  ...{ id: 'job', context: ({ input }) => ({ name: input.name, colour: 'red' }), options },
  initial: 'off',
  states: {
    off: { on: { 'job.run': 'lit', 'job.create': 'off' } },
    lit: { after: { burn: 'off' }, on: { 'job.cancel': { target: 'off', actions: 'whiten' } } },
  },
});

const toSuccessor: Migration = ({ snapshot, timers }) => {
  const { value, context, ...rest } = snapshot as { value: string; context: object };
  return {
    snapshot: {
      ...rest,
      value: value === 'on' ? 'lit' : value,
      context: { ...context, colour: 'red' },
    },
    timers: timers.map((timer) => ({
      ...timer,
      id: timer.id.replace('job.on', 'job.lit'),
      event: { type: timer.event.type.replace('job.on', 'job.lit') },
    })),
  };
};

const kindOf = (machine: typeof former | typeof successor, more: Partial<Kind>): Kind => ({
  ...{ name: 'job', version: 1, machine: machine as Kind['machine'] },
  creating: new Set(['create']),
  input: ({ name }) => ({ name }),
  admit: () => ({ kind: 'accepted' }),
  allowed: () => ['run', 'cancel'],
  ...{ isTombstone: () => false, isDeleting: () => false, replyFields: () => ({}) },
  stateText: ({ value }: KindSnapshot) => String(value),
  view: ({ value, context }: KindSnapshot) => ({
    ...{ kind: 'Job', state: value, colour: (context as { colour: string }).colour.toUpperCase() },
  }),
  watches: () => undefined,
  ...more,
});

const empty = z.strictObject({});
const schemas = { job: { create: empty, run: empty, cancel: empty } };
const formerKind = kindOf(former, { view: ({ value }) => ({ state: value }) });

/** A job that is on, stored by the former chart; nobody runs it. */
async function storedOn(): Promise<World> {
  const world = await new World({ kinds: [formerKind], schemas }).start();
  await world.ask('create');
  await world.ask('run');
  await world.stop();
  return world;
}

const succeeded = (before: World, more: Partial<Kind>): World =>
  new World({ kinds: [kindOf(successor, { version: 2, ...more })], schemas }, before);

const query = (world: World, verb: string) =>
  world.bus.query({ kind: 'job', namespace: 'shop', name: 'a', verb });

it('awakens what the former chart stored, with its timer where it was, and writes it as of today', async () => {
  const before = await storedOn();
  const [timer] = before.record().timers;
  const world = await succeeded(before, { migrations: { 1: toSuccessor } }).start();
  await world.ask('create', {}, { 'Nats-Msg-Id': 'refused-but-awakens' });
  const record = world.record();
  expect(record).toMatchObject({ machineVersion: 2, uid: before.record().uid });
  expect(record.snapshot).toMatchObject({ value: 'lit', context: { colour: 'red' } });
  expect(record.timers).toMatchObject([{ atMs: timer?.atMs }]);
  const cancelled = await world.ask('cancel', {}, { 'Nats-Msg-Id': 'later' });
  expect(cancelled.body).toMatchObject({ accepted: true, state: 'off' });
  expect(world.record().snapshot).toMatchObject({ context: { colour: 'white' } });
  await world.stop();
});

it('lets the timer of a migrated state fire at its first deadline', async () => {
  const before = await storedOn();
  const leftMs = (before.record().timers[0]?.atMs ?? 0) - before.clock.nowMs();
  const world = await succeeded(before, { migrations: { 1: toSuccessor } }).start();
  await world.ask('create', {}, { 'Nats-Msg-Id': 'refused-but-awakens' });
  await world.clock.advance(leftMs - 1_000);
  expect(world.record().snapshot).toMatchObject({ value: 'lit' });
  await world.clock.advance(2_000);
  expect(world.record().snapshot).toMatchObject({ value: 'off' });
  await world.stop();
});

it('shows a record that nobody has awakened yet as its migration has it', async () => {
  const before = await storedOn();
  const world = succeeded(before, { migrations: { 1: toSuccessor } });
  const told: unknown[] = [];
  world.host.onCommitted((_key, _kind, { value }) => told.push(value));
  await world.start();
  expect(told).toEqual(['lit']);
  expect(world.record().machineVersion).toBe(1);
  expect((await query(world, 'get')).body).toMatchObject({ state: 'lit', colour: 'RED' });
  expect((await query(world, 'list')).body).toMatchObject({ items: [{ colour: 'RED' }] });
  await world.stop();
});

it.each<[string, Partial<Kind>, string]>([
  ['no step leads from it', {}, 'no migration leads from version 1 to 2'],
  [
    'one of several steps is missing',
    { version: 3, migrations: { 1: toSuccessor } },
    'no migration leads from version 1 to 3',
  ],
  [
    'the step throws',
    {
      migrations: {
        1: () => {
          throw new Error('no value');
        },
      },
    },
    'the migration from version 1 failed: no value',
  ],
  [
    'the step leaves a state that is gone',
    { migrations: { 1: (stored: StoredState) => stored } },
    'state-missing',
  ],
  [
    'the step forgets the timer',
    { migrations: { 1: (stored: StoredState) => ({ ...toSuccessor(stored), timers: [] }) } },
    'timer-not-armed',
  ],
  ['it is from a later release', { version: 0 }, 'no migration leads from version 1 to 0'],
])('holds a record, as it is, when %s', async (_what, kind, reason) => {
  const before = await storedOn();
  const bytes = before.store.peek(before.store.keys()[0] ?? '')?.bytes;
  const world = await succeeded(before, kind).start();
  const reply = await world.ask('cancel', {}, { 'Nats-Msg-Id': 'later' });
  expect(reply.body).toMatchObject({ code: 'actor.quarantined' });
  expect(reply.body['message']).toContain(reason);
  expect(world.store.peek(before.store.keys()[0] ?? '')?.bytes).toBe(bytes);
  expect((await query(world, 'list')).error).toBeUndefined();
  await world.stop();
});
