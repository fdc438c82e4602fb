/** The outbox, mostly by itself: only what is stored goes out, in order, until it has arrived. */
import { expect, it } from 'vitest';
import { Outbox } from '../../../actors/outbox.ts';
import type { Cause, OutboxEntry, OutboxOptions } from '../../../actors/outbox.ts';
import { recordKey } from '../../../machines/ids.ts';
import { bounds, hosting } from '../../../machines/limits.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';
import { World } from './world.ts';

/** What it has published, which tries failed, how often it was drained; `away` lets as many tries fail. */
function newOutbox(more: Partial<OutboxOptions> = {}) {
  const clock = new ManualClock();
  const told = { published: [] as OutboxEntry[], failed: [] as string[], drained: 0, away: 0 };
  const outbox = new Outbox({
    ...{ uid: 'u', entries: [], next: 1, clock },
    publish: async (entry) => {
      await Promise.resolve();
      if (told.away > 0) {
        told.away -= 1;
        throw new Error('away');
      }
      told.published.push(entry);
    },
    onFailure: (entry, thrown) => told.failed.push(`${entry.id} ${String(thrown)}`),
    onDrained: () => (told.drained += 1),
    ...more,
  });
  return { clock, outbox, told };
}

const emit = (outbox: Outbox, type: string, cause?: Cause): void =>
  outbox.append({ type, correlationId: 'k', data: { of: type } }, 9, cause);

const ids = (entries: readonly OutboxEntry[]): string[] => entries.map(({ id }) => id);

it('numbers what is appended and names no cause where there is none', () => {
  const { outbox } = newOutbox({ next: 4 });
  emit(outbox, 'made');
  emit(outbox, 'gone');
  expect(outbox.list()).toStrictEqual([
    { id: 'u/4', event: 'made', correlationId: 'k', data: { of: 'made' }, atMs: 9 },
    { id: 'u/5', event: 'gone', correlationId: 'k', data: { of: 'gone' }, atMs: 9 },
  ]);
  expect([outbox.next, outbox.size]).toEqual([6, 2]);
});

it('names the command, its sender and its trace as the cause', () => {
  const { outbox } = newOutbox();
  emit(outbox, 'made', { commandId: 'c1', claimedBy: 'ada', traceparent: '00-1' });
  emit(outbox, 'gone', { commandId: 'c2' });
  const [first, second] = outbox.list();
  expect(first).toMatchObject({ causationId: 'c1', by: 'ada', traceparent: '00-1' });
  expect(second).toMatchObject({ causationId: 'c2', by: 'unknown' });
  expect(second).not.toHaveProperty('traceparent');
});

it('publishes nothing before it is stored, and then only what was', async () => {
  const { outbox, told } = newOutbox();
  emit(outbox, 'made');
  await settle();
  expect(told.published).toEqual([]);
  const held = [...outbox.list()];
  emit(outbox, 'later');
  outbox.release(held, 5);
  await settle();
  expect(ids(told.published)).toEqual(['u/1']);
  expect(told.published[0]?.revision).toBe(5);
  expect(ids(outbox.list())).toEqual(['u/2']);
  expect(told.drained).toBe(0);
});

it('dates an entry by the write that first held it', async () => {
  const { outbox, told } = newOutbox();
  emit(outbox, 'made');
  told.away = 1;
  outbox.release(outbox.list(), 5);
  await settle();
  emit(outbox, 'later');
  outbox.release(outbox.list(), 6);
  expect(outbox.list().map(({ revision }) => revision)).toEqual([5, 6]);
});

it('tells once that it is empty, and says nothing when nothing went out', async () => {
  const { outbox, told } = newOutbox();
  outbox.release([], 1);
  await settle();
  expect(told.drained).toBe(0);
  emit(outbox, 'made');
  emit(outbox, 'gone');
  outbox.release(outbox.list(), 2);
  await settle();
  expect([ids(told.published), outbox.size, told.drained]).toEqual([['u/1', 'u/2'], 0, 1]);
});

it('repeats what did not arrive, in order, with pauses that double up to their bound', async () => {
  const { clock, outbox, told } = newOutbox();
  emit(outbox, 'made');
  emit(outbox, 'gone');
  told.away = 6;
  outbox.release(outbox.list(), 1);
  await clock.advance(60_000);
  const { storeRetryFirstMs: first, storeRetryMaxMs: most } = hosting;
  expect(clock.asked).toEqual([first, first * 2, first * 4, first * 8, most, most]);
  expect(told.failed).toEqual(Array.from({ length: 6 }, () => 'u/1 Error: away'));
  expect(ids(told.published)).toEqual(['u/1', 'u/2']);
});

it('starts with the shortest pause again once something has arrived', async () => {
  const { clock, outbox, told } = newOutbox();
  emit(outbox, 'made');
  told.away = 3;
  outbox.release(outbox.list(), 1);
  await clock.advance(60_000);
  emit(outbox, 'gone');
  told.away = 1;
  outbox.release(outbox.list(), 2);
  await clock.advance(60_000);
  expect(clock.asked.at(-1)).toBe(hosting.storeRetryFirstMs);
});

it('starts with the shortest pause for the next entry of the same round', async () => {
  const { clock, outbox, told } = newOutbox({
    publish: async ({ id }) => {
      await Promise.resolve();
      if (!tried.has(id) || (tried.get(id) ?? 0) < 2) {
        tried.set(id, (tried.get(id) ?? 0) + 1);
        throw new Error('away');
      }
    },
  });
  const tried = new Map<string, number>();
  emit(outbox, 'made');
  emit(outbox, 'gone');
  outbox.release(outbox.list(), 1);
  await clock.advance(60_000);
  const { storeRetryFirstMs: first } = hosting;
  expect(clock.asked).toEqual([first, first * 2, first, first * 2]);
  expect(told.drained).toBe(1);
});

it('has one publish under way at a time, however often it is released', async () => {
  let under = 0;
  let most = 0;
  const { outbox } = newOutbox({
    publish: async () => {
      under += 1;
      most = Math.max(most, under);
      await settle();
      under -= 1;
    },
  });
  emit(outbox, 'made');
  outbox.release(outbox.list(), 1);
  emit(outbox, 'gone');
  outbox.release(outbox.list(), 2);
  for (let round = 0; round < 5; round += 1) await settle();
  expect([most, outbox.size]).toEqual([1, 0]);
});

it('publishes what is released after it was empty', async () => {
  const { outbox, told } = newOutbox();
  for (const name of ['made', 'gone']) {
    emit(outbox, name);
    outbox.release(outbox.list(), 1);
    await settle();
  }
  expect([ids(told.published), told.drained]).toEqual([['u/1', 'u/2'], 2]);
});

it('sends what a record held, and keeps what is given to it as it was', async () => {
  const entry = { id: 'u/1', event: 'e', correlationId: 'k', data: {}, atMs: 1 };
  const entries = [entry];
  const { outbox, told } = newOutbox({ entries, next: 2 });
  outbox.release(outbox.list(), 3);
  await settle();
  expect(ids(told.published)).toEqual(['u/1']);
  expect(entries).toEqual([entry]);
});

it('sends nothing more once it is closed, and does not call that empty', async () => {
  const { clock, outbox, told } = newOutbox();
  emit(outbox, 'made');
  told.away = 1;
  outbox.release(outbox.list(), 1);
  await settle();
  outbox.close();
  await clock.advance(60_000);
  expect([told.published, outbox.size, told.drained]).toEqual([[], 1, 0]);
});

it('does not tell that it is empty when it was closed during the last publish', async () => {
  const { outbox, told } = newOutbox();
  emit(outbox, 'made');
  outbox.release(outbox.list(), 1);
  outbox.close();
  await settle();
  expect([outbox.size, told.drained]).toEqual([0, 0]);
});

it('answers again what was decided, though too much waits to be published for anything new', async () => {
  const world = await new World().start();
  await world.ask('create');
  await world.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'x' });
  await world.stop();
  const record = world.record();
  const outbox = Array.from({ length: bounds.outboxMax }, (_, n) => ({
    ...{ id: `${record.uid}/${n + 1}`, event: 'noted', correlationId: 'x', data: {}, atMs: 0 },
  }));
  const full = { ...record, outbox, outboxNext: outbox.length + 1 };
  const key = recordKey({ kind: 'job', namespace: 'shop', name: 'a' });
  world.store.plant(key, JSON.stringify(full));
  const next = new World({}, world);
  const release = next.bus.holdPublishes();
  await next.start();
  next.bus.forget('x');
  const again = await next.ask('note', { text: 'x' }, { 'Nats-Msg-Id': 'x' });
  expect(again.body).toMatchObject({ accepted: true, repeated: true });
  next.send('note', { text: 'y' }, { 'Nats-Msg-Id': 'y' });
  await next.clock.advance(0);
  release();
  await next.clock.advance(0);
  expect(next.reply('y').body).toMatchObject({ code: 'outbox.full' });
  await next.stop();
});
