/** What a fleet's orders and a host's breakers come to in a line. */
import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../machines/breaker-rules.ts';
import { guardMachine, guardSlots } from '../../../machines/guard.ts';
import { hostGuardKind } from '../../../machines/guard-kinds.ts';
import { summaryOfBreakers, summaryOfFleet } from '../../../machines/guard-summary.ts';
import type { FleetOrder } from '../../../machines/guard-fleet.ts';
import { callPolicies, resilience } from '../../../machines/limits.ts';

const order = (verb: FleetOrder['verb'], key: string, atMs: number): FleetOrder => ({
  ...{ orderId: `${verb} ${key}`, verb, key, reason: 'drill', by: 'ana', atMs },
  ...{ untilMs: atMs + 1, allowTeardown: false, policy: {} },
});
const mark = { host: 'h2', orderId: 'o', reason: 'update', by: 'ben', atMs: 7 };

describe('of the fleet', () => {
  it('is healthy while nothing is shut, whatever else was ordered', () => {
    const none = { region: '', expectedMs: 0, severity: 'healthy', sinceMs: 0, reason: '' };
    expect(summaryOfFleet({ standing: [], drained: [] })).toEqual(none);
    expect(summaryOfFleet({ standing: [order('set', 'a', 5)], drained: [] })).toEqual({
      ...{ ...none, sinceMs: 5, reason: 'set a by ana; drill' },
    });
  });

  it('is changing while a breaker is shut or a host drained, since the last order', () => {
    const standing = [order('isolate', 'a', 3), order('observe', 'b', 5)];
    expect(summaryOfFleet({ standing, drained: [] })).toMatchObject({
      ...{ severity: 'changing', sinceMs: 5 },
      reason: 'isolate a by ana; drill · observe b by ana; drill',
    });
    expect(summaryOfFleet({ standing, drained: [mark] })).toMatchObject({
      ...{ severity: 'changing', sinceMs: 7 },
      reason: 'isolate a by ana; drill · observe b by ana; drill · drain h2 by ben; update',
    });
    expect(summaryOfFleet({ standing: [], drained: [mark] })).toMatchObject({
      ...{ severity: 'changing', sinceMs: 7, reason: 'drain h2 by ben; update' },
    });
  });
});

describe('of a host', () => {
  const breaker = (value: string, context: object = {}) => ({
    snapshot: { value, context: { key: `key of ${value}`, ...context } },
  });
  const summary = (...children: object[]) =>
    summaryOfBreakers({ children: Object.fromEntries(children.map((each, at) => [at, each])) });

  it('is healthy while calls pass, since the last circuit closed', () => {
    const none = { region: '', expectedMs: 0, severity: 'healthy', sinceMs: 0, reason: '' };
    expect(summaryOfBreakers({})).toEqual(none);
    expect(summary({})).toMatchObject({ severity: 'changing' });
    const passing = [
      breaker('closed', { openedAtMs: 3, closedAtMs: 9 }),
      breaker('metricsOnly', { openedAtMs: 4 }),
    ];
    expect(summary(...passing)).toEqual({ ...none, sinceMs: 9 });
  });

  it('is changing while one is tried, and failing while one is shut', () => {
    const closed = breaker('closed', { closedAtMs: 99 });
    const tried = breaker('halfOpen', { openedAtMs: 5 });
    expect(summary(closed, tried)).toMatchObject({
      ...{ severity: 'changing', sinceMs: 5, reason: 'key of halfOpen halfOpen' },
    });
    for (const value of ['open', 'isolated'])
      expect(summary(closed, tried, breaker(value, { openedAtMs: 6 }))).toMatchObject({
        ...{ severity: 'failing', sinceMs: 6 },
        reason: `key of halfOpen halfOpen, key of ${value} ${value}`,
      });
  });

  it('reads breakers that live as those that are stored', () => {
    const actor = createActor(guardMachine).start();
    const [slot = ''] = guardSlots;
    const adopt = {
      type: 'breaker.adopt',
      slot,
      policy: rowOf(callPolicies, 'a'),
      atMs: 1,
    } as const;
    actor.send({ ...adopt, key: 'a' });
    actor.send({ ...adopt, key: 'too late' });
    expect(actor.getSnapshot().context.slots).toEqual({ [slot]: 'a' });
    const child = actor.getSnapshot().children[slot];
    child?.send({
      ...{ type: 'breaker.isolate', orderId: 'o', reason: 'drill', by: 'ana', atMs: 2 },
      ...{ untilMs: 9_000, allowTeardown: false },
    } as never);
    for (const parent of [actor.getSnapshot(), actor.getPersistedSnapshot()])
      expect(summaryOfBreakers(parent)).toMatchObject({
        ...{ severity: 'failing', reason: 'a isolated' },
      });
    actor.send({ type: 'breaker.drop', slot: 'b999' });
    actor.send({ type: 'breaker.drop', slot });
    expect(actor.getSnapshot().context.slots).toEqual({});
    expect(summaryOfBreakers(actor.getSnapshot()).severity).toBe('healthy');
    actor.send({ ...adopt, key: 'b' });
    expect(actor.getSnapshot().children[slot]?.getSnapshot().context.key).toBe('b');
  });
});

it('gives every breaker a slot of a finite set, and hosts no orders', () => {
  expect([guardSlots.length, guardSlots[0], guardSlots.at(-1)]).toEqual([
    ...[resilience.breakersMax, 'b000', 'b255'],
  ]);
  const { allowed, creating, admit, stateText, view, isTombstone, isDeleting } = hostGuardKind;
  expect([allowed(), [...creating], admit()]).toEqual([[], [], { kind: 'accepted' }]);
  expect([stateText(), view(), isTombstone(), isDeleting()]).toEqual([
    'watching',
    {},
    false,
    false,
  ]);
});
