/** A time that always comes: whatever is collected meanwhile, and whatever ends first. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { timeLimit } from '../../src/time-limit.ts';

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const ended = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve(signal.reason);
    });
  });

it('comes though everything that can be was collected meanwhile', async () => {
  const reasons = Array.from({ length: 50 }, () =>
    ended(timeLimit(30, new AbortController().signal).signal),
  );
  collect();
  for (const reason of await Promise.all(reasons))
    expect(reason).toMatchObject({ name: 'TimeoutError' });
});

it('ends with the signal outside, for its reason, at once when that is over already', async () => {
  const outer = new AbortController();
  const { signal } = timeLimit(60_000, outer.signal);
  const reason = ended(signal);
  outer.abort(new Error('Ctrl-C'));
  expect(await reason).toMatchObject({ message: 'Ctrl-C' });
  expect(timeLimit(60_000, outer.signal).signal.aborted).toBe(true);
});

it('never comes when there is none, or after its end', async () => {
  const outer = new AbortController();
  const endless = timeLimit(Infinity, outer.signal);
  const over = timeLimit(1, outer.signal);
  over.end();
  const later = timeLimit(20, outer.signal);
  await ended(later.signal);
  expect([endless.signal.aborted, over.signal.aborted]).toEqual([false, false]);
});
