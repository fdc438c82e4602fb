import { expect, it } from 'vitest';
import { Bulkhead } from '../../../actors/policies/bulkhead.ts';
import { resilience } from '../../../machines/limits.ts';
import type { Priority } from '../../../machines/messages.ts';
import { ManualClock, settle } from '../../fakes/manual-clock.ts';

const { signal } = new AbortController();

it('lets so many in at once, then one for each that leaves, urgent ones first', async () => {
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
