/** The machines that guard calls: breakers and their probes, the guard of a host, the orders of a fleet. */
import { breakerMachine } from '../../../../machines/breaker.ts';
import type { BreakerContext } from '../../../../machines/breaker.ts';
import { rowOf } from '../../../../machines/breaker-rules.ts';
import { guardFleetMachine, orderVerbs } from '../../../../machines/guard-fleet.ts';
import type { FleetContext } from '../../../../machines/guard-fleet.ts';
import { guardFleetKind, hostGuardKind } from '../../../../machines/guard-kinds.ts';
import { drainVerbs } from '../../../../machines/host-marks.ts';
import { guardMachine } from '../../../../machines/guard.ts';
import type { GuardContext } from '../../../../machines/guard.ts';
import { callPolicies } from '../../../../machines/limits.ts';
import { probeMachine } from '../../../../machines/probe.ts';
import type { ProbeContext } from '../../../../machines/probe.ts';
import { command, nowMs, roll, told } from '../asked.ts';
import type { Asked } from '../asked.ts';
import type { Model, Snapshot } from '../model.ts';
import { standIn } from '../stand-in.ts';

const policy = rowOf(callPolicies, 'k8s/uid');
const quiet = { consecutive: 0, calls: 0, failed: 0, slow: 0 };
const counts = {
  many: { ...quiet, consecutive: policy.failuresMax, calls: 20, slow: 20, failed: 20 },
  few: { ...quiet, consecutive: 1, calls: 1, failed: 1, slow: 1 },
} as const;

/** Everything a breaker is told, of this epoch and of the one before, by orders old and new. */
function breakerAsks({ context }: Snapshot): Asked[] {
  const { epoch, orderId } = context as BreakerContext;
  const judged = (type: string, why: keyof typeof counts, age: number) =>
    told(
      {
        ...{ type, type_: 'Timeout', code: 'x', requestId: '', correlationId: '', roll },
        ...{ epoch: epoch - age, atMs: nowMs, counts: counts[why] },
      },
      `${why} ${age === 0 ? 'fresh' : 'stale'}`,
    );
  const calls = ['call.failed', 'call.slow', 'probe.failed'].flatMap((type) => [
    ...[judged(type, 'many', 0), judged(type, 'many', 1), judged(type, 'few', 0)],
  ]);
  const plain = ['probe.ok', 'open.elapsed', 'health.ok'].flatMap((type) =>
    [0, 1].map((age) =>
      told({ type, epoch: epoch - age, atMs: nowMs }, age === 0 ? 'fresh' : 'stale'),
    ),
  );
  const orders = ['reset', 'isolate', 'observe', 'release'].flatMap((verb) =>
    ['new', 'again'].map((which) => {
      const id = which === 'again' ? orderId : `order of epoch ${epoch}`;
      const order = { atMs: nowMs, orderId: id, reason: 'a test', untilMs: nowMs + 60_000 };
      return told({ type: `breaker.${verb}`, ...order }, which);
    }),
  );
  const rest = [
    told({ type: 'peer.opened' }),
    told({ type: 'policy.update', policy: { probesMax: 3 } }),
  ];
  return [...calls, ...plain, ...orders, ...rest];
}

const breaker: Model = {
  id: 'breaker',
  machine: breakerMachine,
  input: { key: 'k8s/uid', policy, atMs: nowMs },
  explorations: [
    {
      ...{ walk: [], asks: breakerAsks, limit: 10_000 },
      key: ({ value, context }) => {
        const { probesOk, orderId, epoch, openUntilMs } = context as BreakerContext;
        // Of the epoch only whether there is one before; of orders only whether there was one.
        return JSON.stringify([value, probesOk, orderId === '', epoch === 0, openUntilMs === 0]);
      },
    },
  ],
};

const probe: Model = {
  id: 'probe',
  machine: probeMachine,
  input: { name: 'store', atMs: nowMs },
  explorations: [
    {
      ...{ walk: [], limit: 1_000 },
      asks: () => [
        told({ type: 'probe.passed', atMs: nowMs, durationMs: 5 }),
        told({ type: 'probe.failed', atMs: nowMs, durationMs: 5, error: 'away' }),
      ],
      key: ({ value, context }) => {
        const { failuresInRow, passesInRow } = context as ProbeContext;
        // More in a row than any threshold are alike.
        return JSON.stringify([value, Math.min(failuresInRow, 5), Math.min(passesInRow, 5)]);
      },
    },
  ],
};

const adopt = (slot: string): Asked =>
  told({ type: 'breaker.adopt', slot, key: `k8s/${slot}`, policy, atMs: nowMs }, slot);

const guardWithoutBreakers = guardMachine.provide({ actors: { breaker: standIn as never } });

const guard: Model = {
  id: 'guard',
  machine: guardWithoutBreakers,
  input: undefined,
  // Bound children change nothing that a kind reads.
  kind: { ...hostGuardKind, machine: guardWithoutBreakers },
  explorations: [
    {
      ...{ walk: [], limit: 100 },
      asks: () => [
        ...[adopt('b000'), adopt('b001')],
        ...['b000', 'b001'].map((slot) => told({ type: 'breaker.drop', slot }, slot)),
      ],
      key: ({ context }) =>
        Object.keys((context as GuardContext).slots)
          .sort()
          .join(),
    },
  ],
};

const fleet: Model = {
  id: 'guardFleet',
  machine: guardFleetMachine,
  input: undefined,
  kind: guardFleetKind,
  explorations: [
    {
      ...{ walk: [], limit: 1_000 },
      asks: () => [
        ...orderVerbs.map((verb) =>
          command(verb, { key: 'ec2/eu', reason: 'a test', forMs: 60_000, policy: {} }),
        ),
        ...drainVerbs.map((verb) => command(verb, { host: 'h2', reason: 'a test' })),
      ],
      key: ({ context }) => {
        const { standing, drained } = context as FleetContext;
        return [...standing.map(({ verb }) => verb), ...drained.map(({ host }) => host)].join();
      },
    },
  ],
};

export const guardModels: readonly Model[] = [breaker, probe, guard, fleet];
