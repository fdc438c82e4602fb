/** The boot lint and the checker: one finding per way a chart could fail silently. */
import { assign, fromCallback, fromPromise, raise, setup, spawnChild } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { expect, it } from 'vitest';
import { check } from '../../../actors/checker.ts';
import { definitionHash, definitionOf } from '../../../actors/definition.ts';
import { gate } from '../../../actors/effect.ts';
import { lint } from '../../../actors/lint.ts';
import type { ActorRecord } from '../../../actors/record.ts';
import { jobMachine } from './job.ts';
import { World } from './world.ts';

const effect = gate(() => Promise.resolve(1));
const options = { maxIterations: 10 };
const work = { actors: { work: effect } };
// Types would catch some of these; records and plain JavaScript would not.
const made = (implementations: object, config: object): AnyStateMachine =>
  setup(implementations).createMachine({
    ...{ id: 'm', options },
    ...config,
  } as never) as unknown as AnyStateMachine;

it('finds nothing in a sound chart', () => {
  expect(lint(jobMachine({}))).toEqual([]);
});

it.each<[string, AnyStateMachine, string]>([
  ['no bound on loops', made({}, { options: {} }), 'm: sets no options.maxIterations'],
  ['an unknown guard', made({}, { on: { a: { guard: 'g' } } }), 'm: asks the unknown guard g'],
  [
    'an unknown guard inside another',
    made({}, { always: { guard: { type: 'deep' } } }),
    'm: asks the unknown guard deep',
  ],
  ['an unknown action', made({}, { entry: 'act' }), 'm: runs the unknown action act'],
  [
    'an unknown actor',
    made({}, { invoke: { id: 'i', src: 's' } }),
    'm: invokes the unknown actor s',
  ],
  ['an unknown delay', made({}, { after: { soon: {} } }), 'm: waits for the unknown delay soon'],
  [
    'an invoke without id',
    made(work, { invoke: { src: 'work' } }),
    'm: invokes work without an id',
  ],
  ['inline logic', made({}, { invoke: { id: 'i', src: effect } }), 'm: invokes inline logic'],
  [
    'a bare promise',
    made({ actors: { p: fromPromise(() => Promise.resolve()) } }, {}),
    'm: actor p is neither a machine nor a gated effect',
  ],
  [
    'a callback actor',
    made({ actors: { c: fromCallback(() => undefined) } }, {}),
    'm: actor c is neither a machine nor a gated effect',
  ],
  [
    'an action of its own',
    made({ actions: { log: () => undefined } }, {}),
    'm: action log is a function of its own',
  ],
  ['an inline action', made({}, { exit: () => undefined }), 'm: action inline is a function'],
  [
    'spawn inside assign',
    made(
      {
        ...work,
        actions: { s: assign(({ spawn }) => ({ a: spawn(effect as never, {} as never) })) },
      },
      {},
    ),
    'm: action s spawns inside assign',
  ],
  [
    'spawnChild without id',
    made({ ...work, actions: { s: spawnChild('work' as never, {}) } }, {}),
    'm: action s spawns without an id',
  ],
  [
    'spawnChild of inline logic',
    made({ actions: { s: spawnChild(effect as never, { id: 'x' }) } }, {}),
    'm: action s spawns inline logic',
  ],
  [
    'a literal delay Node cannot keep',
    made({}, { after: { [2 ** 31]: {} } }),
    'm: waits 2147483648 ms',
  ],
  [
    'a delayed raise Node cannot keep',
    made({ actions: { r: raise({ type: 'x' }, { delay: 2 ** 31 }) } }, {}),
    'm: action r has a literal delay',
  ],
  [
    'a wrong initial state',
    made({}, { initial: 'b', states: { a: {} } }),
    'm: has a wrong initial state',
  ],
  [
    'a fault in a machine it starts',
    made({ actors: { inner: made({}, { entry: 'act' }) } }, {}),
    'm: runs the unknown action act',
  ],
])('finds %s', (_what, machine, finding) => {
  expect(lint(machine).join('\n')).toContain(finding);
});

it('refuses to make a host with a chart that fails the lint', () => {
  const kinds = [{ name: 'm', machine: made({}, { options: {} }), version: 1 }];
  expect(() => new World({ kinds: kinds as never })).toThrow('boot lint: m: sets no options');
});

it('hashes what decides behaviour, in any process alike, and not its descriptions', () => {
  const hash = definitionHash(jobMachine({}));
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(definitionHash(jobMachine({ idleMs: 5 }))).toBe(hash);
  const plain = definitionHash(made({}, { states: { a: {} }, initial: 'a' }));
  const told = made({}, { states: { a: { description: 'new words' } }, initial: 'a' });
  expect(definitionHash(told)).toBe(plain);
  const edge = made({}, { states: { a: { on: { x: {} } } }, initial: 'a' });
  expect(definitionHash(edge)).not.toBe(plain);
});

it('describes guards with what they hold and edges without what XState adds for delays', () => {
  const { root, children } = definitionOf(jobMachine({}));
  const alive = root.states.find(({ key }) => key === 'alive');
  const [workRegion, watch] = alive?.states ?? [];
  expect(workRegion?.states[0]?.transitions[0]).toMatchObject({
    event: 'job.run',
    targets: ['job.alive.work.running'],
    guard: 'isQuiet',
  });
  expect(watch?.states[0]).toMatchObject({
    entry: [],
    exit: [],
    transitions: [{ delay: 'idle', targets: ['job.alive.watch.idled'], actions: ['sayIdle'] }],
  });
  expect(Object.keys(children)).toEqual(['try']);
});

/** A stored job with its run waiting for the backoff of its second try. */
async function storedJob(): Promise<ActorRecord> {
  const world = await new World({
    perform: async () => {
      throw Object.assign(new Error('no'), { fault: { type: 'Retryable', code: 'x' } });
    },
  }).start();
  await world.ask('create');
  await world.ask('run');
  const record = world.record();
  await world.stop();
  return structuredClone(record);
}

const machine = jobMachine({});
type Loose = Record<string, unknown> & { children: Record<string, Record<string, unknown>> };
const snapshotOf = (record: ActorRecord): Loose => record.snapshot as Loose;

it('lets a record pass that today’s chart wrote', async () => {
  expect(check(machine, await storedJob())).toEqual([]);
});

it.each<[string, string, (record: ActorRecord) => ActorRecord]>([
  [
    'a state that is gone',
    'state-missing',
    (record) => ({ ...record, snapshot: { ...snapshotOf(record), value: { gone: {} } } }),
  ],
  [
    'a region that is new',
    'value-shape',
    (record) => ({
      ...record,
      snapshot: { ...snapshotOf(record), value: { alive: { work: 'running' } } },
    }),
  ],
  [
    'an actor that was renamed',
    'child-src-missing try',
    (record) => {
      const snapshot = snapshotOf(record);
      const children = { try: { ...snapshot.children['try'], src: 'renamed' } };
      return { ...record, snapshot: { ...snapshot, children } };
    },
  ],
  [
    'a child stored without a name',
    'child-inline-src try',
    (record) => {
      const snapshot = snapshotOf(record);
      const children = { try: { ...snapshot.children['try'], src: {} } };
      return { ...record, snapshot: { ...snapshot, children } };
    },
  ],
  [
    'an invoke that is not running',
    'invoke-not-running',
    (record) => ({ ...record, timers: [], snapshot: { ...snapshotOf(record), children: {} } }),
  ],
  ['a timer nobody armed', 'timer-not-armed', (record) => ({ ...record, timers: [] })],
  [
    'a timer of a state that is not active',
    'timer-orphan',
    (record) => ({
      ...record,
      timers: [
        ...record.timers,
        { from: '', to: '', id: 'xstate.after.x.job.new', event: { type: 'x' }, atMs: 1 },
      ],
    }),
  ],
  [
    'a timer of a child that is not there',
    'timer-orphan nobody',
    (record) => ({
      ...record,
      timers: [
        ...record.timers,
        { from: 'nobody', to: '', id: 'x', event: { type: 'x' }, atMs: 1 },
      ],
    }),
  ],
])('reports %s', async (_what, code, change) => {
  const drifts = check(machine, change(await storedJob()));
  expect(drifts.map((drift) => `${drift.code} ${drift.path}`).join(' ')).toContain(code);
});

it('does not ask for a timer whose firing may leave the state as it is', () => {
  const chart = made(
    { guards: { never: () => false }, delays: { soon: 5 } },
    { initial: 'a', states: { a: { after: { soon: { guard: 'never', target: 'b' } } }, b: {} } },
  );
  const snapshot = { status: 'active', value: 'a', context: {}, children: {} };
  expect(check(chart, { snapshot, timers: [] } as unknown as ActorRecord)).toEqual([]);
});
