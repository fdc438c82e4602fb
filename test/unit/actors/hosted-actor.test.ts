/** One hosted actor by itself: a new life, and its turns. */
import { describe, expect, it } from 'vitest';
import { definitionHash } from '../../../actors/definition.ts';
import { bounds } from '../../../machines/limits.ts';
import { settle } from '../../fakes/manual-clock.ts';
import { born, created, Hosted } from './hosted.ts';
import { jobKind } from './job.ts';

const hash = definitionHash(jobKind().machine);
/** An idle job's watch rings after so long. */
const idleMs = 60_000;

describe('a new life', () => {
  it('says who it is, and is not stored before its first command', () => {
    const { actor, store } = born();
    expect(actor.actor).toBe('job/shop/a');
    expect([actor.uid, actor.fence, actor.revision, actor.wakeAtMs]).toEqual(['u1', 3, 0, 0]);
    expect(actor.snapshot).toMatchObject({ value: 'new', context: { uid: 'u1', name: 'a' } });
    expect([actor.isCut, actor.isTombstone, actor.fault]).toEqual([false, false, undefined]);
    expect(store.writes).toEqual([]);
  });

  it('of a chart that asks for its time of birth has the wall time', () => {
    const given: unknown[] = [];
    const kind = jobKind();
    const input = (identity: Parameters<typeof kind.input>[0], before: unknown) => {
      given.push(identity, before);
      return kind.input(identity);
    };
    const { clock } = new Hosted({ kind: { ...kind, input } });
    const identity = { namespace: 'shop', name: 'a', uid: 'u1', atMs: clock.nowMs() };
    expect(given).toMatchObject([identity, undefined]);
  });

  it('goes on from the tombstone of its name: its revision, its answers and what it left', async () => {
    const before = { value: 'deleted', status: 'done', context: { name: 'a' } };
    const old = { id: 'old', code: 'ok', correlationId: 'k' };
    const kind = jobKind();
    const given: unknown[] = [];
    const input = (identity: Parameters<typeof kind.input>[0], left: unknown) => {
      given.push(left);
      return kind.input(identity);
    };
    const first = await created();
    const { revision } = first.stored;
    const origin = { kind: 'new', revision, seen: [old], outbox: [], before } as const;
    const hosted = born({ kind: { ...kind, input } }, origin, first);
    expect(given).toEqual([before]);
    expect(hosted.actor.seen).toEqual([{ ...old, revision }]);
    expect(await hosted.take('create')).toMatchObject({ kind: 'answered' });
    expect(hosted.record.seen.map(({ id }) => id)).toEqual(['old', 'id-create']);
    expect(hosted.stored.revision).toBeGreaterThan(revision);
    expect(hosted.actor.revision).toBe(hosted.stored.revision);
  });

  it('that is refused is given up without a trace; nothing can be asked of it any more', async () => {
    const hosted = born();
    const outcome = await hosted.take('run');
    expect(outcome).toMatchObject({ kind: 'outside', entry: { id: 'id-run' } });
    expect((outcome as { entry: { code: string } }).entry.code).not.toBe('ok');
    expect(hosted.cuts).toEqual([{ kind: 'stopped' }]);
    expect(hosted.actor.isCut).toBe(true);
    expect(await hosted.take('create')).toEqual({ kind: 'lost' });
    expect(hosted.store.writes).toEqual([]);
  });
});

describe('a command', () => {
  it('is answered when its record is stored, which holds all that another host needs', async () => {
    const hosted = born();
    const bornMs = hosted.clock.nowMs();
    const release = hosted.store.hold();
    const turn = hosted.take('create', {}, { claimedBy: 'ann', traceparent: 't' });
    await settle();
    expect([hosted.published, hosted.committed, hosted.turns]).toEqual([[], [], []]);
    await hosted.clock.advance(30);
    release();
    const entry = { id: 'id-create', code: 'ok', correlationId: 'corr-create', by: 'ann' };
    const fields = { runs: 0 };
    expect(await turn).toMatchObject({
      ...{ kind: 'answered', isRepeat: false },
      entry: { ...entry, state: 'alive:work:idle,watch:waiting', fields, revision: 1 },
    });
    const event = {
      ...{ id: 'u1/1', event: 'created', correlationId: 'corr-create', atMs: bornMs },
      ...{ data: { runs: 0, notes: 0 }, causationId: 'id-create', by: 'ann', traceparent: 't' },
    };
    expect(hosted.record).toEqual({
      ...{ schema: 1, key: 'job/shop/a', uid: 'u1', machineId: 'job', machineVersion: 1 },
      ...{ definitionHash: hash, fence: 3, host: 'h1', steps: 1 },
      snapshot: expect.objectContaining({
        value: { alive: { work: 'idle', watch: 'waiting' } },
      }) as object,
      timers: [
        {
          ...{ from: '', to: '', id: 'xstate.after.idle.job.alive.watch.waiting' },
          event: { type: 'xstate.after.idle.job.alive.watch.waiting' },
          atMs: bornMs + idleMs,
        },
      ],
      ...{ outbox: [event], outboxNext: 2, strikes: null, wakeAtMs: 0 },
      seen: [{ ...entry, state: 'alive:work:idle,watch:waiting', fields }],
    });
    await settle();
    expect(hosted.published).toEqual([{ ...event, revision: 1 }]);
    expect(hosted.drained).toBe(1);
  });

  it('is timed until its commit, by kind and result', async () => {
    const hosted = born();
    hosted.clock.freeze(5_000);
    const release = hosted.store.hold();
    const turn = hosted.take('create');
    await hosted.clock.advance(30);
    release();
    await turn;
    expect(hosted.turns).toEqual([30]);
    expect(hosted.telemetry.observed).toContainEqual([
      ...['fairlead_turn_seconds', 0.03, { kind: 'job' }],
    ]);
    expect(hosted.telemetry.counts.get('fairlead_turns_total job success')).toBe(1);
  });

  it('is seen by the chart with its ids, its wall time and a number of its own', async () => {
    const events: unknown[] = [];
    const kind = jobKind();
    const admit = (snapshot: never, event: { type: string }) => {
      events.push(event);
      return kind.admit(snapshot, event);
    };
    const hosted = born({ kind: { ...kind, admit } });
    await hosted.clock.advance(40);
    await hosted.take('create', { padding: 'x' });
    const ids = { commandId: 'id-create', correlationId: 'corr-create' };
    const stamp = { atMs: hosted.clock.nowMs(), roll: 0.25 };
    expect(events[0]).toEqual({ type: 'job.create', padding: 'x', ...ids, ...stamp });
  });

  it('that comes again has the first answer: nothing is written, said or done', async () => {
    const hosted = await created();
    const { writes } = hosted.store;
    const before = writes.length;
    expect(await hosted.take('create')).toMatchObject({
      ...{ kind: 'answered', isRepeat: true, entry: { code: 'ok', revision: 1 } },
    });
    expect(writes).toHaveLength(before);
    expect(hosted.published).toHaveLength(1);
  });

  it('that is refused later is remembered with its answer', async () => {
    const hosted = await created();
    const outcome = await hosted.take('create', {}, { commandId: 'again' });
    const state = 'alive:work:idle,watch:waiting';
    expect(outcome).toMatchObject({ kind: 'answered', entry: { code: 'resource.exists', state } });
    expect(hosted.record.seen.map(({ id, code }) => [id, code])).toEqual([
      ['id-create', 'ok'],
      ['again', 'resource.exists'],
    ]);
    expect(hosted.cuts).toEqual([]);
  });

  it('that changes nothing is answered as unchanged', async () => {
    const hosted = await created();
    const outcome = await hosted.take('apply');
    expect(outcome).toMatchObject({ kind: 'answered', entry: { code: 'ok', unchanged: true } });
  });

  it('that makes the chart throw is poison: nothing of it is written', async () => {
    const hosted = await created();
    const before = hosted.stored;
    const outcome = await hosted.take('boom');
    expect(outcome).toMatchObject({ kind: 'poisoned', cut: { kind: 'poison' } });
    expect(hosted.cuts).toHaveLength(1);
    expect(hosted.telemetry.counts.get('fairlead_turn_errors_total job poison')).toBe(1);
    expect(hosted.stored).toEqual(before);
    expect(await hosted.take('note', { text: 'x' })).toEqual({ kind: 'lost' });
  });

  it('that makes the record too large is poison as well', async () => {
    const hosted = await created();
    const outcome = await hosted.take('grow', { bytes: bounds.recordBytesMax });
    expect(outcome).toMatchObject({ kind: 'poisoned', cut: { kind: 'tooLarge' } });
    expect(hosted.cuts).toMatchObject([{ kind: 'tooLarge' }]);
  });

  it('that comes again beside a record too large is lost, not poison: it is not its fault', async () => {
    const hosted = await created();
    const grown = hosted.actor.observe({ type: 'job.grow', bytes: bounds.recordBytesMax } as never);
    expect(await hosted.take('create')).toEqual({ kind: 'lost' });
    await grown;
    expect(hosted.cuts).toMatchObject([{ kind: 'tooLarge' }]);
  });

  it('behind another writer is lost, and so is the actor', async () => {
    const hosted = await created();
    hosted.store.failNext('stale');
    expect(await hosted.take('note', { text: 'x' })).toEqual({ kind: 'lost' });
    expect(hosted.cuts).toEqual([{ kind: 'stale' }]);
    expect(hosted.telemetry.counts.get('fairlead_turns_total job requeue')).toBe(1);
    expect(hosted.published.map(({ event }) => event)).toEqual(['created']);
  });

  it('is lost where the lease is: nothing is written', async () => {
    const hosted = await created();
    const before = hosted.stored;
    hosted.isOwned = false;
    expect(await hosted.take('note', { text: 'x' })).toEqual({ kind: 'lost' });
    expect(hosted.cuts).toEqual([{ kind: 'unowned' }]);
    expect(hosted.stored).toEqual(before);
  });

  it('of a name whose life is over is no longer its turn', async () => {
    const hosted = await created();
    await hosted.take('delete');
    expect(hosted.actor.isTombstone).toBe(true);
    expect(hosted.record).toMatchObject({ snapshot: { status: 'done' }, timers: [] });
  });
});
