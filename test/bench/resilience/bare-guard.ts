/** A guard as a host has it, over a tree of its own: the same policies and breakers, no record and no bus behind them. */
import { createActor } from 'xstate';
import { Guard } from '../../../actors/policies/call-guard.ts';
import type { CallOrder, Telemetry } from '../../../actors/ports.ts';
import { guardMachine } from '../../../machines/guard.ts';
import { callPolicies } from '../../../machines/limits.ts';
import type { CallPolicy } from '../../../machines/limits.ts';
import type { EffectFault } from '../../../machines/messages.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';

export const key = 'main/eu-central-1/ec2:mutate';

const silent: Telemetry = {
  log: () => undefined,
  count: () => undefined,
  observe: () => undefined,
};

/** Rates beyond what a loop can reach, so that nothing ever waits: what is measured is the way through. */
const unhurried = { ratePerSecond: 1e9, burst: 1e9 };

export function bareGuard(changes: Partial<CallPolicy> = {}): Guard {
  const tree = createActor(guardMachine).start();
  const rows = Object.fromEntries(
    Object.entries(callPolicies).map(([name, row]) => [name, { ...row, ...unhurried, ...changes }]),
  );
  const guard = new Guard({
    ...{ clock: systemClock, random: systemRandom, telemetry: silent, scale: 1, rows },
    provider: unhurried,
  });
  guard.lines.attach({
    send: (event) => {
      tree.send(event);
    },
    context: () => tree.getSnapshot().context,
    breaker: (slot) => tree.getSnapshot().children[slot],
  });
  return guard;
}

const unavailable: EffectFault = { type: 'Unavailable', code: 'Unavailable', message: '503' };

/** A call of one attempt, as the adapter for EC2 orders it. */
export const order: CallOrder = {
  key,
  attempt: {
    ...{ signal: new AbortController().signal, correlationId: 'bench' },
    ...{ priority: 'user', namespace: 'bench', number: 1 },
  },
  classify: () => unavailable,
};
