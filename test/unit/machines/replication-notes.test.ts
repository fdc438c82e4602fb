import { expect, it } from 'vitest';
import { becameWriter } from '../../../machines/replication-notes.ts';
import { maySnapshot } from '../../../machines/replication-safety.ts';
import { started } from './replication-double.ts';

it('a new writer is unprotected until its own first point, though the old one took another of this epoch', async () => {
  const { actor, protectedNow } = started();
  await protectedNow();
  const { context } = actor.getSnapshot();
  expect([context.lastSyncMs, context.protection.isProtected]).toEqual([expect.any(Number), true]);
  expect(becameWriter(context, {}, 'away')).toMatchObject({
    ...{ writer: 'away', lastSyncMs: null, lagRatio: 0 },
    protection: { isProtected: false, generation: 0 },
  });
});

it.each(['home', 'away'] as const)(
  'no point is taken while %s takes over: it would pass on what the old writer still writes',
  async (side) => {
    const { actor, protectedNow } = started();
    await protectedNow();
    const { context } = actor.getSnapshot();
    expect(maySnapshot(context)).toBe(true);
    for (const step of ['fencing', 'quietWindow', 'materializing', 'compensating'] as const) {
      const taking = { ...context[side], phase: `promoting.${step}` as const };
      expect(maySnapshot({ ...context, [side]: taking })).toBe(false);
    }
  },
);
