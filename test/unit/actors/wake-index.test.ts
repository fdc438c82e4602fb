/** The wake index of one partition by itself: what it awakens, when, and how much it keeps for that. */
import { expect, it } from 'vitest';
import { BinaryHeap } from '../../../actors/binary-heap.ts';
import { createHeapClock } from '../../../actors/heap-clock.ts';
import { Slots } from '../../../actors/slots.ts';
import { WakeIndex } from '../../../actors/wake-index.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const keyOf = (name: string) => ({ kind: 'job', namespace: 'shop', name });

function newIndex(placesMax = 100) {
  const clock = new ManualClock();
  const places = new Slots(placesMax);
  const awake = new Set<string>();
  const woken: string[] = [];
  const done: (() => void)[] = [];
  const index = new WakeIndex({
    ...{ clock: createHeapClock(clock), places },
    isAwake: ({ name }) => awake.has(name),
    awaken: ({ name }, end) => {
      woken.push(name);
      done.push(end);
    },
  });
  /** As wall time. */
  const inMs = (ms: number): number => clock.nowMs() + ms;
  return { clock, places, awake, woken, done, index, inMs };
}

it('awakens each at its time, earliest first, with one timer for all', async () => {
  const { clock, woken, index, inMs } = newIndex();
  index.fill([
    [keyOf('later'), inMs(3_000)],
    [keyOf('overdue'), inMs(-1)],
    [keyOf('soon'), inMs(1_000)],
    [keyOf('unfinished'), 0],
  ]);
  expect(woken).toEqual(['unfinished', 'overdue']);
  index.note(keyOf('second'), inMs(2_000));
  expect(clock.pending()).toBe(1);
  await clock.advance(999);
  expect(woken).toHaveLength(2);
  await clock.advance(2_001);
  expect(woken.slice(2)).toEqual(['soon', 'second', 'later']);
  expect([index.size(), clock.pending()]).toEqual([{ live: 0, heap: 0 }, 0]);
});

it('goes by what was noted last, and by nothing once there is nothing to wake for', async () => {
  const { clock, woken, index, inMs } = newIndex();
  const [late, early, none] = [keyOf('late'), keyOf('early'), keyOf('none')];
  index.fill([late, early, none].map((key) => [key, inMs(2_000)] as const));
  index.note(late, inMs(5_000));
  index.note(early, inMs(1_000));
  index.note(none, null);
  await clock.advance(1_000);
  expect(woken).toEqual(['early']);
  await clock.advance(3_999);
  expect(woken).toEqual(['early']);
  await clock.advance(1);
  expect(woken).toEqual(['early', 'late']);
});

it('leaves alone who is in memory at that time', async () => {
  const { clock, awake, woken, index, inMs } = newIndex();
  awake.add('a');
  index.note(keyOf('a'), inMs(1_000));
  await clock.advance(2_000);
  expect(woken).toEqual([]);
  awake.delete('a');
  index.note(keyOf('a'), inMs(-1)); // it left, and its time has come
  await clock.advance(1);
  expect(woken).toEqual(['a']);
});

it('is not moved by a step of the wall clock', async () => {
  const { clock, woken, index, inMs } = newIndex();
  index.note(keyOf('a'), inMs(1_000));
  clock.stepWall(-3_600_000);
  await clock.advance(1_000);
  expect(woken).toEqual(['a']);
});

it('keeps no more than two entries for each actor, however often they commit', () => {
  const { index, inMs } = newIndex();
  const names = Array.from({ length: 50 }, (_, each) => keyOf(`a${each}`));
  for (let round = 1; round <= 200; round += 1)
    for (const [each, key] of names.entries()) {
      index.note(key, inMs(1_000 * round + each));
      const { live, heap } = index.size();
      expect(heap).toBeLessThanOrEqual(2 * live);
    }
  expect(index.size().live).toBe(50);
  for (const key of names) index.note(key, null);
  expect(index.size()).toEqual({ live: 0, heap: 0 });
});

it('awakens ten thousand at once in pieces: no more together than there are places', async () => {
  const { places, woken, done, index, inMs } = newIndex(16);
  const due = Array.from({ length: 10_000 }, (_, each) => keyOf(`a${each}`));
  index.fill(due.map((key) => [key, inMs(-1)] as const));
  expect(woken).toHaveLength(16);
  while (done.length > 0) {
    expect(places.inFlight).toBeLessThanOrEqual(16);
    for (const end of done.splice(0)) end();
    await Promise.resolve().then(() => Promise.resolve());
  }
  expect(new Set(woken).size).toBe(10_000);
  expect(woken).toHaveLength(10_000);
  expect(places.inFlight).toBe(0);
});

it('gives its places back when the partition goes, and awakens nobody afterwards', async () => {
  const { clock, places, woken, done, index, inMs } = newIndex(2);
  index.fill(['a', 'b', 'c'].map((name) => [keyOf(name), 0] as const));
  index.note(keyOf('d'), inMs(1_000));
  expect(places.inFlight).toBe(2);
  index.end();
  index.note(keyOf('e'), inMs(1_000));
  for (const end of done) end(); // late: they were cut
  await clock.advance(2_000);
  expect(woken).toHaveLength(2);
  expect([places.inFlight, places.waiting, clock.pending()]).toEqual([0, 0, 0]);
});

it('has a heap whose first is always the least', () => {
  const seed = 4_711;
  let state = seed;
  const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
  const heap = new BinaryHeap<number>((left, right) => left < right);
  const held: number[] = [];
  for (let step = 0; step < 3_000; step += 1) {
    const roll = random();
    if (roll < 0.55) {
      const value = Math.floor(random() * 500);
      heap.push(value);
      held.push(value);
    } else if (roll < 0.99) {
      held.sort((left, right) => left - right);
      expect(heap.pop(), `seed ${seed}, step ${step}`).toBe(held.shift());
    } else {
      held.splice(0, held.length, ...held.map((each) => (each * 7) % 500));
      heap.refill(held);
    }
    expect(heap.size).toBe(held.length);
  }
});
