/** One call outside with its retries: every answer at every try, and everything that can be said to one that waits. */
import { resilience, retryPresets } from '../../../../machines/limits.ts';
import { operationMachine } from '../../../../machines/operation.ts';
import type { OperationContext } from '../../../../machines/operation-context.ts';
import { fault, nowMs, returns, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Exploration, Model, Snapshot } from '../model.ts';

const input = {
  ...{ effect: 'cluster.sweep', input: null, token: 't', preset: 'production' },
  ...{ correlationId: 'k1', atMs: nowMs, paused: false },
} as const;

const policy = retryPresets.production;
const circuit = { rejectedBy: 'circuit', key: 'ec2/eu', retryAfterMs: 5_000 } as const;
const faults = {
  'is late': [fault('Timeout', { mayHaveHappened: true }), 0],
  'fails late in the day': [fault('Timeout'), resilience.operationCapMs],
  'is throttled': [fault('RateLimit', { retryAfterMs: resilience.parkAfterMs + 1_000 }), 0],
  'is refused by a circuit': [fault('CircuitOpen', circuit), 0],
  'is refused by a circuit for too long': [
    fault('CircuitOpen', circuit),
    resilience.operationCapMs + 1,
  ],
  'is refused by a budget': [fault('RateLimit', { rejectedBy: 'budget' }), 0],
  'is denied': [fault('Unauthorized'), 0],
} as const;

function asks({ children }: Snapshot): Asked[] {
  const calls = ['call', 'wait'].filter((child) => children[child] !== undefined);
  return [
    ...['control.paused', 'control.resumed', 'operation.retryNow'].map((type) => told({ type })),
    told({ type: 'operation.cancel', atMs: nowMs }),
    ...calls.flatMap((child) => [
      returns(child, 'succeeds', { value: { alive: 0 } }),
      ...Object.entries(faults).map(([label, [what, afterMs]]) =>
        returns(child, label, what, afterMs),
      ),
    ]),
  ];
}

/** State and guard inputs; of times only on which side of a bound they are. */
function key({ value, context }: Snapshot): string {
  const of = context as OperationContext;
  return JSON.stringify([
    ...[
      value,
      of.paused,
      Math.min(of.attempt, policy.maxAttempts),
      of.isUncertain,
      of.delayMs > resilience.parkAfterMs,
    ],
    ...[of.waitsSinceMs > nowMs, of.deadlineAtMs > nowMs + policy.deadlineMs],
    ...[of.circuitWaits > 0, of.lastFault?.rejectedBy],
  ]);
}

const exploration: Exploration = { walk: [], asks, key, limit: 50_000 };

export const operationModel: Model = {
  id: 'operation',
  machine: operationMachine,
  input,
  calls: ['call', 'wait'],
  part: ({ value }) => value,
  explorations: [exploration],
};
