import { expect, it } from 'vitest';
import { Bulkhead } from '../../../actors/policies/bulkhead.ts';
import { resilience } from '../../../machines/limits.ts';
import type { Priority } from '../../../machines/messages.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

const { signal } = new AbortController();

it('lets so many in at once, then one for each that leaves, urgent ones first [G-59] [G-61]', async () => {
  const bulkhead = new Bulkhead('k', 1, new ManualClock());
  const entered: Priority[] = [];
  expect(bulkhead.enter({ priority: 'user', signal })).toBeUndefined();
  for (const priority of ['user', 'background', 'teardown', 'failover'] as const)
    void bulkhead.enter({ priority, signal })?.then(() => entered.push(priority));
  expect(bulkhead.queued).toBe(4);
  for (let turn = 0; turn < 4; turn += 1) {
    bulkhead.leave();
    await settle();
  }
  expect(entered).toEqual(['teardown', 'failover', 'user', 'background']);
  expect([bulkhead.inFlight, bulkhead.queued]).toEqual([1, 0]);
});

it('refuses with its numbers when the queue is full, and after the longest wait', async () => {
  const clock = new ManualClock();
  const bulkhead = new Bulkhead('k', 1, clock);
  void bulkhead.enter({ priority: 'user', signal });
  const waits = Array.from({ length: resilience.bulkheadQueue }, () =>
    bulkhead.enter({ priority: 'user', signal })?.catch((thrown: unknown) => thrown),
  );
  expect(() => bulkhead.enter({ priority: 'user', signal })).toThrow(
    '1 of 1 places taken, 50 of 50 waiting',
  );
  await clock.advance(resilience.bulkheadWaitMs);
  expect(await waits[0]).toMatchObject({ fault: { rejectedBy: 'bulkhead' } });
  expect(bulkhead.queued).toBe(0);
});

it('leaves no timer and no place behind when a waiting caller gives up [R-13]', async () => {
  const clock = new ManualClock();
  const bulkhead = new Bulkhead('k', 1, clock);
  void bulkhead.enter({ priority: 'user', signal });
  const abort = new AbortController();
  const waiting = bulkhead
    .enter({ priority: 'user', signal: abort.signal })
    ?.catch((thrown: unknown) => String(thrown));
  abort.abort(new Error('left'));
  expect(await waiting).toBe('Error: left');
  expect([clock.pending(), bulkhead.queued]).toEqual([0, 0]);
});

it('gives no namespace more than half of the places while another one waits [V-29]', async () => {
  const bulkhead = new Bulkhead('k', 4, new ManualClock());
  const entered: string[] = [];
  const enter = (namespace: string): void => {
    const waiting = bulkhead.enter({ namespace, signal });
    if (waiting === undefined) entered.push(namespace);
    else void waiting.then(() => entered.push(namespace));
  };
  for (let each = 0; each < 8; each += 1) enter('big');
  for (let each = 0; each < 3; each += 1) enter('small');
  // Alone it may have all four.
  expect(entered).toEqual(['big', 'big', 'big', 'big']);
  for (let each = 0; each < 3; each += 1) bulkhead.leave('big');
  await settle();
  // The others are behind in the queue and first in line, until they have half themselves.
  expect(entered.slice(4)).toEqual(['small', 'small', 'big']);
  bulkhead.leave('small');
  await settle();
  expect(entered.slice(7)).toEqual(['small']);
  // Nobody else waits: it may have more than half again.
  bulkhead.leave('small');
  bulkhead.leave('small');
  await settle();
  expect(entered.slice(8)).toEqual(['big', 'big']);
  expect([bulkhead.inFlight, bulkhead.queued]).toEqual([4, 1]);
});
