// The checker of quiet windows, shown promotions that come too early and others that are sound.
import { expect, it } from 'vitest';
import { quietWindowMs, safetyTimes } from '../../../machines/replication-limits.ts';
import { windows } from '../../simulation/checkers/windows.ts';
import { court, record } from './court.ts';

const windowMs = quietWindowMs(false, safetyTimes);

/** A promotion of `away` whose fence is answered at the beginning, and stored that much later. */
function promotion() {
  const { world, accused, write } = court(windows);
  const fencedAtMs = world.clock.nowMs();
  const store = (phase: string, more = {}): void => {
    const away = { phase: `promoting.${phase}` };
    const operation = { fencedAtMs };
    const context = { home: { phase: 'source.exposed' }, away, operation, riskAccepted: null };
    write(
      record({
        ...{ key: 'replication/prod/db-0', machineId: 'replication' },
        snapshot: { context: { ...context, ...more } },
      }),
    );
  };
  store('fencing');
  return { world, accused, store };
}

it.each([
  ['a moment before the window is over', 0, windowMs - 1, 1],
  ['when the window is over', 0, windowMs, 0],
  ['a moment too early, its fence stored late', 17_000, windowMs - 17_001, 1],
  ['in time, its fence stored late', 17_000, windowMs - 17_000, 0],
])('of a promotion that goes on %s', async (_when, storedMs, restMs, accusations) => {
  const { world, accused, store } = promotion();
  await world.clock.advance(storedMs);
  store('quietWindow');
  await world.clock.advance(restMs);
  store('choosingPoint');
  expect(accused).toHaveLength(accusations);
});

it('goes by the round of the fence that was ordered last, whatever the record tells of an earlier one', async () => {
  const { world, accused, store } = promotion();
  await world.clock.advance(windowMs);
  store('fencing');
  store('quietWindow');
  await world.clock.advance(windowMs - 1);
  store('choosingPoint');
  expect(accused).toHaveLength(1);
});

it('lets go on at once what somebody has taken the risk of, and what goes back', async () => {
  const { world, accused, store } = promotion();
  store('quietWindow');
  store('choosingPoint', { riskAccepted: { epoch: 1 } });
  store('quietWindow');
  await world.clock.advance(1_000);
  store('compensating');
  expect(accused).toEqual([]);
});
