import { expect, it } from 'vitest';
import { replication } from '../../../machines/replication-limits.ts';
import { becameWriter, entered } from '../../../machines/replication-notes.ts';
import { admitReplication } from '../../../machines/replication-admission.ts';
import { isAtRest, maySnapshot } from '../../../machines/replication-safety.ts';
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

it('a deletion waits for an old writer that a later epoch has fenced, unless it is forced', async () => {
  const { actor, protectedNow } = started();
  await protectedNow();
  const { context } = actor.getSnapshot();
  expect(isAtRest(context)).toBe(true);
  const fenced = { ...context, home: { ...context.home, fencedBelow: context.home.epoch + 1 } };
  expect(isAtRest(fenced)).toBe(false);
  expect(isAtRest({ ...fenced, isForcedDelete: true })).toBe(true);
});

it('a deletion by force in a time of two writers has to be acknowledged by name', async () => {
  const { actor, protectedNow } = started();
  await protectedNow();
  const { context } = actor.getSnapshot();
  const home = {
    ...context.home,
    fencedBelow: context.home.epoch + 1,
    writable: 'unknown',
  } as const;
  const riskAccepted = { epoch: 2, by: 'ann', atMs: 1, observed: '', clearedAtMs: null };
  const asked = { type: 'replication.delete', force: true, atMs: 1, correlationId: 'c' } as const;
  const admit = (more: object) =>
    admitReplication({ ...context, home, riskAccepted }, { ...asked, ...more } as never);
  expect(admit({})).toMatchObject({
    kind: 'refused',
    refusal: { because: [expect.stringMatching(/^home is source/)] },
  });
  expect(admit({ ack: context.name })).toEqual({ kind: 'accepted' });
  expect(admit({ force: false })).toEqual({ kind: 'accepted' });
});
