/** One hosted actor by itself: observations, what is stored of it, and who is told. */
import { describe, expect, it } from 'vitest';
import { definitionHash } from '../../../actors/definition.ts';
import { born, created } from './hosted.ts';
import { jobKind } from './job.ts';

const hash = definitionHash(jobKind().machine);
/** An idle job's watch rings after so long. */
const idleMs = 60_000;

describe('an observation', () => {
  it('is stamped and told with the time its commit took, under an id of its own', async () => {
    const hosted = await created();
    await hosted.clock.advance(40);
    const atMs = hosted.clock.nowMs();
    const release = hosted.store.hold();
    const seen = hosted.actor.observe({ type: 'seen.tick', text: 'x' } as never);
    await hosted.clock.advance(25);
    release();
    await seen;
    const correlationId = `shop-a-${atMs}`;
    expect(hosted.reports).toEqual([{ by: 'observation', ms: 25, correlationId }]);
    expect(hosted.record.snapshot).toMatchObject({ context: { notes: ['x'] } });
    expect(hosted.published.at(-1)).toMatchObject({ event: 'noted', atMs });
    expect(hosted.published.at(-1)).not.toHaveProperty('causationId');
  });

  it('that changes nothing is not written', async () => {
    const hosted = await created();
    await hosted.actor.tidy();
    const before = hosted.store.writes.length;
    await hosted.actor.observe({ type: 'seen.nothing' });
    expect(hosted.store.writes).toHaveLength(before);
    expect(hosted.reports).toHaveLength(1);
  });

  it('is not told when it is lost, and not taken by what was given up', async () => {
    const hosted = await created();
    hosted.store.failNext('stale');
    await hosted.actor.observe({ type: 'seen.tick', text: 'x' } as never);
    expect(hosted.cuts).toEqual([{ kind: 'stale' }]);
    await hosted.actor.observe({ type: 'seen.tick', text: 'y' } as never);
    expect(hosted.reports).toEqual([]);
    expect(hosted.actor.snapshot).toMatchObject({ context: { notes: ['x'] } });
  });
});

describe('what is stored', () => {
  it('is told with its revision and its next deadline, before the gates open', async () => {
    const hosted = await created();
    const wakeAtMs = hosted.clock.nowMs() + idleMs;
    await hosted.actor.tidy();
    expect(hosted.committed.map(({ revision }) => revision)).toEqual([1, 2]);
    expect(hosted.committed.map((each) => each.wakeAtMs)).toEqual([0, wakeAtMs]);
    expect(hosted.committed.at(-1)?.context).toMatchObject({ uid: 'u1', notes: [] });
    expect([hosted.actor.wakeAtMs, hosted.actor.revision]).toEqual([wakeAtMs, 2]);
  });

  it('loses an event only by a write behind its publishing', async () => {
    const hosted = await created();
    expect(hosted.record.outbox).toHaveLength(1);
    expect(hosted.actor.outbox).toEqual([]);
    await hosted.actor.tidy();
    expect(hosted.record).toMatchObject({ outbox: [], outboxNext: 2 });
    expect(hosted.record.seen).toMatchObject([{ id: 'id-create', revision: 1 }]);
  });

  it('holds what is not published yet, with the write that first held it', async () => {
    const hosted = await created({ publish: () => new Promise(() => undefined) });
    await hosted.take('note', { text: 'x' });
    expect(hosted.actor.outbox).toMatchObject([
      { id: 'u1/1', event: 'created', revision: 1 },
      { id: 'u1/2', event: 'noted', revision: 2 },
    ]);
    expect(hosted.record.outbox).toMatchObject([{ revision: 1 }, { event: 'noted' }]);
    expect(hosted.drained).toBe(0);
  });

  it('is a step where a machine has changed, numbered from the first of this life', async () => {
    const hosted = await created();
    await hosted.actor.tidy(); // only the outbox
    await hosted.take('note', { text: 'x' });
    expect(hosted.steps).toMatchObject([
      { seq: 1, revision: 1, actor: 'job/shop/a', uid: 'u1', hash, host: 'h1', fence: 3 },
      { seq: 2, revision: 3, command: { id: 'id-note', verb: 'note' } },
    ]);
    expect(hosted.record.steps).toBe(2);
  });

  it('is a step of the time it was written at', async () => {
    const hosted = born();
    const release = hosted.store.hold();
    const turn = hosted.take('create');
    await hosted.clock.advance(30);
    release();
    await turn;
    expect(hosted.steps).toMatchObject([{ atMs: hosted.clock.nowMs() }]);
  });
});
