import { expect, it } from 'vitest';
import { replication } from '../../../machines/replication-limits.ts';
import { becameWriter, entered } from '../../../machines/replication-notes.ts';
import { maySnapshot } from '../../../machines/replication-safety.ts';
import { stamp, started } from './replication-double.ts';

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

it('keeps each public move with why, who and the order it belongs to [U-06] [U-33]', async () => {
  const { context, order, phase, protectedNow, until } = started();
  await protectedNow();
  const reason = 'user_requested_failover';
  order({ type: 'replication.failover', how: 'planned', reason, ...stamp });
  await until(() => phase('away').startsWith('source.'));
  const moves = context().history.filter(({ epoch }) => epoch === 2);
  expect(moves.map(({ endpoint, from, to }) => `${endpoint} ${from} → ${to}`)).toEqual([
    ...['away replica → promoting', 'home source → demoting'],
    ...['home demoting → replica', 'away promoting → source'],
  ]);
  expect(moves[0]).toMatchObject({
    ...{ reason: 'failover (planned): user_requested_failover', by: 'ada' },
    ...{ requestId: stamp.commandId, correlationId: stamp.correlationId },
  });
});

it('keeps the newest moves, so many as a record can hold, and as many words with each [U-06]', async () => {
  const { context, order, protectedNow } = started();
  await protectedNow();
  order({ type: 'replication.failover', how: 'planned', reason: 'x'.repeat(500), ...stamp });
  let memory = context();
  expect(memory.reason).toHaveLength('failover (planned): '.length + replication.reasonCharsMax);
  for (let turn = 0; turn < 120; turn += 1) {
    const next = turn % 2 === 0 ? 'failed.safe' : 'replica.following';
    memory = { ...memory, ...entered(memory, {}, 'home', next) };
  }
  expect(memory.history).toHaveLength(100);
  expect(memory.history.at(-1)?.seq).toBe(memory.historySeq);
});
