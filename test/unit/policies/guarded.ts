/** A guard under test: real policies and breakers, a clock moved by hand, no hosting. */
import { expect } from 'vitest';
import { createActor } from 'xstate';
import { Guard } from '../../../actors/policies/call-guard.ts';
import type { GuardParts } from '../../../actors/policies/guard-lines.ts';
import type { Attempt, CallOrder, Within } from '../../../actors/ports.ts';
import { guardMachine } from '../../../machines/guard.ts';
import { callPolicies } from '../../../machines/limits.ts';
import type { CallPolicy } from '../../../machines/limits.ts';
import type { EffectFault, FaultType } from '../../../machines/messages.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { CountingRandom, FakeTelemetry } from '../actors/world.ts';

export const key = 'main/eu-central-1/ec2:mutate';
export const openMs = 30_000;

export class Fault extends Error {
  readonly fault: EffectFault;
  constructor(type: FaultType, more: Partial<EffectFault> = {}) {
    super(type);
    this.fault = { type, code: type, message: type, ...more };
  }
}

/** The policy of ours that refused a call; what the call itself threw, as text. */
export const refuserOf = (thrown: unknown): string => {
  const { fault } = thrown as { readonly fault?: EffectFault };
  return fault?.rejectedBy ?? String(thrown);
};

/** For what is not about rates and rows. */
export const unhurried = { ratePerSecond: 1e6, burst: 1e6 };
export const patient = {
  other: { ...callPolicies['ec2:mutate'], ...unhurried, failuresMax: 1e6 } as CallPolicy,
};

/** A guard over a tree of its own, without hosting; timers of breakers run on the same clock. */
export function treeGuard(parts: Partial<GuardParts> = {}) {
  const clock = new ManualClock();
  const telemetry = new FakeTelemetry();
  const tree = createActor(guardMachine, {
    clock: {
      setTimeout: (run: () => void, ms: number) => clock.after(ms, run),
      clearTimeout: (cancel: () => void) => {
        cancel();
      },
    },
  }).start();
  const guard = new Guard({ clock, telemetry, random: new CountingRandom(), scale: 1, ...parts });
  guard.lines.attach({
    send: (event) => {
      tree.send(event);
    },
    context: () => tree.getSnapshot().context,
    breaker: (slot) => tree.getSnapshot().children[slot],
  });
  return { clock, telemetry, guard };
}

/** Such a guard, and short ways to call through it. */
export function guarded(parts: Partial<GuardParts> = {}) {
  const { clock, telemetry, guard } = treeGuard(parts);
  const call = <T>(
    run: (within: Within) => Promise<T>,
    more: Partial<Attempt> & Partial<Pick<CallOrder, 'key' | 'launches' | 'operation'>> = {},
  ): Promise<T> => {
    const { key: asked = key, launches = 0, operation = 'launch', ...attempt } = more;
    const { signal } = new AbortController();
    const classify = (thrown: unknown): EffectFault =>
      thrown instanceof Fault ? thrown.fault : new Fault('Timeout').fault;
    const order = { key: asked, launches, operation, classify };
    return guard.call({ ...order, attempt: { signal, correlationId: 'c', ...attempt } }, run);
  };
  const fail = (type: FaultType = 'Unavailable', more: Partial<EffectFault> = {}) =>
    call(() => Promise.reject(new Fault(type, more))).catch((thrown: unknown) => thrown);
  const trip = async (): Promise<void> => {
    for (let failure = 0; failure < 3; failure += 1)
      expect(await fail()).toMatchObject({ fault: { type: 'Unavailable' } });
  };
  const state = () => guard.breakers().find((each) => each.key === key)?.state;
  return { clock, telemetry, guard, call, fail, trip, state };
}
