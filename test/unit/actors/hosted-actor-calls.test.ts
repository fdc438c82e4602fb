/** One hosted actor by itself: its calls, its timers, its events, and the operations that end below it. */
import { describe, expect, it } from 'vitest';
import { sendTo, setup } from 'xstate';
import type { Kind } from '../../../actors/kind.ts';
import { hosting } from '../../../machines/limits.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { awakened, born, created, Hosted } from './hosted.ts';
import { calling } from './hosted-calls.ts';
import { jobKind } from './job.ts';

/** An operation of a node launch, as its parent and the host see it: it ends when told to. */
const operation = setup({}).createMachine({
  id: 'operation',
  context: {
    ...{ effect: 'node.launch', token: 't1', preset: 'aws', atMs: 1_000, correlationId: 'op1' },
  },
  initial: 'calling',
  states: { calling: { on: { end: 'succeeded' } }, succeeded: { type: 'final' } },
  output: {
    result: { ok: true, value: {}, atMs: 1_500, roll: 0 },
    ...{ attempts: 2, isUncertain: false, firstFault: null },
  },
});
const employer: Kind = {
  ...jobKind(),
  machine: setup({ actors: { operation } }).createMachine({
    id: 'job',
    context: {},
    initial: 'new',
    states: {
      new: { on: { 'job.create': 'busy' } },
      busy: {
        invoke: { id: 'op', src: 'operation', onDone: 'idle' },
        on: { 'job.end': { actions: sendTo('op', { type: 'end' }) } },
      },
      idle: {},
    },
  }),
  stateText: ({ value }) => String(value),
  replyFields: () => ({}),
  admit: () => ({ kind: 'accepted' }),
};

describe('a call', () => {
  it('is made for who acts, once its intent is stored, and never as one taken up again', async () => {
    const { calls, kind } = calling();
    const hosted = await created({ kind });
    const release = hosted.store.hold();
    const turn = hosted.take('run');
    await settle();
    expect(calls).toEqual([]);
    release();
    await turn;
    await settle();
    const intent = { actor: 'job/shop/a', uid: 'u1', fence: 3, isResumed: false };
    expect(calls.map(({ call }) => call)).toMatchObject([{ id: 'try/call', intent }]);
    expect(hosted.record.wakeAtMs).toBe(0);
    expect(calls[0]?.call.mayAct()).toBe(true);
    hosted.isOwned = false;
    expect(calls[0]?.call.mayAct()).toBe(false);
  });

  it('of a first turn is no repeat either', async () => {
    const { calls, kind } = calling();
    const hosted = born({ kind });
    await hosted.take('create');
    await hosted.take('run');
    await settle();
    expect(calls).toMatchObject([{ call: { intent: { isResumed: false } } }]);
  });

  it('keeps the actor busy until its result is stored', async () => {
    const { calls, kind } = calling();
    const hosted = await created({ kind });
    expect(hosted.actor.isIdle()).toBe(true);
    await hosted.take('run');
    await settle();
    expect(hosted.actor.isIdle()).toBe(false);
    const release = hosted.store.hold();
    calls[0]?.answer('done');
    await settle();
    expect(hosted.actor.isIdle()).toBe(false);
    release();
    await settle();
    expect(hosted.actor.isIdle()).toBe(true);
    expect(hosted.record.snapshot).toMatchObject({ context: { result: 'done' } });
  });

  it('is taken up again by the next host, which says so, and only while it awakens', async () => {
    const { calls, kind } = calling();
    const hosted = await created({ kind });
    await hosted.take('run');
    await settle();
    hosted.actor.cut({ kind: 'stopped' });
    const heir = hosted.heir({ kind });
    expect(heir.actor.isAwakening).toBe(true);
    await awakened(heir);
    expect(heir.actor.isAwakening).toBe(false);
    expect(calls[1]?.call.intent).toMatchObject({ uid: 'u1', fence: 4, isResumed: true });
    calls[1]?.answer('done');
    await settle();
    await heir.take('run', {}, { commandId: 'second' });
    await settle();
    expect(calls[2]?.call.intent.isResumed).toBe(false);
  });
});

describe('an actor that is not idle', () => {
  it('has events to publish, or what is not stored yet', async () => {
    const hosted = await created({ publish: () => new Promise(() => undefined) });
    expect(hosted.actor.isIdle()).toBe(false);
    const other = await created();
    expect(other.actor.isIdle()).toBe(true);
    const release = other.store.hold();
    void other.take('note', { text: 'x' });
    expect(other.actor.isIdle()).toBe(false);
    release();
    await settle();
    expect(other.actor.isIdle()).toBe(true);
  });
});

describe('a timer', () => {
  it('that fires is counted and told, and causes its events alone', async () => {
    const hosted = await created();
    await hosted.clock.advance(60_000);
    expect(hosted.telemetry.counts.get('fairlead_timers_fired_total job')).toBe(1);
    const event = 'xstate.after.idle.job.alive.watch.waiting';
    const told = { actor: 'job/shop/a', event, to: '', correlationId: 'corr-create' };
    expect(hosted.telemetry.lines).toContainEqual({
      ...{ level: 'info', text: 'timer fired', fields: told },
    });
    expect(hosted.published.map((each) => each.event)).toEqual(['created', 'idled']);
    expect(hosted.published.at(-1)).not.toHaveProperty('causationId');
    expect(hosted.published.at(-1)?.atMs).toBe(hosted.clock.nowMs());
  });

  it('keeps its deadline under the next host', async () => {
    const hosted = await created();
    await hosted.actor.tidy();
    await hosted.clock.advance(20_000);
    hosted.actor.cut({ kind: 'stopped' });
    const heir = await awakened(hosted.heir());
    expect(heir.record.timers).toEqual(hosted.record.timers);
    await heir.clock.advance(39_999);
    expect(heir.published.map((each) => each.event)).toEqual([]);
    await heir.clock.advance(1);
    expect(heir.published.map((each) => each.event)).toEqual(['idled']);
  });
});

describe('an event', () => {
  it('that is not confirmed is told, and published again under its id', async () => {
    const tries: string[] = [];
    const publish = async ({ id }: { id: string }): Promise<void> => {
      tries.push(id);
      if (tries.length === 1) throw new Error('no answer');
    };
    const hosted = await created({ publish });
    expect(hosted.telemetry.counts.get('fairlead_publish_failures_total')).toBe(1);
    const id = { id: 'u1/1', event: 'created', correlationId: 'corr-create' };
    expect(hosted.telemetry.lines.at(-1)).toEqual({
      ...{ level: 'warn', text: 'event not confirmed; it is published again' },
      fields: { actor: 'job/shop/a', ...id, reason: 'Error: no answer' },
    });
    expect(hosted.drained).toBe(0);
    await hosted.clock.advance(hosting.storeRetryFirstMs);
    expect(tries).toEqual(['u1/1', 'u1/1']);
    expect(hosted.drained).toBe(1);
  });
});

describe('an operation that ends', () => {
  it('is told as a step and as a turn when its result is stored, and counted once', async () => {
    const hosted = born({ kind: employer });
    await hosted.take('create');
    const release = hosted.store.hold();
    const turn = hosted.take('end');
    await hosted.clock.advance(40);
    expect(hosted.reports).toEqual([]);
    release();
    await turn;
    await settle();
    expect(hosted.reports).toEqual([{ by: 'result', ms: 40, correlationId: 'op1' }]);
    expect(hosted.published).toMatchObject([
      { event: 'stepEnded', correlationId: 'op1', causationId: 'id-end', data: { host: 'h1' } },
    ]);
    await hosted.actor.tidy();
    expect(hosted.reports).toHaveLength(1);
  });

  it('needs nobody to tell it to', async () => {
    const hosted = new Hosted({ kind: employer });
    const bare = born({ kind: employer, onReport: undefined as never, onTurn: undefined as never });
    await bare.take('create');
    expect(await bare.take('end')).toMatchObject({ kind: 'answered' });
    await bare.actor.observe({ type: 'seen.nothing' });
    expect([hosted.reports, bare.reports, bare.turns]).toEqual([[], [], []]);
  });
});
