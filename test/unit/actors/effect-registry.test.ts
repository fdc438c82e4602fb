// Every effect has an entry before a host starts, and what an entry says is what happens.
import { describe, expect, it } from 'vitest';
import { byRuleOf, effectRegistry } from '../../../actors/effects/registry.ts';
import { assertEffects, isFinal, isStored, listEffects } from '../../../actors/effects/registry.ts';
import { performer } from '../../../actors/effects/perform.ts';
import type { Call } from '../../../actors/effect.ts';
import { deadlines, retryPresets } from '../../../machines/limits.ts';
import { faultTypes } from '../../../machines/messages.ts';
import type { EffectFault, EffectName, PerformInput } from '../../../machines/messages.ts';
import { isOfReplication, replicationEffects } from '../../../machines/replication-effects.ts';
import { replication, safetyTimes } from '../../../machines/replication-limits.ts';
import { priorityOf } from '../../../machines/priority.ts';
import { canRetry, critically } from '../../../machines/retry.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { counted, oneProcess } from '../policies/idempotent-process.ts';
import { FakeTelemetry } from './world.ts';

const effects = Object.keys(effectRegistry) as EffectName[];

const call: Call = {
  signal: new AbortController().signal,
  mayAct: () => true,
  id: 's0/op/call',
  correlationId: 'c1',
  intent: { actor: 'cluster/shop/a', uid: 'u1', fence: 1, isResumed: false, operation: {} },
};
const order = (effect: string, input: object = {}, more: Partial<PerformInput> = {}) =>
  ({
    ...{ effect, input, token: '', correlationId: 'c1', attempt: 1, isRepeat: false },
    ...{ preset: 'aws', begunAtMs: 1, ...more },
  }) as PerformInput;

/** A performer whose one port method answers or throws as told. */
function performing(port: object) {
  const { policy } = oneProcess();
  const telemetry = new FakeTelemetry();
  const ports = { clock: new ManualClock(), telemetry, idempotency: policy };
  const perform = performer({ ...ports, ...port } as unknown as Parameters<typeof performer>[0]);
  return (given: PerformInput, by = call) => Promise.resolve().then(() => perform(given, by));
}
/** A group asks records and sends commands to its members: over NATS, which no circuit stands before. */
const ofGroups: readonly EffectName[] = ['group.look', 'group.order'];
/** Calls of a replication are series of calls: each has a bound of its own, no longer than the deadline of its phase. */
const attemptTimeoutOf = (name: EffectName): unknown => {
  if (name === 'node.script') return deadlines.scriptFollowMs;
  const hasOwn = isOfReplication(name) || ofGroups.includes(name);
  return hasOwn ? expect.any(Number) : deadlines.ec2AttemptMs;
};
const fault = (type: EffectFault['type']): EffectFault => ({ type, code: type, message: type });
const failing = (type: EffectFault['type']) => () =>
  Promise.reject(Object.assign(new Error(type), { fault: fault(type) }));

describe('effect registry', () => {
  it('refuses to start with an effect that is not in it, by name [G-52] [R-02]', () => {
    expect(() => assertEffects([...effects, 'node.paint'])).toThrow('node.paint has no entry');
    expect(() => assertEffects(effects.slice(1))).toThrow('cluster.plan is performed by nobody');
    const entry = { ...effectRegistry['node.launch'], attemptTimeoutMs: 0 };
    const registry = { ...effectRegistry, 'node.launch': entry };
    expect(() => assertEffects(effects, registry)).toThrow('node.launch has no attempt time-out');
  });

  it('fails for an unknown name: nothing is run and nothing succeeds [R-02]', async () => {
    await expect(performing({})(order('node.paint'))).rejects.toThrow();
  });

  it.each(effects)(
    '%s has time-out, breakers, priority, repeat, compensation and a retry policy [G-20] [G-52] [V-19]',
    (name) => {
      const listed = listEffects((effect) => critically('critical', effect)).find(
        (each) => each.name === name,
      );
      expect(listed).toMatchObject({
        attemptTimeoutMs: attemptTimeoutOf(name),
        priority: priorityOf(name),
        stored: isStored(name),
        compensation: expect.any(String),
        pointOfNoReturn: expect.any(Boolean),
      });
      expect(Object.keys(retryPresets)).toContain(listed?.['policy']);
      if (name !== 'circuit.wait' && !ofGroups.includes(name))
        expect(effectRegistry[name].keyClasses).not.toEqual([]);
    },
  );

  it('lets the fence of a replication and its proof lead, and its ticks come last', () => {
    const of = (name: string) => priorityOf(`replication.${name}` as EffectName);
    expect(['fence', 'prove', 'arm', 'compensate', 'release'].map(of)).toEqual(
      Array(5).fill('failover'),
    );
    expect(['remove', 'endTest'].map(of)).toEqual(['teardown', 'teardown']);
    expect(['snapshot', 'copy', 'prune'].map(of)).toEqual(Array(3).fill('background'));
    expect([of('establish'), of('transfer')]).toEqual(['user', 'user']);
  });

  it('gives no look of a replication longer than its phase has, and ends followed work in time', () => {
    const { followMs, callMs, removeMs, stallMs } = replication;
    const bounds = replicationEffects.map((name) => effectRegistry[name].attemptTimeoutMs);
    expect(Math.min(...bounds)).toBeGreaterThanOrEqual(safetyTimes.attemptTimeoutMs);
    expect(Math.max(...bounds)).toBeLessThanOrEqual(removeMs);
    expect(effectRegistry['replication.copy'].attemptTimeoutMs).toBe(followMs + callMs);
    expect(followMs + callMs).toBeLessThan(stallMs);
    expect(effectRegistry['replication.fence'].attemptTimeoutMs).toBe(replication.fenceMs);
  });

  it('names what undoes each step, and the points of no return [G-16]', () => {
    expect(effectRegistry['node.launch'].compensation).toBe('node.terminate');
    expect(effectRegistry['network.ensure'].compensation).toBe('network.delete');
    expect(effectRegistry['secrets.ensure'].compensation).toBe('secrets.delete');
    const script = listEffects(() => 'aws').find(({ name }) => name === 'node.script');
    expect(script?.['steps']).toMatchObject({
      drain: { compensation: 'uncordon', pointOfNoReturn: false },
      'leave-etcd': { compensation: 'none', pointOfNoReturn: true },
    });
  });
});

describe('an effect', () => {
  const launch = (token: string) => order('node.launch', { order: { tags: {} } }, { token });

  it('with a token is made once, whatever operation asks for it [G-07] [G-10]', async () => {
    const made = counted({ instanceId: 'i-1' });
    const perform = performing({ machines: { launch: made.make } });
    await perform(launch('fl-u1-p1-s0-i1-o0'));
    const another = { ...call, intent: { ...call.intent, operation: {} } };
    expect(await perform(launch('fl-u1-p1-s0-i1-o0'), another)).toEqual({ instanceId: 'i-1' });
    expect(made.made).toBe(1);
    await perform(launch('fl-u1-p1-s0-i2-o0'), {
      ...call,
      intent: { ...call.intent, operation: {} },
    });
    expect(made.made).toBe(2);
  });

  it('without one is made for every operation, and once for one that is taken up again', async () => {
    const made = counted({ state: 'stopping' });
    const perform = performing({ machines: { stop: made.make } });
    const stop = order('node.stop', { instanceId: 'i-1' });
    await perform(stop);
    const fresh = { ...call.intent, operation: {} };
    await perform(stop, { ...call, intent: fresh });
    expect(made.made).toBe(2);
    await perform(stop, { ...call, intent: { ...fresh, operation: {}, isResumed: true } });
    expect(made.made).toBe(2);
  });

  it('computes its key once, however often it is tried [P-29]', async () => {
    let digests = 0;
    const { policy } = oneProcess('h1', {}, { digest: () => `key${++digests}`.padEnd(64, '0') });
    let tries = 0;
    const stop = () => (++tries < 3 ? failing('Unavailable')() : Promise.resolve({ state: 'x' }));
    const perform = performing({ idempotency: policy, machines: { stop } });
    const own = { ...call, intent: { ...call.intent, operation: {} } };
    const attempted = (attempt: number) =>
      perform(order('node.stop', { instanceId: 'i-1' }, { attempt }), own);
    for (const attempt of [1, 2])
      await expect(attempted(attempt)).rejects.toMatchObject({ fault: { type: 'Unavailable' } });
    expect(await attempted(3)).toEqual({ state: 'x' });
    expect([tries, digests]).toEqual([3, 1]);
  });

  it('that only looks is never answered from the store', async () => {
    expect(effects.filter((name) => !isStored(name)).sort()).toEqual([
      ...['circuit.wait', 'cluster.plan', 'cluster.sweep', ...ofGroups],
      ...replicationEffects.toSorted(),
    ]);
    const made = counted([]);
    const perform = performing({ machines: { listByUid: made.make } });
    await perform(order('cluster.sweep', { uid: 'u1' }));
    await perform(order('cluster.sweep', { uid: 'u1' }), {
      ...call,
      intent: { ...call.intent, isResumed: true },
    });
    expect(made.made).toBe(2);
  });

  it('that is a script ends with success alone: running or failed answers are asked for again', () => {
    const answer = (ok: boolean, running: boolean) =>
      isFinal('node.script', { ok, running, code: '', progress: 0, facts: {}, hint: '' });
    expect([answer(true, false), answer(true, true), answer(false, false)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('trying again', () => {
  const state = { policy: retryPresets.aws, attempt: 1, deadlineAtMs: 1e6, previousDelayMs: 0 };
  const isRetried = (effect: EffectName, type: EffectFault['type'], more = {}) =>
    canRetry(state, byRuleOf(effect, { ...fault(type), ...more }), 0, 0);

  it.each(faultTypes)(
    'of %s follows the effect’s own lists, then its type [D-13] [R-09]',
    (type) => {
      const byType = ['Retryable', 'Unavailable', 'RateLimit', 'Timeout'].includes(type);
      expect(isRetried('node.launch', type)).toBe(byType);
      expect(isRetried('cluster.plan', type)).toBe(byType || type === 'ProviderError');
      expect(isRetried('node.reboot', type)).toBe(byType && type !== 'Timeout');
      expect(isRetried('cluster.plan', type, { retryable: false })).toBe(false);
      expect(isRetried('node.reboot', type, { retryable: true })).toBe(true);
    },
  );

  it('is written on the fault that the operation gets [D-13]', async () => {
    const plan = performing({ surroundings: { plan: failing('ProviderError') } });
    await expect(plan(order('cluster.plan'))).rejects.toMatchObject({
      fault: { type: 'ProviderError', retryable: true },
    });
    const reboot = performing({ machines: { reboot: failing('Timeout') } });
    await expect(reboot(order('node.reboot', { instanceId: 'i-1' }))).rejects.toMatchObject({
      fault: { type: 'Timeout', retryable: false },
    });
  });
});
