/** What is ordered of a replication after a chaos run, so that it ends with one side that writes and one that follows. */
import { expect, it } from 'vitest';
import { isAtRest, nextStep } from '../../chaos/run/replication-rest.ts';
import type { ReplicationRow } from '../../chaos/run/fleet.ts';

const row = (home: string, away: string, more: Partial<ReplicationRow> = {}): ReplicationRow => ({
  sides: [
    { name: 'home', phase: home, epoch: 3 },
    { name: 'away', phase: away, epoch: 2 },
  ],
  ...{ isPaused: false, isMoving: false, ...more },
});

it('is at rest only when one side writes, the other follows, and nothing is under way', () => {
  expect(isAtRest(row('source.protected', 'replica.following'))).toBe(true);
  expect(isAtRest(row('replica.following', 'source.protected'))).toBe(true);
  for (const other of [
    row('source.exposed', 'replica.following'),
    row('source.protected', 'failed.safe'),
    row('replica.following', 'replica.following'),
    row('source.protected', 'replica.following', { isPaused: true }),
    row('source.protected', 'replica.following', { isMoving: true }),
  ])
    expect([isAtRest(other), other]).toEqual([false, other]);
});

it.each<[string, ReplicationRow, number, object | undefined]>([
  ['goes on', row('source.paused', 'replica.paused', { isPaused: true }), 0, { verb: 'resume' }],
  [
    'brings a failed side back',
    row('failed.indeterminate', 'replica.following'),
    1,
    { verb: 'recover', payload: { endpoint: 'home' } },
  ],
  [
    'copies over a failed side what the other has written',
    row('source.exposed', 'failed.safe'),
    1,
    { verb: 'resync', payload: { endpoint: 'away' } },
  ],
  [
    'lets the side write that was the last to',
    row('replica.following', 'replica.following'),
    0,
    { verb: 'promote', payload: { endpoint: 'home', how: 'planned' } },
  ],
  ['waits for what is under way', row('promoting.fencing', 'replica.following'), 0, undefined],
])('%s', (_what, seen, tries, order) => {
  const step = nextStep(seen, tries);
  if (order === undefined) expect(step).toBeUndefined();
  else expect(step).toMatchObject(order);
});
