import fc from 'fast-check';
import { createActor, SimulatedClock } from 'xstate';
import { describe, expect, it } from 'vitest';
import { breakerMachine, isolationEndMs } from '../../../machines/breaker.ts';
import { rowOf } from '../../../machines/breaker-rules.ts';
import { callPolicies, resilience } from '../../../machines/limits.ts';
import type { PublishedEvent } from '../../../machines/messages.ts';

const seed = Number(process.env['FAIRLEAD_SEED'] ?? Date.now() % 1_000_000);
const policy = rowOf(callPolicies, 'main/eu-central-1/ec2:mutate');
const quiet = { calls: 0, failed: 0, slow: 0 };

function breaker() {
  const clock = new SimulatedClock();
  const actor = createActor(breakerMachine, { clock, input: { key: 'k', policy, atMs: 0 } });
  const changes: string[] = [];
  const told: PublishedEvent[] = [];
  actor.on('breakerChanged', (event) => {
    const { data } = event;
    told.push(event);
    changes.push(`${String(data['from'])} > ${String(data['to'])} by ${String(data['cause'])}`);
  });
  actor.start();
  const judged = (
    type: 'call.failed' | 'call.slow' | 'probe.failed',
    counts: object,
    more: { epoch?: number; roll?: number } = {},
  ): void => {
    const { epoch } = actor.getSnapshot().context;
    const fields = { type_: 'Unavailable', code: 'Unavailable', requestId: '', correlationId: '' };
    const stamp = { epoch, atMs: clock.now(), roll: 0.5, ...fields };
    actor.send({ type, ...stamp, counts: { consecutive: 0, ...quiet, ...counts }, ...more });
  };
  const fail = (more: { epoch?: number; roll?: number } = {}) =>
    judged('call.failed', { consecutive: policy.failuresMax }, more);
  const probeOk = () =>
    actor.send({
      type: 'probe.ok',
      epoch: actor.getSnapshot().context.epoch,
      atMs: clock.now(),
    });
  return {
    ...{ actor, clock, changes, told, judged, fail, probeOk },
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
  };
}
const order = (orderId: string, atMs = 0) => ({ atMs, orderId, reason: 'a test' });

describe('breaker chart', () => {
  it('opens on failures in a row, on a failure rate, and on a slow rate [G-59]', () => {
    for (const [type, counts] of [
      ['call.failed', { consecutive: 3 }],
      ['call.failed', { consecutive: 1, calls: 20, failed: 10 }],
      ['call.slow', { calls: 20, slow: 16 }],
    ] as const) {
      const { judged, state } = breaker();
      judged(type, counts);
      expect(state()).toBe('open');
    }
    const { judged, state } = breaker();
    judged('call.failed', { consecutive: 2, calls: 19, failed: 19 });
    expect(state()).toBe('closed');
  });

  it('closes after the success threshold, and one failed probe opens it again [R-06] [D-05] [U-12] [U-35]', () => {
    const { clock, fail, judged, probeOk, state, changes } = breaker();
    fail();
    clock.increment(30_000);
    expect(state()).toBe('halfOpen');
    probeOk();
    expect(state()).toBe('halfOpen');
    judged('probe.failed', {});
    expect(state()).toBe('open');
    clock.increment(60_000);
    probeOk();
    probeOk();
    expect(state()).toBe('closed');
    expect(changes).toEqual([
      'closed > open by call.failed',
      'open > halfOpen by elapsed',
      'halfOpen > open by probe.failed',
      'open > halfOpen by elapsed',
      'halfOpen > closed by probe.ok',
    ]);
  });

  it('stays open once, twice, then four times its base, and starts anew after a long calm', () => {
    const { clock, fail, judged, context, probeOk } = breaker();
    const openForMs = () => context().openUntilMs - context().openedAtMs;
    fail();
    const seen = [openForMs()];
    for (let trip = 0; trip < 3; trip += 1) {
      clock.increment(openForMs());
      judged('probe.failed', {});
      seen.push(openForMs());
    }
    expect(seen).toEqual([30_000, 60_000, 120_000, 120_000]);
    clock.increment(120_000);
    probeOk();
    probeOk();
    clock.increment(4 * policy.openBaseMs + 1);
    fail({ roll: 0 });
    expect(openForMs()).toBe(24_000);
  });

  it('is isolated until its end or a release, and only measures when told to [U-31]', () => {
    const { actor, clock, state, fail, context } = breaker();
    actor.send({ type: 'breaker.isolate', untilMs: 5_000, ...order('o1') });
    fail();
    expect(state()).toBe('isolated');
    clock.increment(5_000);
    expect([state(), context().isolation]).toEqual(['halfOpen', null]);
    actor.send({ type: 'breaker.observe', ...order('o2') });
    fail();
    expect([state(), context().wouldHaveTripped]).toEqual(['metricsOnly', 1]);
    actor.send({ type: 'breaker.release', ...order('o3') });
    expect(state()).toBe('closed');
  });

  it('applies an order once, however often it is heard', () => {
    const { actor, state } = breaker();
    actor.send({ type: 'breaker.isolate', untilMs: 5_000, ...order('o1') });
    actor.send({ type: 'breaker.reset', ...order('o2') });
    actor.send({ type: 'breaker.reset', ...order('o2') });
    expect(state()).toBe('closed');
  });

  it('is probed before it is trusted when another host has tripped', () => {
    const { actor, state } = breaker();
    actor.send({ type: 'peer.opened' });
    expect(state()).toBe('halfOpen');
  });

  it('merges a partial policy into the present one [R-30] [G-44]', () => {
    const { actor, context } = breaker();
    actor.send({ type: 'policy.update', policy: { failuresMax: 9 } });
    expect(context().policy).toEqual({ ...policy, failuresMax: 9 });
  });

  it(`what was admitted in an earlier epoch changes nothing, and openUntilMs is fixed (seed ${seed}) [R-04]`, () => {
    const kinds = ['call.failed', 'call.slow', 'probe.failed', 'probe.ok', 'health.ok'] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat(30_000), fc.boolean()), {
          maxLength: 60,
        }),
        (steps) => {
          const { actor, clock, context } = breaker();
          for (const [type, gapMs, isLate] of steps) {
            clock.increment(gapMs);
            const before = actor.getSnapshot();
            const epoch = before.context.epoch - (isLate ? 1 : 0);
            const base = { epoch, atMs: clock.now(), roll: 0.5, correlationId: '' };
            const told = { type_: 'Timeout', code: 'x', requestId: '' };
            const counts = { consecutive: 9, ...quiet };
            actor.send({ type, ...base, ...told, counts });
            const after = actor.getSnapshot();
            if (isLate) expect(after.context).toEqual(before.context);
            if (before.value === 'open' && after.value === 'open')
              expect(context().openUntilMs).toBe(before.context.openUntilMs);
          }
        },
      ),
      { seed, numRuns: 100 },
    );
  });
});

describe('what a breaker tells', () => {
  it('is what has tripped it, and until when it stays open', () => {
    const { actor, clock, told, context } = breaker();
    clock.increment(100);
    const counts = { consecutive: 3, calls: 4, failed: 3, slow: 0 };
    const fault = { type_: 'Timeout', code: 'RequestTimeout', requestId: 'r1' };
    const stamp = { epoch: 0, atMs: 100, roll: 0.5, correlationId: 'c1' };
    actor.send({ type: 'call.failed', ...stamp, ...fault, counts });
    const lastTrip = { type: 'Timeout', code: 'RequestTimeout', requestId: 'r1', atMs: 100 };
    expect(told).toEqual([
      {
        ...{ type: 'breakerChanged', correlationId: 'c1' },
        data: {
          ...{ key: 'k', from: 'closed', to: 'open', epoch: 1, cause: 'call.failed' },
          ...{ openUntilMs: 30_100, lastTrip: { ...lastTrip, ...counts } },
        },
      },
    ]);
    expect(context()).toMatchObject({ epoch: 1, openedAtMs: 100, closedAtMs: 0 });
  });

  it('is the order that has moved it, and nothing about a trip', () => {
    const { actor, clock, fail, told } = breaker();
    fail();
    clock.increment(10);
    actor.send({ type: 'breaker.reset', ...order('o1', 10) });
    expect(told.at(-1)).toEqual({
      ...{ type: 'breakerChanged', correlationId: '' },
      data: {
        ...{ key: 'k', from: 'open', to: 'closed', epoch: 2, cause: 'breaker.reset' },
        ...{ orderId: 'o1', reason: 'a test' },
      },
    });
  });
});

describe('orders to a breaker', () => {
  it('of a reset end an isolation and forget what was counted', () => {
    const { actor, clock, fail, context, state } = breaker();
    fail();
    clock.increment(10);
    actor.send({ type: 'breaker.isolate', untilMs: 5_010, ...order('o1', 10) });
    expect(context().isolation).toEqual({ reason: 'a test', sinceMs: 10, untilMs: 5_010 });
    clock.increment(4_999);
    expect(state()).toBe('isolated');
    actor.send({ type: 'breaker.reset', ...order('o2', 5_009) });
    const forgotten = { isolation: null, tripsInRow: 0, openUntilMs: 0, closedAtMs: 5_009 };
    expect(context()).toMatchObject({ ...forgotten, orderId: 'o2' });
    clock.increment(1);
    expect(state()).toBe('closed');
  });

  it('to isolate hold from when they were given until their end', () => {
    const { actor, clock, state, changes } = breaker();
    clock.increment(10);
    actor.send({ type: 'breaker.isolate', untilMs: 5_010, ...order('o1', 10) });
    clock.increment(4_999);
    expect(state()).toBe('isolated');
    clock.increment(1);
    expect(state()).toBe('halfOpen');
    actor.send({ type: 'breaker.observe', ...order('o2', 5_010) });
    expect(changes).toEqual([
      'closed > isolated by breaker.isolate',
      'isolated > halfOpen by elapsed',
      'halfOpen > metricsOnly by breaker.observe',
    ]);
    actor.send({ type: 'breaker.release', ...order('o3', 5_010) });
    actor.send({ type: 'breaker.reset', ...order('o3', 5_010) });
    expect(changes).toHaveLength(4);
  });

  it('to release let probes through, and end no measuring but their own', () => {
    const { actor, state, context } = breaker();
    actor.send({ type: 'breaker.isolate', untilMs: 5_000, ...order('o1') });
    actor.send({ type: 'breaker.release', ...order('o1') });
    expect(state()).toBe('isolated');
    actor.send({ type: 'breaker.release', ...order('o2') });
    expect([state(), context().isolation]).toEqual(['halfOpen', null]);
    actor.send({ type: 'breaker.release', ...order('o3') });
    expect([state(), context().orderId]).toEqual(['halfOpen', 'o2']);
  });

  it.each(['breaker.reset', 'breaker.observe', 'breaker.isolate', 'breaker.release'] as const)(
    'are applied once: %s',
    (type) => {
      const { actor, changes, context } = breaker();
      const last = { ...order('o2'), untilMs: 9_000 };
      actor.send({ type: 'breaker.isolate', untilMs: 5_000, ...order('o1') });
      actor.send({ type, ...last });
      expect(context().orderId).toBe('o2');
      const before = changes.length;
      for (const again of ['reset', 'observe', 'isolate', 'release'] as const)
        actor.send({ type: `breaker.${again}`, ...last });
      expect(changes).toHaveLength(before);
    },
  );

  it('to measure end an isolation, and count what would have tripped in this epoch', () => {
    const { actor, judged, context, state } = breaker();
    actor.send({ type: 'breaker.isolate', untilMs: 5_000, ...order('o1') });
    actor.send({ type: 'breaker.observe', ...order('o2') });
    expect(context().isolation).toBeNull();
    judged('call.failed', { consecutive: policy.failuresMax - 1 });
    judged('call.slow', { consecutive: policy.failuresMax }, { epoch: 0 });
    expect(context().wouldHaveTripped).toBe(0);
    judged('call.slow', { calls: 20, slow: 16 });
    judged('call.failed', { consecutive: policy.failuresMax });
    expect(context().wouldHaveTripped).toBe(2);
    actor.send({ type: 'breaker.release', ...order('o2') });
    expect(state()).toBe('metricsOnly');
  });

  it('without an end of their own isolate for as long as is allowed', () => {
    expect(isolationEndMs(5, 10)).toBe(15);
    expect(isolationEndMs(5, undefined)).toBe(5 + resilience.isolationMaxMs);
  });
});

it.each(['open.elapsed', 'health.ok'] as const)(
  'an open breaker takes %s of its own epoch for a reason to probe',
  (type) => {
    const { actor, fail, state } = breaker();
    fail();
    actor.send({ type, epoch: 0 });
    expect(state()).toBe('open');
    actor.send({ type, epoch: 1 });
    expect(state()).toBe('halfOpen');
  },
);

it('is not closed by a probe of an earlier epoch, and trips twice in a row without a calm', () => {
  const { actor, clock, judged, fail, probeOk, state, context } = breaker();
  clock.increment(1_000_000);
  judged('call.slow', { calls: 20, slow: 16 });
  expect(context()).toMatchObject({ tripsInRow: 1, lastTrip: { slow: 16 } });
  clock.increment(policy.openBaseMs);
  probeOk();
  actor.send({ type: 'probe.ok', epoch: 1, atMs: clock.now() });
  expect(state()).toBe('halfOpen');
  probeOk();
  expect(state()).toBe('closed');
  clock.increment(1_000);
  fail();
  expect(context().tripsInRow).toBe(2);
});

describe('the row of a key', () => {
  it.each([
    ['main/eu-central-1/ec2:read', 'ec2:read'],
    ['main/eu-central-1/ssm', 'ssm'],
    ['nats/store', 'nats'],
    ['k8s/01UID', 'k8s'],
    ['main/eu-central-1/sqs', 'other'],
  ])('%s is %s', (key, row) => {
    expect(rowOf(callPolicies, key)).toBe(callPolicies[row]);
  });
});
