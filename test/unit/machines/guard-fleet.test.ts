/** Orders to the breakers of all hosts: which stand, which replace others, and which are refused. */
import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { guardFleetMachine } from '../../../machines/guard-fleet.ts';
import type { FleetEvent, OrderVerb } from '../../../machines/guard-fleet.ts';
import { guardFleetKind } from '../../../machines/guard-kinds.ts';
import { bounds, resilience } from '../../../machines/limits.ts';

const key = 'main/eu-central-1/ec2';
const order = (verb: OrderVerb, more: object = {}): FleetEvent => ({
  ...{ type: `guard.${verb}`, key, reason: 'drill', by: 'ana', atMs: 1_000, roll: 0.5 },
  ...{ commandId: `${verb}-1`, correlationId: 'k' },
  ...more,
});

function fleet() {
  const actor = createActor(guardFleetMachine).start();
  const told: { type: string; correlationId: string; data: object }[] = [];
  actor.on('*', (event) => told.push(event as (typeof told)[number]));
  return {
    ...{ actor, told },
    give: (verb: OrderVerb, more?: object) => actor.send(order(verb, more)),
    standing: () => actor.getSnapshot().context.standing,
    verbs: () => actor.getSnapshot().context.standing.map(({ verb, key: to }) => `${verb} ${to}`),
    admit: (verb: OrderVerb, more?: object) =>
      guardFleetKind.admit(actor.getSnapshot(), order(verb, more)),
  };
}

it('keeps an order as it was given, and publishes it', () => {
  const { give, standing, told } = fleet();
  give('isolate', { forMs: 60_000, allowTeardown: true });
  const kept = {
    ...{ orderId: 'isolate-1', verb: 'isolate', key, reason: 'drill', by: 'ana', atMs: 1_000 },
    ...{ untilMs: 61_000, allowTeardown: true, policy: {} },
  };
  expect(standing()).toEqual([kept]);
  expect(told).toEqual([{ type: 'ordered', correlationId: 'k', data: kept }]);
});

it('fills in what was not said: nobody’s name, a year at most, no calls that tear down', () => {
  const { give, standing } = fleet();
  give('isolate', { by: undefined, reason: 'x'.repeat(bounds.faultMessageChars + 1) });
  expect(standing()[0]).toMatchObject({
    ...{ by: 'unknown', untilMs: 1_000 + resilience.isolationMaxMs, allowTeardown: false },
    reason: 'x'.repeat(bounds.faultMessageChars),
  });
});

it('publishes what is over at once, and keeps none of it', () => {
  const { give, standing, told } = fleet();
  give('reset');
  give('release');
  expect(standing()).toEqual([]);
  expect(told.map(({ data }) => (data as { verb: string }).verb)).toEqual(['reset', 'release']);
});

it.each(['reset', 'release'] as const)('%s takes back what stands for that key', (verb) => {
  const { give, verbs } = fleet();
  const other = 'main/eu-west-1/ec2';
  give('isolate', { key: `${key}:read` });
  give('observe', { key });
  give('set', { key, policy: { failuresMax: 3 } });
  give('isolate', { key: other });
  give(verb, { key });
  expect(verbs()).toEqual([`set ${key}`, `isolate ${other}`]);
});

it('replaces the earlier order to the same key, but numbers and isolations stand beside each other', () => {
  const { give, verbs } = fleet();
  give('isolate');
  give('set', { policy: { failuresMax: 3 } });
  give('observe');
  expect(verbs()).toEqual([`set ${key}`, `observe ${key}`]);
  give('isolate');
  expect(verbs()).toEqual([`set ${key}`, `isolate ${key}`]);
});

it('merges numbers number by number, the later one first', () => {
  const { give, standing } = fleet();
  give('isolate');
  give('set', { policy: { failuresMax: 3, openBaseMs: 9_000 } });
  give('set', { key: 'other', policy: { failuresMax: 7 } });
  give('set', { policy: { failuresMax: 4 } });
  expect(standing().map(({ verb, policy }) => [verb, policy])).toEqual([
    ['isolate', {}],
    ['set', { failuresMax: 7 }],
    ['set', { failuresMax: 4, openBaseMs: 9_000 }],
  ]);
});

it('drops isolations whose time is over with the next order, and nothing else', () => {
  const { give, verbs } = fleet();
  give('isolate', { key: 'a', forMs: 1_000 });
  give('isolate', { key: 'b', forMs: 1_001 });
  give('observe', { key: 'c', forMs: 10 });
  give('set', { key: 'd', forMs: 10, policy: {} });
  give('observe', { key: 'e', atMs: 2_000 });
  expect(verbs()).toEqual(['isolate b', 'observe c', 'set d', 'observe e']);
});

describe('when as many stand as may', () => {
  const full = () => {
    const all = fleet();
    for (let at = 0; at < resilience.ordersMax; at += 1)
      all.give('isolate', { key: `k${at}`, forMs: at === 7 ? 5_000 : undefined });
    return all;
  };

  it('refuses another one, and says how to make room: none that stands is forgotten', () => {
    const { admit, standing } = full();
    expect(admit('isolate', { key: 'late' })).toEqual({
      kind: 'refused',
      refusal: {
        code: 'precondition.failed',
        message: `${resilience.ordersMax} orders to breakers stand, which is the most`,
        because: ['release breakers that need no order any more: fairlead breaker release <key>'],
      },
    });
    expect(standing()).toHaveLength(resilience.ordersMax);
  });

  it('takes one that replaces another, one that takes back, and one after an end', () => {
    const { admit, give, standing } = full();
    const accepted = { kind: 'accepted' };
    expect(admit('observe', { key: 'k3' })).toEqual(accepted);
    expect(admit('release', { key: 'late' })).toEqual(accepted);
    expect(admit('isolate', { key: 'late', atMs: 6_000 })).toEqual(accepted);
    give('release', { key: 'k3' });
    expect(admit('isolate', { key: 'late' })).toEqual(accepted);
    expect(standing()).toHaveLength(resilience.ordersMax - 1);
  });
});

it('has one state, any order may create it, and it shows what stands', () => {
  const { actor, give, standing } = fleet();
  give('isolate');
  const snapshot = actor.getSnapshot();
  const { allowed, creating, stateText, view, isTombstone, isDeleting } = guardFleetKind;
  const verbs = ['reset', 'isolate', 'release', 'observe', 'set', 'drain', 'undrain'];
  expect([allowed(), [...creating]]).toEqual([verbs, verbs]);
  expect([stateText(), isTombstone(), isDeleting()]).toEqual(['ordering', false, false]);
  expect(view(snapshot)).toEqual({
    kind: 'Guard',
    metadata: { namespace: 'system', name: 'fleet' },
    status: { state: 'ordering', standing: standing(), drained: [] },
  });
});
