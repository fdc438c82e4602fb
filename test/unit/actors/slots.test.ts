import { describe, expect, it } from 'vitest';
import { EffectsInFlight } from '../../../actors/effects/in-flight.ts';
import { Slots } from '../../../actors/slots.ts';
import type { EffectName, PerformInput } from '../../../machines/messages.ts';
import { settle } from '../../fakes/manual-clock.ts';

describe('places', () => {
  it('are given in order of arrival, to the urgent first', async () => {
    const slots = new Slots(1);
    const begun: string[] = [];
    const enter = async (name: string, isUrgent = false): Promise<void> => {
      await slots.enter(isUrgent);
      begun.push(name);
    };
    void enter('first');
    void enter('second');
    void enter('third');
    void enter('teardown', true);
    for (let turn = 0; turn < 3; turn += 1) {
      await settle();
      slots.leave();
    }
    await settle();
    expect(begun).toEqual(['first', 'teardown', 'second', 'third']);
  });

  it('are left by whoever gives up waiting, and more of them let more begin', async () => {
    const slots = new Slots(1);
    const { signal, abort } = abortable();
    void slots.enter();
    const given = slots.enter(false, signal);
    const kept = slots.enter();
    abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    expect([slots.inFlight, slots.waiting]).toEqual([1, 1]);
    slots.resize(2);
    await kept;
    expect([slots.inFlight, slots.waiting]).toEqual([2, 0]);
  });
});

describe('effects in flight', () => {
  it('wait for a place, but not when they only wait for a circuit, and are cancelled without having begun', async () => {
    const inFlight = new EffectsInFlight(1);
    const begun: EffectName[] = [];
    const perform = inFlight.bounding(({ effect }) => {
      begun.push(effect);
      return new Promise<never>(() => undefined);
    });
    const { signal, abort } = abortable();
    const start = (effect: EffectName) =>
      perform({ effect } as unknown as PerformInput, {
        ...{ signal, mayAct: () => true, id: 'op', correlationId: 'c' },
        intent: { actor: 'cluster/a/b', uid: 'u', fence: 1, isResumed: false, operation: {} },
      });
    // These two are under way for good: nothing here ends them.
    void start('node.launch');
    const late = start('node.script').catch((thrown: unknown) => thrown);
    void start('circuit.wait');
    await settle();
    expect(begun.sort()).toEqual(['circuit.wait', 'node.launch']);
    expect(inFlight.readings().map(({ value }) => value)).toEqual([1, 1]);
    abort();
    expect(await late).toMatchObject({ fault: { type: 'Cancelled', mayHaveHappened: false } });
  });
});

function abortable() {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    abort: () => {
      controller.abort();
    },
  };
}
