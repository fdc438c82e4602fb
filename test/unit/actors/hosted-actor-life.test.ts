/** One hosted actor by itself: being given up, and going on from what another host stored. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../fakes/manual-clock.ts';
import { awakened, created } from './hosted.ts';
import { calling } from './hosted-calls.ts';

describe('given up', () => {
  it('it aborts its calls with the cause, fires no timer, publishes and writes nothing', async () => {
    const { calls, kind } = calling();
    const hosted = await created({ kind });
    await hosted.take('run');
    await settle();
    const before = hosted.stored;
    hosted.actor.cut({ kind: 'stale' });
    hosted.actor.cut({ kind: 'stopped' });
    expect(hosted.cuts).toEqual([{ kind: 'stale' }]);
    expect([hosted.actor.isCut, hosted.actor.mayAct()]).toEqual([true, false]);
    expect(calls[0]?.call.signal.aborted).toBe(true);
    expect(calls[0]?.call.mayAct()).toBe(false);
    expect(await hosted.actor.committed()).toBe(false);
    calls[0]?.answer('too late');
    await hosted.clock.advance(700_000);
    expect(hosted.stored).toEqual(before);
    expect(hosted.published.map(({ event }) => event)).toEqual(['created']);
    expect(hosted.clock.pending()).toBe(0);
  });

  it('it says why to a call that its own state has not ended', async () => {
    const { calls, kind } = calling();
    const hosted = await created({ kind });
    await hosted.take('run');
    await settle();
    const abort = new AbortController();
    hosted.actor.enter(abort);
    hosted.actor.cut({ kind: 'stopped' });
    expect(calls).toHaveLength(1);
    expect(abort.signal.reason).toEqual(new Error('the actor was cut: stopped'));
  });

  it('it aborts no call that has left', async () => {
    const hosted = await created();
    const abort = new AbortController();
    const leave = hosted.actor.enter(abort);
    await settle();
    expect(hosted.actor.isIdle()).toBe(false);
    leave();
    expect(hosted.actor.isIdle()).toBe(true);
    hosted.actor.cut({ kind: 'stopped' });
    expect(abort.signal.aborted).toBe(false);
  });

  it('it is settled when the write under way has ended, and keeps what that stored to itself', async () => {
    const hosted = await created();
    const release = hosted.store.hold('beforeAnswer');
    const turn = hosted.take('note', { text: 'x' });
    await settle();
    hosted.actor.cut({ kind: 'stopped' });
    expect(await turn).toEqual({ kind: 'lost' });
    let isSettled = false;
    const settled = hosted.actor.settled().then(() => (isSettled = true));
    await settle();
    expect(isSettled).toBe(false);
    release();
    await settled;
    expect(hosted.record.snapshot).toMatchObject({ context: { notes: ['x'] } });
    expect(hosted.published.map(({ event }) => event)).toEqual(['created']);
    expect(hosted.committed).toHaveLength(1);
  });

  it('it publishes nothing more of what waits', async () => {
    const release: (() => void)[] = [];
    const published: string[] = [];
    const hosted = await created({
      publish: ({ event }) => {
        published.push(event);
        return new Promise((resolve) => release.push(resolve));
      },
    });
    await hosted.take('note', { text: 'x' });
    hosted.actor.cut({ kind: 'stopped' });
    release[0]?.();
    await settle();
    expect(published).toEqual(['created']);
    expect(hosted.drained).toBe(0);
  });
});

describe('going on from what is stored', () => {
  it('it writes under its own name and fence before anything else', async () => {
    const hosted = await created();
    await hosted.actor.tidy();
    hosted.actor.cut({ kind: 'stopped' });
    const heir = hosted.heir();
    expect([heir.actor.uid, heir.actor.fence, heir.actor.revision]).toEqual(['u1', 4, 2]);
    await awakened(heir);
    expect(heir.record).toEqual({ ...hosted.record, host: 'h2', fence: 4 });
    expect(heir.store.writes).toHaveLength(1);
    expect(heir.steps).toEqual([]); // nothing of a machine has changed
    await heir.take('note', { text: 'x' });
    expect(heir.steps).toMatchObject([{ seq: 2, fence: 4, host: 'h2' }]);
  });

  it('it publishes what is stored and was not confirmed, under the same ids', async () => {
    const hosted = await created({ publish: () => new Promise(() => undefined) });
    hosted.actor.cut({ kind: 'stopped' });
    const heir = await awakened(hosted.heir());
    expect(heir.published).toMatchObject([{ id: 'u1/1', event: 'created', revision: 2 }]);
    await heir.take('note', { text: 'x' });
    await settle();
    expect(heir.published.at(-1)).toMatchObject({ id: 'u1/2' });
  });

  it('it answers what was answered before, and keeps what was noted of strikes', async () => {
    const hosted = await created();
    hosted.actor.cut({ kind: 'stopped' });
    const strikes = { count: 1, code: 'x', message: 'boom', atMs: 1, machineVersion: 1 };
    const heir = await awakened(hosted.heir({}, { strikes }));
    const outcome = await heir.take('create');
    expect(outcome).toMatchObject({ kind: 'answered', isRepeat: true, entry: { code: 'ok' } });
    expect(heir.record.strikes).toEqual(strikes);
  });

  it('it is told what is known before where nothing has to be written', async () => {
    const hosted = await created();
    await hosted.actor.tidy();
    hosted.actor.cut({ kind: 'stopped' });
    const heir = hosted.heir({ hostId: 'h1', fence: 3 });
    await awakened(heir);
    expect(heir.store.writes).toEqual([]);
    expect(heir.actor.wakeAtMs).toBe(hosted.record.wakeAtMs);
  });

  it('it says why it cannot, before it starts', async () => {
    const hosted = await created();
    hosted.actor.cut({ kind: 'stopped' });
    expect(hosted.heir().actor.fault).toBeUndefined();
    const snapshot = { ...(hosted.record.snapshot as object), value: 'nowhere' };
    expect(hosted.heir({}, { snapshot }).actor.fault).toBeDefined();
  });
});
